// Every route by every kind of credential: who is let through to the route's own work, and who is refused how. A route
// that has no row here fails.
#include <gtest/gtest.h>

#include <map>

#include "base/encoding.h"
#include "conductor/authenticator.h"
#include "conductor/store.h"
#include "conductor/testing/conductor_world.h"

namespace lumenflow::conductor {
namespace {

enum Allowed : unsigned {
  kOpen = 0,
  kViewerUp = 1,
  kOperatorUp = 2,
  kAdminOnly = 4,
  kWorkspace = 8,
  kDevice = 16,
  kScoped = 32
};

// Written down apart from the code: changing who may do what is changing this table.
const std::map<std::string, unsigned> kRows{
    {"get /healthz", kOpen},
    {"get /readyz", kOpen},
    {"get /openapi.json", kOpen},
    {"get /.well-known/jwks.json", kOpen},
    {"post /v2/session", kOpen},
    {"post /v2/enrollments", kOpen},
    {"post /v2/tokens/renew", kOpen},
    {"get /v2/enrollments/{device_id}", kOpen},
    {"get /metrics", kViewerUp | kScoped},
    {"get /v2/head", kViewerUp | kWorkspace | kDevice},
    {"get /v2/session", kViewerUp},
    {"delete /v2/session", kViewerUp},
    {"get /v2/tokens", kAdminOnly},
    {"delete /v2/tokens/{token_id}", kAdminOnly},
    {"post /v2/tickets", kAdminOnly | kWorkspace},
    {"get /v2/tickets", kAdminOnly},
    {"delete /v2/tickets/{ticket_id}", kAdminOnly},
    {"get /v2/operators", kAdminOnly},
    {"post /v2/operators", kAdminOnly},
    {"delete /v2/operators/{name}", kAdminOnly},
    {"get /v2/devices", kAdminOnly | kWorkspace},
    {"delete /v2/devices/{workspace_id}/{device_id}", kAdminOnly | kWorkspace},
    {"delete /v2/workspaces/{id}", kAdminOnly},
    {"post /v2/keys/rotate", kAdminOnly},
    {"post /v2/heartbeat", kWorkspace},
    {"post /v2/rebind", kWorkspace},
    {"put /v2/registry", kWorkspace},
    {"post /v2/events", kWorkspace},
    {"get /v2/commands", kWorkspace},
    {"post /v2/commands/{command_id}/result", kWorkspace},
    {"post /v2/commands/results", kWorkspace},
    {"get /v2/audit/{position}/proof", kViewerUp},
    {"get /v2/workspaces", kViewerUp | kDevice},
    {"get /v2/workspaces/{id}", kViewerUp | kWorkspace | kDevice},
    {"get /v2/workspaces/{id}/events", kViewerUp | kWorkspace | kScoped},
    {"get /v2/workspaces/{id}/audit", kViewerUp | kWorkspace | kScoped},
    {"get /v2/audit", kAdminOnly},
    {"get /v2/workspaces/{id}/tools", kViewerUp | kScoped},
    {"get /v2/workspaces/{id}/approvals", kViewerUp | kScoped},
    {"get /v2/workspaces/{id}/recoveries", kViewerUp | kScoped},
    {"get /v2/workspaces/{id}/turns", kViewerUp | kScoped},
    {"get /v2/workspaces/{id}/commands", kViewerUp | kScoped},
    {"get /v2/workspaces/{id}/commands/{command_id}", kViewerUp | kScoped},
    {"post /v2/workspaces/{id}/commands", kOperatorUp | kDevice},
    {"delete /v2/workspaces/{id}/commands/{command_id}", kOperatorUp | kDevice},
    {"post /v2/workspaces/{id}/tools/{name}", kOperatorUp | kDevice},
    {"post /v2/approvals/{approval_id}", kOperatorUp | kScoped},
    {"post /v2/recoveries/{recovery_id}/confirm", kOperatorUp | kScoped},
    {"post /v2/workspaces/{id}/stop", kOperatorUp | kScoped},
    {"post /v2/webhooks", kAdminOnly},
    {"get /v2/hooks", kAdminOnly},
    {"delete /v2/hooks/{hook_id}", kViewerUp | kDevice},
    {"get /v2/push/key", kViewerUp | kDevice},
    {"post /v2/push", kViewerUp | kScoped},
};

struct Credential {
  std::string name;
  Headers headers;
  unsigned may = 0;        // bits of the rows that let it through
  int refused = 403;       // what it is told elsewhere
  bool safe_only = false;  // passes where nothing is changed (no CSRF header)
};

std::string b64(const std::string& text) { return to_base64url(text); }

class Matrix : public testing::Test {
 protected:
  Matrix() {
    workspace_.enroll();
    other_.enroll();
    revoked_.enroll();
    workspace_.hello();
    Store& store = world_.store();
    const Timestamp now = world_.clock.now();
    const auto device = [&](const std::string& id, const std::vector<std::string>& scopes) {
      return ConductorWorld::bearer(issue_token(store.keys, "ws-42:phone:" + id, scopes, now, random_)->token);
    };
    const unsigned any_operator = kViewerUp | kOperatorUp | kAdminOnly;
    credentials_ = {
        {"none", {}, 0, 401},
        {"nonsense", ConductorWorld::bearer("nonsense"), 0, 401},
        {"another scheme", {{"Authorization", "Basic b3A6eA=="}}, 0, 401},
        {"viewer", world_.operator_session(Role::kViewer), kViewerUp},
        {"operator", world_.operator_session(Role::kOperator), kViewerUp | kOperatorUp},
        {"admin", world_.operator_session(), any_operator},
        {"admin without csrf", {world_.operator_session()[0]}, any_operator, 401, true},
        {"a session that is none", {{"Cookie", "lumenflow_session=AAAA"}, {"X-CSRF-Token", "AAAA"}}, 0, 401},
        {"workspace", workspace_.headers(), kWorkspace},
        {"another workspace", other_.headers(), kWorkspace},
        {"revoked workspace", revoked_.headers(), 0, 401},
        {"device",
         device("pixel-8", {"workspace", "approvals:read", "approvals:decide", "recovery:confirm", "audit:read",
                            "control:stop", "metrics:read"}),
         kDevice | kScoped},
        {"device without scopes", device("pixel-9", {}), kDevice},
        {"revoked device", device("lost", {"workspace"}), 0, 401}};
    add_forged();
    const json::Object tombstone{{"revoked_ms", INT64_MAX / 2}};
    const std::vector<RecordChange> lost{{kRevokedTable, "subject/ws-42:phone:lost", 0, json::serialize(tombstone)}};
    EXPECT_TRUE(store.records->apply(lost).ok());
    EXPECT_EQ(world_.send(http::Method::kDelete, "/v2/workspaces/ws-gone", {}, world_.operator_session()).status, 200);
  }

  // Tokens that look right in all but one thing.
  void add_forged() {
    const TokenKey& key = world_.store().keys.token.front();
    http::TokenClaims claims;
    claims.issuer = kIssuer;
    claims.subject = "ws-42";
    claims.audience = kAudience;
    claims.scopes = {"workspace"};
    claims.issued_at = world_.clock.now() - std::chrono::hours(2);
    claims.expires_at = claims.issued_at + std::chrono::hours(24);
    claims.id = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
    const P256KeyPair own{key.public_pem, key.private_pem};
    const std::string good = forge_token(claims, own);
    const auto add = [&](const std::string& what, const std::string& token) {
      credentials_.push_back({what, ConductorWorld::bearer(token), 0, 401});
    };
    add("a token signed by another key", forge_token(claims, *generate_p256()));
    http::TokenClaims changed = claims;
    changed.audience = "sidecar";
    add("a token for another audience", forge_token(changed, own));
    changed = claims;
    changed.issuer = "somebody";
    add("a token of another issuer", forge_token(changed, own));
    changed = claims;
    changed.expires_at = world_.clock.now() - std::chrono::seconds(1);
    add("an expired token", forge_token(changed, own));
    changed = claims;
    changed.issued_at = world_.clock.now() + std::chrono::minutes(1);
    add("a token of tomorrow", forge_token(changed, own));
    const std::string payload = good.substr(good.find('.') + 1, good.rfind('.') - good.find('.') - 1);
    std::string altered = *from_base64url(payload);
    altered.replace(altered.find("ws-42"), 5, "ws-43");
    add("an altered token", good.substr(0, good.find('.') + 1) + b64(altered) + good.substr(good.rfind('.')));
    add("a token without a signature", good.substr(0, good.rfind('.') + 1));
    add("alg none", b64(R"({"alg":"none","typ":"JWT"})") + "." + payload + ".");
    add("alg HS256", b64(R"({"alg":"HS256","typ":"JWT"})") + "." + payload + good.substr(good.rfind('.')));
    add("what the workspace minted itself", forge_token(claims, workspace_.key));
  }

  // The rows that the server has: "get /v2/…".
  std::vector<std::string> routes() {
    std::vector<std::string> found;
    const Answer description = world_.get("/openapi.json");
    for (const json::Member& path : description.value.find("paths")->as_object())
      for (const json::Member& method : path.value.as_object()) found.push_back(method.key + " " + path.key);
    return found;
  }

  Answer ask(const std::string& route, const Credential& credential) {
    const std::string method = route.substr(0, route.find(' '));
    std::string path = route.substr(route.find(' ') + 1);
    const bool of_workspace = path.starts_with("/v2/workspaces/{id}") && route != "delete /v2/workspaces/{id}";
    for (std::size_t open = path.find('{'); open != std::string::npos; open = path.find('{')) {
      const std::string name = path.substr(open, path.find('}') - open + 1);
      path.replace(open, name.size(), name == "{id}" && of_workspace ? "ws-42" : "ws-none");
    }
    const std::map<std::string, http::Method> methods{{"get", http::Method::kGet},
                                                      {"post", http::Method::kPost},
                                                      {"put", http::Method::kPut},
                                                      {"delete", http::Method::kDelete}};
    const bool has_body = method == "post" || method == "put";
    return world_.send(methods.at(method), path, has_body ? std::optional<std::string>("[]") : std::nullopt,
                       credential.headers);
  }

  bool is_let_through(const std::string& route, unsigned row, const Credential& credential) const {
    if (row == kOpen) return true;
    if (credential.safe_only && !route.starts_with("get ")) return false;
    const bool foreign =
        credential.name == "another workspace" && route.find("/v2/workspaces/{id}") != std::string::npos;
    return (row & credential.may) != 0 && !foreign;
  }

  SystemRandom random_;
  ConductorWorld world_;
  Workspace workspace_{world_}, other_{world_, "ws-7"}, revoked_{world_, "ws-gone"};
  std::vector<Credential> credentials_;
};

TEST_F(Matrix, EveryRouteHasARow) {
  const std::vector<std::string> there = routes();
  for (const std::string& route : there) EXPECT_TRUE(kRows.contains(route)) << route << " has no row";
  EXPECT_EQ(there.size(), kRows.size());
  EXPECT_GE(there.size() * credentials_.size(), 500u);
}

TEST_F(Matrix, WhoeverIsNotMeantIsRefusedAndNothingChanges) {
  const auto acts = [&] {
    std::size_t count = 0;
    for (const json::Value& entry : world_.audit()) count += json::string_or(entry, "type", "") != "conductor.refused";
    return count;
  };
  const std::size_t before = acts();
  std::size_t cases = 0;
  for (const auto& [route, row] : kRows)
    for (const Credential& credential : credentials_) {
      if (is_let_through(route, row, credential)) continue;
      const Answer answer = ask(route, credential);
      // Where nothing is changed the header is not asked for; then it is the route that is not theirs.
      const bool by_route = credential.safe_only && route.starts_with("get ");
      EXPECT_EQ(answer.status, by_route ? 403 : credential.refused)
          << route << " by " << credential.name << ": " << answer.body;
      EXPECT_FALSE(answer.code().empty()) << route << " by " << credential.name;
      ++cases;
    }
  EXPECT_GE(cases, 500u);
  EXPECT_FALSE(world_.audit("conductor.refused").empty()) << "refusals are recorded";
  EXPECT_EQ(acts(), before) << "and nothing else is";
}

TEST_F(Matrix, WhoeverIsMeantReachesTheRoutesOwnWork) {
  for (const auto& [route, row] : kRows) {
    if (row == kOpen || route == "delete /v2/session") continue;
    for (const Credential& credential : credentials_) {
      if (!is_let_through(route, row, credential)) continue;
      const Answer answer = ask(route, credential);
      const bool reached =
          answer.status != 401 && answer.status != 0 &&
          (answer.status != 403 || answer.text("/detail").find("this route is for") == std::string::npos);
      EXPECT_TRUE(reached) << route << " by " << credential.name << ": " << answer.body;
    }
  }
}

}  // namespace
}  // namespace lumenflow::conductor
