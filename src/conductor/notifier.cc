#include "conductor/notifier.h"

#include <utility>

#include "base/encoding.h"
#include "base/network.h"
#include "base/sealing.h"
#include "base/sha256.h"
#include "base/signing.h"
#include "conductor/authenticator.h"
#include "conductor/metrics.h"
#include "conductor/web_push.h"
#include "http/client.h"
#include "http/url.h"

namespace lumenflow::conductor {
namespace {

constexpr std::size_t kHooksMax = 256;  // told of one approval
constexpr std::size_t kAnswerMax = 64 * 1024;
constexpr const char* kContact = "mailto:conductor@lumenflow.invalid";

bool is_public_address(std::string_view address) {
  const auto entry = network::parse_entry(
      address.find(':') == std::string_view::npos ? std::string(address) : "[" + std::string(address) + "]");
  return entry && network::is_public(*entry);
}

struct Delivery {
  http::Url url;
  http::ClientRequest request;
};

Result<Delivery> delivery_of(const json::Value& hook, const std::string& text, const ConductorKeys& keys, Timestamp now,
                             const std::array<std::uint8_t, 16>& salt) {
  Delivery delivery;
  LUMENFLOW_TRY_ASSIGN(delivery.url, http::parse_url(json::string_or(hook, "url", "")));
  delivery.request.method = http::Method::kPost;
  delivery.request.path = delivery.url.path;
  if (json::string_or(hook, "kind", "") == "webhook") {
    LUMENFLOW_TRY_ASSIGN(const std::string secret, unseal(json::string_or(hook, "secret", ""), keys.seal));
    const Hash256 mac = hmac_sha256(secret, text);
    delivery.request.headers = {{"Content-Type", "application/json"}, {"LumenFlow-Signature", "sha256=" + to_hex(mac)}};
    delivery.request.body = text;
    return delivery;
  }
  PushKeys push;
  push.receiver_point = from_base64url(json::string_or(hook, "p256dh", "")).value_or("");
  push.auth = from_base64url(json::string_or(hook, "auth", "")).value_or("");
  LUMENFLOW_TRY_ASSIGN(const P256KeyPair sender, generate_p256());
  LUMENFLOW_TRY_ASSIGN(delivery.request.body, encrypt_push(text, push, sender.private_pem, as_chars(salt)));
  LUMENFLOW_TRY_ASSIGN(const std::string vapid, vapid_header(keys.push, delivery.url.origin(), kContact, now));
  delivery.request.headers = {{"Content-Type", "application/octet-stream"},
                              {"Content-Encoding", "aes128gcm"},
                              {"TTL", "86400"},
                              {"Urgency", "high"},
                              {"Authorization", vapid}};
  return delivery;
}

// "sent", "refused" (another status), "gone" (the subscription is over), "unreachable", "blocked".
std::string send(const Delivery& delivery, bool private_too) {
  http::ClientOptions options;
  options.base_url = delivery.url.origin();
  options.timeout = std::chrono::seconds(10);
  options.body_bytes_max = kAnswerMax;
  options.may_connect = [private_too](std::string_view address, std::uint16_t) {
    return private_too || is_public_address(address);
  };
  const auto answer = http::Client(std::move(options)).send(delivery.request);
  if (!answer.ok()) return answer.error().code() == ErrorCode::kScopeDenied ? "blocked" : "unreachable";
  if (answer->status == 404 || answer->status == 410) return "gone";
  return answer->status >= 200 && answer->status < 300 ? "sent" : "refused";
}

}  // namespace

void Notifier::approval_requested(const std::string& workspace, const json::Value& approval) {
  json::Object said{{"type", "approval_requested"}, {"workspace_id", workspace}};
  for (const char* member : {"approval_id", "tool_name", "requested_by", "expires_at"})
    if (const json::Value* value = approval.find(member)) said.set(member, *value);
  const Message message{workspace, json::serialize(json::Value(std::move(said)))};
  const auto hooks = context_.store.records->scan(kHooksTable, "", "", kHooksMax);
  if (!hooks.ok()) return context_.metrics->count_notification("unknown");
  for (const Record& hook : *hooks) send_to(hook, message);
}

void Notifier::send_to(const Record& hook, const Message& message) {
  const json::Value record = parsed(hook);
  const std::string_view of = json::string_or(record, "workspace_id", "");
  if (!of.empty() && of != message.workspace) return;
  const Timestamp now = context_.clock.now();
  const auto salt = context_.random.draw16();
  const bool taken = senders_.post([this, hook, record, text = message.text, now, salt] {
    const auto delivery = delivery_of(record, text, context_.store.keys, now, salt);
    const std::string outcome = delivery.ok() ? send(*delivery, private_hooks_) : "malformed";
    context_.post([this, hook, record, outcome] {
      context_.metrics->count_notification(outcome);
      const bool over = outcome == "gone" && json::string_or(record, "kind", "") == "push";
      if (over)
        context_.acts.change_silently({{kHooksTable, hook.key, hook.version, std::nullopt}}, [](const Status&) {});
    });
  });
  if (!taken) context_.metrics->count_notification("dropped");
}

}  // namespace lumenflow::conductor
