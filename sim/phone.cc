#include "phone.h"

#include <utility>

#include "base/check.h"
#include "base/encoding.h"
#include "http/token.h"
#include "json/canonical.h"

namespace lumenflow::sim {
namespace {

P256KeyPair new_key() {
  Result<P256KeyPair> key = generate_p256();
  LUMENFLOW_CHECK(key.ok());
  return *std::move(key);
}

http::ClientRequest request_of(http::Method method, std::string path, const json::Value& body) {
  http::ClientRequest request;
  request.method = method;
  request.path = std::move(path);
  if (!body.is_null()) request.body = json::serialize(body);
  return request;
}

}  // namespace

Phone::Phone(Network& network, Scheduler& scheduler, const std::string& of_workspace, std::uint64_t seed)
    : clock(scheduler),
      network_(network),
      workspace_(of_workspace),
      id_("phone-of-" + of_workspace),
      subject_(of_workspace + ":phone:" + id_),
      key_(new_key()),
      draw_(seed) {}

json::Object Phone::enrollment(const std::string& ticket) const {
  return {{"ticket", ticket}, {"kind", "device"}, {"workspace_id", workspace_},
          {"device_id", id_}, {"name", id_},      {"public_key", key_.public_pem}};
}

std::string Phone::sign(const json::Object& statement) const {
  const auto text = json::canonical(json::Value(statement));
  LUMENFLOW_CHECK(text.ok());
  const auto signature = p256_sign(*text, key_.private_pem);
  LUMENFLOW_CHECK(signature.ok());
  return to_base64url(*signature);
}

// Whatever is said after the conductor has said that it is revoked must be refused.
void Phone::send(http::ClientRequest request, const std::string& what, Told told) {
  if (!token_.empty()) request.headers.emplace_back("Authorization", "Bearer " + token_);
  network_.ask(id_, kWorld, std::move(request), std::chrono::seconds(10),
               [this, what, told = std::move(told), late = revoked_](const Result<http::ClientResponse>& response) {
                 if (!response.ok()) return;
                 if (late && response->status < 400) fault_ = subject_ + " is revoked, and was heard: " + what;
                 if (response->status == 401) token_.clear();  // the next one asks for another
                 const auto body = json::parse(response->body);
                 told(response->status, body.ok() ? *body : json::Value());
               });
}

void Phone::renew() {
  http::TokenClaims claims;
  claims.issuer = claims.subject = subject_;
  claims.audience = "renew";
  claims.issued_at = clock.now();
  claims.expires_at = claims.issued_at + std::chrono::seconds(60);
  claims.id = id_ + "-" + std::to_string(++assertions_);
  const auto assertion = http::mint_token(claims, key_.private_pem, *p256_thumbprint(key_.public_pem));
  LUMENFLOW_CHECK(assertion.ok());
  const json::Object body{{"workspace_id", workspace_}, {"device_id", id_}, {"assertion", *assertion}};
  send(request_of(http::Method::kPost, "/v2/tokens/renew", body), "renewing",
       [this](int, const json::Value& answer) { token_ = json::string_or(answer, "token", token_); });
}

void Phone::ask(std::string_view tool, std::int64_t n) {
  asked_[n] = {std::string(tool), {}};
  ask_again(n);
}

void Phone::ask_again(std::int64_t n) {
  if (token_.empty() && !revoked_) return renew();
  const std::string key = "phone-ask-" + std::to_string(n), decided_at = format_rfc3339(clock.now());
  const std::string& tool = asked_.at(n).tool;
  const json::Object input{{"n", n}};
  const json::Object payload{{"tool", tool}, {"input", input}, {"idempotency_key", key}};
  http::ClientRequest request =
      request_of(http::Method::kPost, "/v2/workspaces/" + workspace_ + "/tools/" + tool + "?wait=0s", input);
  request.headers = {{"Idempotency-Key", key},
                     {"LumenFlow-Decided-At", decided_at},
                     {"LumenFlow-Signature", sign({{"purpose", "command"},
                                                   {"kind", "conductor:tool_requested"},
                                                   {"payload", payload},
                                                   {"decided_by", subject_},
                                                   {"decided_at", decided_at}})}};
  send(std::move(request), "asking for " + std::to_string(n), [this, n](int, const json::Value& answer) {
    const std::string id(json::string_or(answer, "command_id", ""));
    std::string& known = asked_.at(n).command_id;
    if (!known.empty() && !id.empty() && known != id)
      fault_ = "asked again under its key, " + std::to_string(n) + " became another command";
    if (!id.empty()) known = id;
  });
}

void Phone::decide() {
  if (token_.empty() && !revoked_) return renew();
  send(request_of(http::Method::kGet, "/v2/workspaces/" + workspace_ + "/approvals?state=pending", {}),
       "listing approvals", [this](int status, const json::Value& answer) {
         const json::Value* items = answer.find("items");
         if (status != 200 || items == nullptr || items->as_array().empty()) return;
         decide(items->as_array()[draw_.below(items->as_array().size())]);
       });
}

void Phone::decide(const json::Value& approval) {
  const std::string id(json::string_or(approval, "approval_id", "")), decided_at = format_rfc3339(clock.now());
  const std::string decision = draw_.chance(60) ? "approve" : "deny";
  const std::string signature = sign({{"purpose", "approval"},
                                      {"approval_id", id},
                                      {"call_digest", json::string_or(approval, "call_digest", "")},
                                      {"decision", decision},
                                      {"decided_by", subject_},
                                      {"reason", ""},
                                      {"decided_at", decided_at}});
  const json::Object body{{"decision", decision},
                          {"decided_by", subject_},
                          {"decided_at", decided_at},
                          {"signature", signature},
                          {"workspace_id", workspace_}};
  send(request_of(http::Method::kPost, "/v2/approvals/" + id, body), "deciding", [](int, const json::Value&) {});
}

}  // namespace lumenflow::sim
