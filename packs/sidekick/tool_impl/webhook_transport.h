// Posts messages as JSON to an https URL of the operator's allowlist (sidekick.webhook_allowlist in lumenflow.yaml).
//
// Settings: `{url, timeout_ms?}`. Posted: `{id, channel, sender, content, metadata?, created_at}`. A 2xx answer is a
// delivery; a redirect is not followed and is a failure like any other status.
#pragma once

#include "sidekick/constants.h"
#include "sidekick/tool_impl/transport.h"

namespace lumenflow::sidekick {

class WebhookTransport final : public Transport {
 public:
  std::string_view type() const override { return kTypeWebhook; }
  std::string_view provider() const override { return "webhook"; }
  Status check(const pack::HostContext& context, const json::Value& settings) const override;
  Result<Delivery> send(pack::HostContext& context, const json::Value& settings,
                        const json::Value& message) const override;
};

}  // namespace lumenflow::sidekick
