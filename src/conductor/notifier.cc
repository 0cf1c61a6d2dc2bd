#include "conductor/notifier.h"

#include <array>
#include <utility>

#include "base/sealing.h"
#include "conductor/authenticator.h"
#include "conductor/metrics.h"
#include "conductor/standing.h"
#include "conductor/tables.h"
#include "conductor/views.h"

namespace lumenflow::conductor {
namespace {

constexpr std::size_t kPage = 256;

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

std::string notice_id_of(const std::string& workspace, const json::Value& approval) {
  return "approval_requested/" + workspace + "/" + std::string(json::string_or(approval, "approval_id", ""));
}

std::string notice_body(const std::string& workspace, const json::Value& approval) {
  json::Object said{{"type", "approval_requested"}, {"workspace_id", workspace}};
  for (const char* member : {"approval_id", "tool_name", "requested_by", "expires_at"})
    if (const json::Value* value = approval.find(member)) said.set(member, *value);
  return json::serialize(json::Value(std::move(said)));
}

}  // namespace

Notifier::Notifier(Context& context, bool private_hooks)
    : context_(context),
      private_hooks_(private_hooks),
      out_(options_of(context, private_hooks), context.clock,
           [this](const std::string& hook_id, const std::string& notice_id, notify::Outcome outcome,
                  const std::string&) {
             context_.post([this, hook_id, notice_id, outcome] { ended(hook_id, notice_id, outcome); });
           }) {}

Status Notifier::owe(const std::string& workspace, const json::Value& approval) {
  return context_.ledger.put(kNotices, key_of({notice_id_of(workspace, approval), ""}),
                             notice_body(workspace, approval));
}

void Notifier::approval_requested(const std::string& workspace, const json::Value& approval) {
  tell(workspace, notice_id_of(workspace, approval), notice_body(workspace, approval));
}

// Whom it is for is looked up now; from then on it is owed to each of them.
void Notifier::tell(const std::string& workspace, const std::string& notice_id, const std::string& body) {
  for (std::string after;;) {
    const auto hooks = context_.store.records->scan(kHooksTable, "", after, kPage);
    if (!hooks.ok()) return context_.metrics->count_notification("unknown");  // it stays owed
    for (const Record& hook : *hooks) {
      const std::string of(json::string_or(parsed(hook), "workspace_id", ""));
      if (!of.empty() && of != workspace) continue;
      if (is_left_behind(*context_.store.records, hook)) {
        context_.acts.change_silently({{kHooksTable, hook.key, hook.version, std::nullopt}}, [](const Status&) {});
        continue;
      }
      (void)context_.ledger.put(kNotices, key_of({notice_id, hook.key}), body);
      send(hook, notice_id, body);
    }
    if (hooks->size() < kPage) break;
    after = hooks->back().key;
  }
  settle(notice_id, "");
}

void Notifier::send(const Record& hook, const std::string& notice_id, const std::string& body) {
  Result<notify::Target> target = target_of(hook, parsed(hook), context_.store.keys.seal);
  if (!target.ok()) {
    settle(notice_id, hook.key);
    return context_.metrics->count_notification("malformed");
  }
  if (!out_.notify(*std::move(target), {notice_id, body, ""}).ok()) context_.metrics->count_notification("dropped");
}

void Notifier::settle(const std::string& notice_id, const std::string& hook_id) {
  (void)context_.ledger.erase(kNotices, key_of({notice_id, hook_id}));  // else it is said again after a restart
}

void Notifier::resume() {
  for (std::string after;;) {
    const auto owed = context_.ledger.tables().scan(kNotices, "", after, kPage);
    if (!owed.ok()) return;
    for (const log::KeyValue& row : *owed) {
      const std::string notice_id = row.key.substr(0, row.key.find('\0'));
      std::string hook_id = row.key.substr(notice_id.size() + 1);
      hook_id.pop_back();  // the key's end
      const Result<json::Value> body = json::parse(row.value);
      const std::string workspace(body.ok() ? json::string_or(*body, "workspace_id", "") : "");
      const std::string id(body.ok() ? json::string_or(*body, "approval_id", "") : "");
      const auto approval = context_.views->approval(workspace, id);
      if (!approval.ok()) return;
      const auto expires = parse_rfc3339(*approval ? json::string_or(**approval, "expires_at", "") : "");
      const bool waits = *approval && json::string_or(**approval, "state", "") == "pending" &&
                         (!expires.ok() || *expires > context_.clock.now());
      const auto hook = context_.store.records->get(kHooksTable, hook_id);
      if (!waits || (!hook_id.empty() && hook.ok() && !*hook))
        settle(notice_id, hook_id);
      else if (hook_id.empty())
        tell(workspace, notice_id, row.value);
      else if (hook.ok() && *hook)
        send(**hook, notice_id, row.value);
    }
    if (owed->size() < kPage) return;
    after = owed->back().key;
  }
}

void Notifier::ended(const std::string& hook_id, const std::string& notice_id, notify::Outcome outcome) {
  constexpr std::array kNames = {"sent", "gone", "refused", "given_up"};
  context_.metrics->count_notification(kNames.at(static_cast<std::size_t>(outcome)));
  if (outcome != notify::Outcome::kGivenUp) settle(notice_id, hook_id);
  if (outcome != notify::Outcome::kGone) return;
  const auto hook = context_.store.records->get(kHooksTable, hook_id);
  if (hook.ok() && *hook && json::string_or(parsed(**hook), "kind", "") == "push")
    context_.acts.change_silently({{kHooksTable, hook_id, (*hook)->version, std::nullopt}}, [](const Status&) {});
}

}  // namespace lumenflow::conductor
