#include "sidekick/tool_impl/webhook_transport.h"

#include "sidekick/tool_impl/text.h"

namespace lumenflow::sidekick {
namespace {

pack::HttpRequest request_for(const pack::HostContext& context, const json::Value& settings) {
  pack::HttpRequest request;
  request.url = trim(json::string_or(settings, "url", {}));
  request.timeout_ms = json::integer_or(settings, "timeout_ms", kWebhookTimeoutMs);
  if (const json::Value* allowlist = context.config().find("webhook_allowlist"); allowlist && allowlist->is_array())
    for (const json::Value& entry : allowlist->as_array())
      if (entry.is_string()) request.allowlist.push_back(entry.as_string());
  return request;
}

}  // namespace

Status WebhookTransport::check(const pack::HostContext& context, const json::Value& settings) const {
  const pack::HttpRequest request = request_for(context, settings);
  if (request.url.empty())
    return Error(ErrorCode::kInvalidInput, "a webhook needs settings.url", {{"/settings/url", "is required"}});
  Status status = context.check_fetch(request);
  if (status.ok()) return status;
  if (status.error().code() == ErrorCode::kScopeDenied)
    return Error(
        ErrorCode::kScopeDenied,
        status.error().message() + "; the operator adds it under sidekick.webhook_allowlist in lumenflow.yaml");
  return Error(status.error().code(), status.error().message(), {{"/settings/url", status.error().message()}});
}

Result<Delivery> WebhookTransport::send(pack::HostContext& context, const json::Value& settings,
                                        const json::Value& message) const {
  pack::HttpRequest request = request_for(context, settings);
  json::Object body;
  for (const std::string_view field : {"id", "channel", "sender", "content", "metadata", "created_at"})
    if (const json::Value* value = message.find(field)) body.append(std::string(field), *value);
  request.body = json::serialize(json::Value(std::move(body)));
  const Result<pack::HttpResponse> response = context.fetch(request);
  if (!response.ok()) {
    if (response.error().code() == ErrorCode::kScopeDenied) return response.error();
    return Delivery{DeliveryState::kFailed, response.error().message()};
  }
  const std::string answered = "the webhook answered " + std::to_string(response->status);
  const bool taken = response->status >= 200 && response->status < 300;
  return Delivery{taken ? DeliveryState::kDelivered : DeliveryState::kFailed, answered};
}

}  // namespace lumenflow::sidekick
