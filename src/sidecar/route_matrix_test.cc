// Every route by every kind of credential: who reaches the route's own work, and who is refused how, with nothing
// changed. A route without a row here fails, and so does a row without a route.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/encoding.h"
#include "base/random.h"
#include "base/signing.h"
#include "base/ulid.h"
#include "sidecar/operator_proof.h"
#include "sidecar/testing/probe_pack.h"
#include "sidecar/testing/sidecar_world.h"

namespace lumenflow::sidecar {
namespace {

using Scopes = std::vector<std::string>;

enum Traits : unsigned {
  kOpenToAll = 1,
  kOnSocketOnly = 2,
  kScopeOfOnePack = 4,  // <scope>:<pack> is enough
  kOperatorKey = 8,     // needed besides
  kKernelTool = 16,     // the peer of the control socket needs no scope
  kCall = 32,           // the kernel judges: the refusal is on record
  kProof = 64,          // a proof of the operator key is looked at
  kByKernel = kKernelTool | kCall
};

struct RouteRow {
  std::string scope;    // empty: any token of this workspace
  std::string reached;  // the code that the route's own work answers this request with; empty: success
  unsigned traits = 0;
};

// Written down apart from the code: changing who may do what is changing this table.
const std::map<std::string, RouteRow> kRouteRows{
    {"get /healthz", {"", "", kOpenToAll}},
    {"get /readyz", {"", "", kOpenToAll}},
    {"get /openapi.json", {"tools:read", ""}},
    {"get /metrics", {"metrics:read", ""}},
    {"get /tools", {"tools:read", "", kScopeOfOnePack}},
    {"get /tools/{name}", {"tools:read", "", kScopeOfOnePack}},
    {"get /packs", {"tools:read", ""}},
    {"get /diagnostics", {"tools:read", ""}},
    {"get /handlers", {"events:read", ""}},
    {"get /handlers/{pack}/dead-letters", {"events:read", "NOT_FOUND"}},
    {"get /outbox", {"events:read", ""}},
    {"get /outbox/pending", {"events:read", ""}},
    {"get /outbox/dead-letters", {"events:read", ""}},
    {"get /events", {"events:read", ""}},
    {"get /events/stream", {"events:read", "INVALID_REQUEST"}},  // it would not end
    {"get /audit", {"audit:read", ""}},
    {"get /audit/head", {"audit:read", ""}},
    {"get /audit/{position}", {"audit:read", ""}},
    {"get /audit/{position}/proof", {"audit:read", ""}},
    {"get /approvals", {"approvals:read", ""}},
    {"get /approvals/{id}", {"approvals:read", "NOT_FOUND"}},
    {"get /recoveries", {"audit:read", ""}},
    {"get /recoveries/{id}", {"audit:read", "NOT_FOUND"}},
    {"get /tasks", {"tools:read", ""}},
    {"get /tasks/{id}", {"tools:read", "NOT_FOUND"}},
    {"get /calls/{receipt_id}", {"", "NOT_FOUND"}},
    {"delete /calls/{receipt_id}", {"", "NOT_FOUND"}},
    {"post /tools/{name}", {"tools:write", "INVALID_INPUT", kScopeOfOnePack | kCall}},
    {"post /tools/probe:echo", {"tools:read", "", kScopeOfOnePack | kCall}},
    {"post /tools/probe:fail", {"tools:read", "NO_LUCK", kScopeOfOnePack | kCall}},
    {"post /tools/probe:emit", {"tools:write", "INVALID_INPUT", kScopeOfOnePack | kCall}},
    {"post /tools/probe:wait", {"tools:write", "", kScopeOfOnePack | kCall}},
    {"post /tools/probe:deaf", {"tools:write", "", kScopeOfOnePack | kCall}},
    {"post /kernel/{name}", {"tools:admin", "", kOnSocketOnly | kOperatorKey | kProof | kByKernel}},
    {"post /stop", {"control:stop", "INVALID_INPUT", kProof | kByKernel}},
    {"post /resume", {"control:stop", "INVALID_INPUT", kOperatorKey | kProof | kByKernel}},
    {"post /reload", {"tools:admin", "", kOperatorKey | kProof | kByKernel}},
    {"post /approvals/{id}", {"approvals:decide", "INVALID_INPUT", kByKernel}},
    {"post /recoveries/{id}/confirm", {"recovery:confirm", "INVALID_INPUT", kByKernel}},
    {"post /tasks", {"tools:write", "INVALID_INPUT", kByKernel}},
    {"post /tasks/{id}/claim", {"tools:write", "NOT_FOUND", kByKernel}},
    {"post /tasks/{id}/block", {"tools:write", "INVALID_INPUT", kByKernel}},
    {"post /tasks/{id}/unblock", {"tools:write", "NOT_FOUND", kByKernel}},
    {"post /tasks/{id}/wait", {"tools:write", "INVALID_INPUT", kByKernel}},
    {"post /tasks/{id}/resume", {"tools:write", "NOT_FOUND", kByKernel}},
    {"post /tasks/{id}/release", {"tools:write", "INVALID_INPUT", kByKernel}},
    {"post /tasks/{id}/delegate", {"tools:write", "INVALID_INPUT", kByKernel}},
    {"post /tasks/{id}/complete", {"tools:write", "NOT_FOUND", kByKernel}},
};

const Scopes kEveryScope{"tools:read",     "tools:write",      "tools:admin",       "events:read",
                         "approvals:read", "approvals:decide", "recovery:confirm",  "audit:read",
                         "control:stop",   "metrics:read",     "agent:execute-turn"};
const Scopes kReading{"tools:read", "events:read", "approvals:read", "audit:read", "metrics:read"};
const Scopes kOfPeer{"workspace", "audit:read", "approvals:read", "metrics:read", "control:stop"};
const std::map<std::string, http::Method> kMethods{{"get", http::Method::kGet},
                                                   {"post", http::Method::kPost},
                                                   {"put", http::Method::kPut},
                                                   {"patch", http::Method::kPatch},
                                                   {"delete", http::Method::kDelete}};

enum class Proof { kNone, kForIt, kForAnother };

struct Asker {
  std::string name;
  std::string authorization;  // empty: none
  std::string fault = {};     // the code it is refused with wherever it is looked at
  Scopes scopes = {};
  bool on_socket = false;
  Proof proof = Proof::kNone;
};

struct Verdict {
  std::string code;  // empty: success
  bool refused = false, recorded = false;
};

bool holds(const Scopes& scopes, const RouteRow& row) {
  static const Scopes of_workspace{"tools:read", "tools:write", "events:read"};
  const auto has = [](const Scopes& among, const std::string& scope) { return std::ranges::count(among, scope) > 0; };
  return row.scope.empty() || has(scopes, row.scope) || (has(scopes, "workspace") && has(of_workspace, row.scope)) ||
         ((row.traits & kScopeOfOnePack) != 0 && has(scopes, row.scope + ":probe"));
}

Verdict verdict(const RouteRow& row, const Asker& asker) {
  const Verdict reached{row.reached}, denied{"TOKEN_SCOPE_DENIED", true, (row.traits & kCall) != 0};
  if ((row.traits & kOpenToAll) != 0) return reached;
  if (!asker.fault.empty()) return {asker.fault, true};
  if ((row.traits & kOnSocketOnly) != 0 && !asker.on_socket) return {"NOT_FOUND", true};
  const bool peers = asker.on_socket && (row.traits & kKernelTool) != 0;
  if ((row.traits & kProof) != 0 && asker.proof == Proof::kForAnother) return {"UNAUTHENTICATED", true};
  if (!peers && !holds(asker.scopes, row)) return denied;
  return (row.traits & kOperatorKey) != 0 && asker.proof != Proof::kForIt ? denied : reached;
}

class RouteMatrix : public testing::Test {
 protected:
  RouteMatrix() {
    PosixFiles files;
    operator_key_ = *unlock_operator_key(files, WorkspacePaths(world_.root()).keys, "");
    probe_gate().open();
    add_forged();
    const Asker peer{"the peer with the operator key", "", "", kOfPeer, true, Proof::kForIt};
    const std::string revoked = world_.claims().id;
    const Answer done = ask("post", "/kernel/token_revoke", peer, R"({"token_id":")" + revoked + R"("})");
    EXPECT_EQ(done.status, 200) << done.body;
    http::TokenClaims claims = world_.claims();
    claims.id = revoked;
    always_.push_back({"a revoked token", "Bearer " + mint(claims), "TOKEN_REVOKED"});
    always_.push_back({"the peer", "", "", kOfPeer, true});
    always_.push_back({"the peer with nonsense", "Bearer nonsense", "UNAUTHENTICATED", {}, true});
    always_.push_back({"the peer with a proof for another", "", "", kOfPeer, true, Proof::kForAnother});
    always_.push_back(peer);
  }
  ~RouteMatrix() override { probe_gate().shut(); }

  std::string mint(const http::TokenClaims& claims) const {
    return *http::mint_token(claims, world_.keys().token_private_pem, world_.keys().token_key_id);
  }

  // Tokens that look right in all but one thing.
  void add_forged() {
    const auto add = [&](const std::string& what, const std::string& authorization,
                         const std::string& code = "UNAUTHENTICATED") {
      always_.push_back({what, authorization, code});
    };
    const auto changed = [&](auto change) {
      http::TokenClaims claims = world_.claims();
      claims.scopes = kEveryScope;
      change(claims);
      return "Bearer " + mint(claims);
    };
    const std::string good = mint(world_.claims());
    const std::size_t first = good.find('.'), second = good.rfind('.');
    const std::string payload = good.substr(first + 1, second - first - 1), signature = good.substr(second);
    std::string altered = *from_base64url(payload), other = signature;
    altered.replace(altered.find("audit:read"), 10, "tools:admi");
    other[5] = other[5] == 'A' ? 'B' : 'A';
    add("nobody", "");
    add("nonsense", "Bearer nonsense");
    add("another scheme", "Basic " + good);
    add("an expired token", changed([](auto& c) {
          c.expires_at = (c.issued_at = c.issued_at + -std::chrono::hours(2)) + std::chrono::hours(1);
        }),
        "TOKEN_EXPIRED");
    add("a token of tomorrow", changed([](auto& c) { c.issued_at = c.issued_at + std::chrono::minutes(30); }));
    add("a token of another workspace", changed([](auto& c) { c.issuer = c.subject = "ws-43"; }));
    add("a subject of another workspace", changed([](auto& c) { c.subject = "ws-43"; }));
    add("a token for another audience", changed([](auto& c) { c.audience = "conductor"; }));
    add("an altered token", "Bearer " + good.substr(0, first + 1) + to_base64url(altered) + signature);
    add("an altered signature", "Bearer " + good.substr(0, second) + other);
    add("no signature", "Bearer " + good.substr(0, second + 1));
    add("alg none", "Bearer " + to_base64url(R"({"alg":"none","typ":"JWT"})") + "." + payload + ".");
    add("alg HS256", "Bearer " + to_base64url(R"({"alg":"HS256","typ":"JWT"})") + "." + payload + signature);
    const P256KeyPair own = *generate_p256();
    add("a token signed by another key",
        "Bearer " + *http::mint_token(world_.claims(), own.private_pem, world_.keys().token_key_id));
  }

  Asker bearer(const std::string& name, const Scopes& scopes, Proof proof = Proof::kNone) {
    std::string& token = tokens_[scopes];
    http::TokenClaims claims = world_.claims();
    claims.scopes = scopes;
    if (token.empty()) token = mint(claims);
    return {name, "Bearer " + token, "", scopes, false, proof};
  }

  std::vector<Asker> askers(const RouteRow& row) {
    std::vector<Asker> all = always_;
    Scopes others = kEveryScope;
    std::erase(others, row.scope);
    all.push_back(bearer("every scope but the route's", others));
    all.push_back(bearer("exactly the route's scope", {row.scope.empty() ? "agent:execute-turn" : row.scope}));
    all.push_back(
        bearer("the scope for one pack", {(row.scope.starts_with("tools:") ? row.scope : "tools:read") + ":probe"}));
    if (row.traits != kScopeOfOnePack)  // who reads of another pack sees nothing of this one, which is no refusal
      all.push_back(bearer("the scope for another pack", {"tools:read:other", "tools:write:other"}));
    all.push_back(bearer("a reader", kReading));
    all.push_back(bearer("workspace", {"workspace"}));
    all.push_back(bearer("every scope", kEveryScope));
    all.push_back(bearer("every scope with the operator key", kEveryScope, Proof::kForIt));
    return all;
  }

  // {parameters} filled in.
  static std::string concrete_path(std::string path) {
    if (path == "/events/stream") return path + "?after=x";
    for (std::size_t open = path.find('{'); open != std::string::npos; open = path.find('{')) {
      const std::size_t length = path.find('}', open) - open + 1;
      path.replace(open, length,
                   path.starts_with("/tools/")    ? "probe:emit"
                   : path.starts_with("/kernel/") ? "token_mint"
                                                  : "1");
    }
    return path;
  }

  Answer ask(const std::string& method, const std::string& path, const Asker& asker, const std::string& body = "{}") {
    http::ClientOptions options;
    if (asker.on_socket)
      options.socket_path = world_.socket_path();
    else
      options.base_url = "http://127.0.0.1:" + std::to_string(world_.port());
    http::ClientRequest request;
    request.method = kMethods.at(method);
    request.path = path;
    if (method != "get" && method != "delete")
      request.body = path.starts_with("/approvals/") ? R"({"decision":"approve"})" : body;
    if (!asker.authorization.empty()) request.headers.emplace_back("Authorization", asker.authorization);
    if (asker.proof != Proof::kNone) {
      const std::string tool = asker.proof == Proof::kForIt ? "kernel:" + path.substr(path.rfind('/') + 1) : "kernel:x";
      request.headers.emplace_back(std::string(kOperatorHeader),
                                   *make_operator_proof(operator_key_, "ws-42", tool,
                                                        make_ulid(clock_.now(), random_.draw16()).str(), clock_.now()));
    }
    const auto response = http::Client(std::move(options)).send(request);
    Answer answer;
    if (!response.ok()) return answer.body = response.error().to_string(), answer;
    answer.status = response->status;
    answer.body = response->body;
    if (auto value = json::parse(answer.body); value.ok()) answer.value = *std::move(value);
    return answer;
  }

  // Asks, and holds the answer against the verdict.
  void expect(const std::string& route, const Asker& asker, const Verdict& verdict) {
    const std::size_t space = route.find(' ');
    const Answer answer = ask(route.substr(0, space), concrete_path(route.substr(space + 1)), asker);
    const auto code = error_code_from_name(verdict.code);  // none: success, or the tool's own
    EXPECT_EQ(answer.status, code ? info(*code).http_status : 200) << route << " by " << asker.name;
    EXPECT_EQ(answer.code(), verdict.code) << route << " by " << asker.name << ": " << answer.body;
    ++cases_;
  }

  SystemClock clock_;
  SystemRandom random_;
  SidecarWorld world_;
  std::string operator_key_;
  std::vector<Asker> always_;
  std::map<Scopes, std::string> tokens_;
  std::size_t cases_ = 0;
};

// One world for all of it: what it costs is to make one.
TEST_F(RouteMatrix, EveryRouteByEveryCredential) {
  std::set<std::string> routes, rows, paths;
  const Answer description = world_.get("/openapi.json", world_.as(world_.token()));
  for (const json::Member& path : description.value.find("paths")->as_object()) {
    paths.insert(path.key);
    for (const json::Member& method : path.value.as_object()) routes.insert(method.key + " " + path.key);
  }
  for (const auto& [route, row] : kRouteRows) rows.insert(route);
  ASSERT_EQ(routes, rows) << "every route has a row, and every row a route";

  // Whoever is refused changes nothing: the kernel's refusals are on record, and nothing else is.
  const std::vector<json::Value> before = world_.entries();
  std::size_t recorded = 0;
  for (const auto& [route, row] : kRouteRows)
    for (const Asker& asker : askers(row))
      if (const Verdict is = verdict(row, asker); is.refused) expect(route, asker, is), recorded += is.recorded;
  // A method that a route has not is nobody's.
  const Asker operators = bearer("every scope with the operator key", kEveryScope, Proof::kForIt);
  for (const std::string& path : paths)
    for (const auto& [method, ignored] : kMethods)
      if (!routes.contains(method + " " + path) && !path.starts_with("/tools/probe:"))
        for (const Asker& asker : {always_.front(), operators})
          expect(method + " " + path, asker, {"METHOD_NOT_ALLOWED", true});
  EXPECT_GE(cases_, 500u) << "refused";
  const std::vector<json::Value> after = world_.entries();
  std::map<std::string, std::size_t> added;
  for (std::size_t at = before.size(); at < after.size(); ++at)
    ++added[std::string(json::string_or(after[at], "type", "")) + " " +
            std::string(json::string_or(after[at], "outcome", ""))];
  const std::map<std::string, std::size_t> refusals{
      {"call.requested ", recorded}, {"call.finished denied", recorded}, {"event.emitted ", recorded}};
  EXPECT_EQ(added, refusals);

  // Whoever is meant reaches the route's own work.
  for (const auto& [route, row] : kRouteRows)
    for (const Asker& asker : askers(row))
      if (const Verdict is = verdict(row, asker); !is.refused) expect(route, asker, is);
}

}  // namespace
}  // namespace lumenflow::sidecar
