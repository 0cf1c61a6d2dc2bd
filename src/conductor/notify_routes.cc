// Webhooks and push subscriptions: who hears of approvals.
#include <utility>

#include "base/encoding.h"
#include "base/sealing.h"
#include "base/ulid.h"
#include "conductor/authenticator.h"
#include "conductor/context.h"
#include "conductor/notifier.h"
#include "http/url.h"
#include "http/web_push.h"

namespace lumenflow::conductor {
namespace {

constexpr std::size_t kUrlBytesMax = 2048;

Status check_hook_url(const Context& context, const std::string& text) {
  const auto url = http::parse_url(text);
  if (!url.ok() || text.size() > kUrlBytesMax) return Error(ErrorCode::kInvalidInput, "'url' must be an https URL");
  if (url->scheme != "https" && !context.notifier->private_hooks())
    return Error(ErrorCode::kInvalidInput, "'url' must be an https URL");
  return {};
}

void add_hook(Context& context, const ExchangePtr& exchange, json::Object record, const std::string& what) {
  const std::string id = make_ulid(context.clock.now(), context.random.draw16()).str();
  record.set("by", exchange->principal.subject);
  record.set("created_at", format_rfc3339(context.clock.now()));
  Act act{"conductor." + what + "_added", exchange->principal.subject, exchange->principal.workspace, {}};
  act.details = {{"hook_id", id}};
  context.acts.change({{kHooksTable, id, 0, json::serialize(json::Value(std::move(record)))}}, act,
                      [&context, exchange, id](const Status& done) {
                        if (!done.ok()) return refuse(context, exchange, done.error());
                        exchange->send_json(201, json::serialize(json::Object{{"hook_id", id}}));
                      });
}

// The bytes that sign. Standard Webhooks writes a secret as `whsec_` and base64 of 24 to 64 bytes; anything else stands
// for itself.
Result<std::string> bytes_of_secret(std::string_view secret) {
  constexpr std::string_view kPrefix = "whsec_";
  if (!secret.starts_with(kPrefix)) {
    if (secret.size() >= 16 && secret.size() <= 256) return std::string(secret);
    return Error(ErrorCode::kInvalidInput, "'secret' must have 16 to 256 bytes; it signs what is sent");
  }
  const auto bytes = from_base64(secret.substr(kPrefix.size()));
  if (bytes && bytes->size() >= 24 && bytes->size() <= 64) return *bytes;
  return Error(ErrorCode::kInvalidInput, "'secret' begins with whsec_ and is not base64 of 24 to 64 bytes behind that");
}

void add_webhook(const ExchangePtr& exchange, Context& context) {
  const auto body = body_of(context, exchange);
  if (!body) return;
  const std::string url(json::string_or(*body, "url", ""));
  const Result<std::string> secret = bytes_of_secret(json::string_or(*body, "secret", ""));
  if (const Status good = check_hook_url(context, url); !good.ok()) return refuse(context, exchange, good.error());
  if (!secret.ok()) return refuse(context, exchange, secret.error());
  add_hook(context, exchange,
           json::Object{{"kind", "webhook"},
                        {"url", url},
                        {"workspace_id", json::string_or(*body, "workspace_id", "")},
                        {"secret", seal(*secret, context.store.keys.seal, context.random)}},
           "webhook");
}

void subscribe(const ExchangePtr& exchange, Context& context) {
  const auto body = body_of(context, exchange);
  if (!body) return;
  const std::string endpoint(json::string_or(*body, "endpoint", ""));
  const json::Value* keys = body->find("keys");
  const std::string point(keys == nullptr ? "" : json::string_or(*keys, "p256dh", "")),
      auth(keys == nullptr ? "" : json::string_or(*keys, "auth", ""));
  if (const Status good = check_hook_url(context, endpoint); !good.ok()) return refuse(context, exchange, good.error());
  if (const auto push = http::parse_push_subscription(endpoint, point, auth); !push.ok())
    return refuse(context, exchange,
                  Error(push.error()).with_context("a PushSubscription is {endpoint, keys: {p256dh, auth}}"));
  add_hook(context, exchange,
           json::Object{{"kind", "push"},
                        {"url", endpoint},
                        {"workspace_id", exchange->principal.workspace},
                        {"p256dh", point},
                        {"auth", auth}},
           "push");
}

void push_key(const ExchangePtr& exchange, Context& context) {
  const auto key = http::push_server_key(context.store.keys.push.public_pem);
  if (!key.ok()) return exchange->fail(key.error());
  exchange->send_json(json::Object{{"public_key", *key}});
}

void list_hooks(const ExchangePtr& exchange, Context& context) {
  const auto limit = exchange->query_number("limit", 1000, 1, 1000);
  if (!limit.ok()) return refuse(context, exchange, limit.error());
  const auto page = context.store.records->scan(kHooksTable, "", exchange->query("after").value_or(""), *limit);
  if (!page.ok()) return exchange->fail(page.error());
  json::Array items;
  for (const Record& record : *page) {
    json::Value item = parsed(record);
    for (const char* secret : {"secret", "auth", "p256dh"}) item.as_object().erase(secret);
    item.as_object().set("hook_id", record.key);
    items.push_back(std::move(item));
  }
  exchange->send_json(json::Object{{"items", std::move(items)},
                                   {"next", page->size() == *limit ? json::Value(page->back().key) : json::Value()}});
}

void remove_hook(const ExchangePtr& exchange, Context& context) {
  const std::string id(exchange->path("hook_id"));
  const auto found = context.store.records->get(kHooksTable, id);
  if (!found.ok()) return exchange->fail(found.error());
  const bool own = *found && json::string_or(parsed(**found), "by", "") == exchange->principal.subject;
  const bool admin = exchange->principal.is_operator() && exchange->principal.role == Role::kAdmin;
  if (!*found || !(own || admin))
    return refuse(context, exchange, Error(ErrorCode::kNotFound, "there is no hook " + id));
  Act act{"conductor.hook_removed", exchange->principal.subject, exchange->principal.workspace, {}};
  act.details = {{"hook_id", id}};
  context.acts.change({{kHooksTable, id, (*found)->version, std::nullopt}}, act,
                      [&context, exchange, id](const Status& done) {
                        if (!done.ok()) return refuse(context, exchange, done.error());
                        exchange->send_json(json::Object{{"hook_id", id}, {"removed", true}});
                      });
}

}  // namespace

void add_notify_routes(Routes& routes, Context& context) {
  routes.add({.method = http::Method::kPost,
              .pattern = "/v2/webhooks",
              .id = "add_webhook",
              .summary = "Tell a URL of approvals: {url, secret, workspace_id?}; signed as Standard Webhooks has it",
              .request = "NewWebhook",
              .answers = {{201, "AddedHook"}},
              .who = kOperators,
              .role = Role::kAdmin},
             [&context](const ExchangePtr& exchange) { add_webhook(exchange, context); });
  routes.add({.pattern = "/v2/hooks",
              .id = "list_hooks",
              .summary = "Webhooks and push subscriptions",
              .answers = {{200, "HookPage"}},
              .who = kOperators,
              .role = Role::kAdmin,
              .parameters = {{"after", "string", "from behind this id"}, {"limit", "integer", "1 to 1000"}}},
             [&context](const ExchangePtr& exchange) { list_hooks(exchange, context); });
  routes.add({.method = http::Method::kDelete,
              .pattern = "/v2/hooks/{hook_id}",
              .id = "remove_hook",
              .summary = "Remove a webhook or a subscription; whoever made it, or an admin",
              .answers = {{200, "RemovedHook"}},
              .who = kOperators | kDevices},
             [&context](const ExchangePtr& exchange) { remove_hook(exchange, context); });
  routes.add({.pattern = "/v2/push/key",
              .id = "push_key",
              .summary = "The key that a browser subscribes with (VAPID)",
              .answers = {{200, "PushKey"}},
              .who = kOperators | kDevices},
             [&context](const ExchangePtr& exchange) { push_key(exchange, context); });
  routes.add({.method = http::Method::kPost,
              .pattern = "/v2/push",
              .id = "subscribe_push",
              .summary = "Hear of approvals by Web Push: a PushSubscription",
              .request = "PushSubscription",
              .answers = {{201, "AddedHook"}},
              .who = kOperators | kDevices,
              .scope = "approvals:read"},
             [&context](const ExchangePtr& exchange) { subscribe(exchange, context); });
}

}  // namespace lumenflow::conductor
