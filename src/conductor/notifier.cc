#include "conductor/notifier.h"

#include <array>
#include <utility>

#include "base/sealing.h"
#include "conductor/authenticator.h"
#include "conductor/metrics.h"
#include "conductor/standing.h"

namespace lumenflow::conductor {
namespace {

constexpr std::size_t kHooksMax = 256;  // told of one approval

// Whom a push service turns to: a URI is asked for.
std::string contact_of(const Context& context) {
  return context.public_url.starts_with("https:") ? context.public_url : "mailto:conductor@lumenflow.invalid";
}

notify::NotifierOptions options_of(const Context& context, bool private_hooks) {
  notify::NotifierOptions options;
  options.push_key = {context.store.keys.push.public_pem, context.store.keys.push.private_pem};
  options.contact = contact_of(context);
  if (private_hooks)
    for (const char* everywhere : {"0.0.0.0/0", "::/0"}) options.allow.push_back(*network::parse_entry(everywhere));
  return options;
}

Result<notify::Target> target_of(const Record& hook, const json::Value& record, const std::string& seal_key) {
  const std::string url(json::string_or(record, "url", ""));
  if (json::string_or(record, "kind", "") == "webhook") {
    LUMENFLOW_TRY_ASSIGN(std::string secret, unseal(json::string_or(record, "secret", ""), seal_key));
    return notify::Target{hook.key, notify::Webhook{url, std::move(secret)}};
  }
  LUMENFLOW_TRY_ASSIGN(
      http::PushSubscription push,
      http::parse_push_subscription(url, json::string_or(record, "p256dh", ""), json::string_or(record, "auth", "")));
  return notify::Target{hook.key, std::move(push)};
}

// The browser or phone of somebody who was revoked since it subscribed. A webhook is the conductor's own.
bool is_left_behind(const Records& records, const Record& hook) {
  const json::Value record = parsed(hook);
  if (json::string_or(record, "kind", "") != "push") return false;
  const Status standing = check_standing(records, json::string_or(record, "by", ""), made_at(hook, "created_at"));
  return !standing.ok() && standing.error().code() == ErrorCode::kTokenRevoked;
}

}  // namespace

Notifier::Notifier(Context& context, bool private_hooks)
    : context_(context),
      private_hooks_(private_hooks),
      out_(options_of(context, private_hooks), context.clock,
           [this](const std::string& hook_id, const std::string&, notify::Outcome outcome, const std::string&) {
             context_.post([this, hook_id, outcome] { ended(hook_id, outcome); });
           }) {}

void Notifier::approval_requested(const std::string& workspace, const json::Value& approval) {
  json::Object said{{"type", "approval_requested"}, {"workspace_id", workspace}};
  for (const char* member : {"approval_id", "tool_name", "requested_by", "expires_at"})
    if (const json::Value* value = approval.find(member)) said.set(member, *value);
  const notify::Notice notice{
      "approval_requested/" + workspace + "/" + std::string(json::string_or(approval, "approval_id", "")),
      json::serialize(json::Value(std::move(said))), ""};
  const auto hooks = context_.store.records->scan(kHooksTable, "", "", kHooksMax);
  if (!hooks.ok()) return context_.metrics->count_notification("unknown");
  for (const Record& hook : *hooks) {
    const json::Value record = parsed(hook);
    const std::string_view of = json::string_or(record, "workspace_id", "");
    if (!of.empty() && of != workspace) continue;
    if (is_left_behind(*context_.store.records, hook)) {
      context_.acts.change_silently({{kHooksTable, hook.key, hook.version, std::nullopt}}, [](const Status&) {});
      continue;
    }
    Result<notify::Target> target = target_of(hook, record, context_.store.keys.seal);
    if (!target.ok())
      context_.metrics->count_notification("malformed");
    else if (!out_.notify(*std::move(target), notice).ok())
      context_.metrics->count_notification("dropped");
  }
}

void Notifier::ended(const std::string& hook_id, notify::Outcome outcome) {
  constexpr std::array kNames = {"sent", "gone", "refused", "given_up"};
  context_.metrics->count_notification(kNames.at(static_cast<std::size_t>(outcome)));
  if (outcome != notify::Outcome::kGone) return;
  const auto hook = context_.store.records->get(kHooksTable, hook_id);
  if (hook.ok() && *hook && json::string_or(parsed(**hook), "kind", "") == "push")
    context_.acts.change_silently({{kHooksTable, hook_id, (*hook)->version, std::nullopt}}, [](const Status&) {});
}

}  // namespace lumenflow::conductor
