#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/encoding.h"
#include "base/signing.h"
#include "journal/recoveries.h"
#include "sidecar/testing/sidecar_world.h"

namespace lumenflow::sidecar {
namespace {

using json::Object;
using testing::HasSubstr;

class RecoveryRoutes : public testing::Test {
 protected:
  // A call whose tool reports this, and the id of its recovery.
  std::string reported(const char* status, const char* tool = "probe:echo") const {
    const json::Value input =
        Object{{"details", Object{{"cleanup_status", status},
                                  {"recovery_action", "say it again"},
                                  {"recovery_call", Object{{"tool", tool}, {"input", Object{{"text", "again"}}}}}}}};
    const Answer answer = world.call("probe:fail", json::serialize(input));
    EXPECT_EQ(answer.text("/error/details/cleanup_status"), status) << answer.body;
    return answer.text("/error/details/recovery_id");
  }
  Headers confirmer(const std::string& subject = "ws-42:ana",
                    const std::string& scopes = "workspace audit:read recovery:confirm") const {
    return world.as(world.token(scopes, subject));
  }
  json::Value consent(const std::string& id, const std::string& by = "ws-42:ana") const {
    const PosixFiles files;
    journal::Recovery said;
    said.receipt = *journal::receipt_of_recovery(id);
    said.digest = world.get("/recoveries/" + id).text("/call_digest");
    said.confirmed_by = by;
    said.reason = "looked at it";
    said.confirmed_at = SystemClock().now();
    const std::string pem = *unlock_operator_key(files, WorkspacePaths(world.root()).keys, "");
    return Object{{"reason", said.reason},
                  {"decided_at", format_rfc3339(said.confirmed_at)},
                  {"signature", to_base64url(*p256_sign(journal::recovery_statement(said), pem))}};
  }
  Answer confirm(const std::string& id, const json::Value& consent, Headers headers) const {
    return world.send(http::Method::kPost, "/recoveries/" + id + "/confirm", json::serialize(consent),
                      std::move(headers));
  }

  SidecarWorld world{{.config = ""}};
};

TEST_F(RecoveryRoutes, WhatIsReportedIsListedShownAndConfirmedOnce) {
  const std::string id = reported("partial"), other = reported("needs_recovery");
  const Answer first = world.get("/recoveries?limit=1");
  EXPECT_EQ(first.text("/items/0/recovery_id"), id) << first.body;
  EXPECT_EQ(world.get("/recoveries?limit=1&after=" + first.text("/next")).text("/items/0/recovery_id"), other);
  const Answer shown = world.get("/recoveries/" + id, confirmer());
  EXPECT_EQ(shown.text("/state"), "open");
  EXPECT_EQ(shown.text("/recovery_action"), "say it again");
  EXPECT_EQ(shown.text("/recovery_call/input/text"), "again");
  EXPECT_EQ(shown.text("/decider"), "ws-42:ana");

  const Answer confirmed = confirm(id, consent(id), confirmer());
  ASSERT_EQ(confirmed.status, 200) << confirmed.body;
  const std::string receipt = confirmed.text("/data/confirmation_receipt_id");
  const Answer call = world.get("/calls/" + receipt + "?wait=10s");
  EXPECT_EQ(call.text("/status"), "success");
  EXPECT_EQ(call.text("/subject"), "ws-42:ana");
  EXPECT_EQ(call.text("/result/data/text"), "again");
  const Answer again = confirm(id, consent(id), confirmer());
  EXPECT_EQ(again.status, 409);
  EXPECT_EQ(again.code(), "ALREADY_DECIDED");
  EXPECT_THAT(again.body, HasSubstr(receipt));
  EXPECT_EQ(world.get("/recoveries").value.find("items")->as_array().size(), 1u);
  EXPECT_EQ(world.get("/recoveries?state=all").value.find("items")->as_array().size(), 2u);
  world.stop();
  world.start();
  EXPECT_EQ(confirm(id, consent(id), confirmer()).code(), "ALREADY_DECIDED");
  EXPECT_EQ(world.get("/recoveries/" + id).text("/confirmed_by"), "ws-42:ana");
}

// As a conductor's page asks: calls like any other, for whoever may read the record.
TEST_F(RecoveryRoutes, AreListedByACallWithTheDigestThatIsSigned) {
  const std::string id = reported("partial");
  const auto call = [this](const char* tool, const json::Value& input, const std::string& scopes) {
    return world.send(http::Method::kPost, std::string("/tools/") + tool, json::serialize(input),
                      world.as(world.token(scopes, "ws-42:conductor")));
  };
  const Answer listed = call("kernel:recovery_list", Object{}, "audit:read");
  ASSERT_EQ(listed.status, 200) << listed.body;
  EXPECT_EQ(listed.text("/data/items/0/recovery_id"), id);
  EXPECT_EQ(listed.text("/data/items/0/call_digest"), world.get("/recoveries/" + id).text("/call_digest"));
  EXPECT_EQ(listed.text("/data/items/0/recovery_call/tool"), "probe:echo");
  EXPECT_EQ(call("kernel:recovery_list", Object{}, "workspace").status, 403);

  const std::string receipt = listed.text("/data/items/0/receipt_id");
  const Answer shown = call("kernel:call_show", Object{{"receipt_id", receipt}}, "audit:read");
  EXPECT_EQ(shown.text("/data/status"), "failure") << shown.body;
  EXPECT_EQ(shown.text("/data/requested/tool"), "probe:fail");
  EXPECT_EQ(shown.text("/data/input/details/recovery_action"), "say it again");
  const Answer none = call("kernel:call_show", Object{{"receipt_id", "rcpt-none"}}, "audit:read");
  EXPECT_EQ(none.text("/error/code"), "NOT_FOUND");
  EXPECT_EQ(call("kernel:stop_list", Object{}, "tools:read").status, 200);

  const Answer judged = call("kernel:diagnostics_show", Object{}, "tools:read");
  EXPECT_EQ(judged.text("/data/packs/0/id"), "probe") << judged.body;
  const json::Value told = world.get("/diagnostics").value;
  for (const char* member : {"items", "configuration", "operator_key", "journal"})
    EXPECT_EQ(*judged.value.find("data")->find(member), *told.find(member)) << member;
  const Answer kinds = call("kernel:kind_list", Object{}, "tools:read");
  EXPECT_EQ(kinds.text("/data/kinds/0/kind"), "probe:happened") << kinds.body;
  EXPECT_EQ(kinds.text("/data/kinds/0/class"), "queue");
  EXPECT_EQ(kinds.text("/data/kinds/0/schema/properties/n/type"), "integer");
  EXPECT_EQ(call("kernel:kind_list", Object{}, "audit:read").status, 403);
}

TEST_F(RecoveryRoutes, WhatIsNoConsentIsRefused) {
  const std::string id = reported("partial");
  const json::Value good = consent(id);
  const auto with = [&good](const char* key, json::Value value) {
    json::Value other = good;
    other.as_object().set(key, std::move(value));
    return other;
  };
  EXPECT_EQ(confirm(id, good, {}).code(), "TOKEN_SCOPE_DENIED") << "a token without recovery:confirm";
  EXPECT_EQ(confirm(id, good, confirmer("ws-42:other")).code(), "UNAUTHENTICATED") << "in another's name";
  EXPECT_EQ(confirm(id, with("reason", "else"), confirmer()).code(), "UNAUTHENTICATED");
  EXPECT_EQ(confirm(id, with("tool", "probe:emit"), confirmer()).code(), "INVALID_INPUT");
  EXPECT_EQ(confirm(id, json::Array{}, confirmer()).code(), "INVALID_INPUT");
  EXPECT_EQ(confirm(id, with("recovery_id", "rec-01ARZ3NDEKTSV4RRFFQ69G5FAV"), confirmer()).code(), "INVALID_INPUT");
  EXPECT_EQ(confirm("rec-01ARZ3NDEKTSV4RRFFQ69G5FAV", good, confirmer()).status, 404);
  EXPECT_EQ(world.get("/recoveries/nonsense").status, 404);
  EXPECT_EQ(world.get("/recoveries", confirmer("ws-42:ana", "workspace")).status, 403);
  EXPECT_EQ(world.get("/recoveries?after=xyz").code(), "INVALID_REQUEST");
  EXPECT_EQ(world.get("/recoveries?state=old").code(), "INVALID_REQUEST");
  EXPECT_EQ(world.get("/recoveries/" + id).text("/state"), "open");
}

TEST_F(RecoveryRoutes, TheCallIsBoundByWhatTheConfirmerHolds) {
  const std::string id = reported("partial", "probe:emit");
  const Answer confirmed = confirm(id, consent(id), confirmer("ws-42:ana", "recovery:confirm"));
  EXPECT_EQ(confirmed.status, 403);
  EXPECT_EQ(confirmed.code(), "TOKEN_SCOPE_DENIED");
  const Answer left = world.get("/recoveries/" + id);
  EXPECT_EQ(left.text("/state"), "open");
  const std::string receipt = left.text("/refused_receipt_id");
  EXPECT_EQ(world.get("/calls/" + receipt).text("/result/error/code"), "TOKEN_SCOPE_DENIED");
  const Answer entries = world.get("/audit?receipt_id=" + receipt);
  EXPECT_EQ(entries.text("/items/0/entry/receipt_id"), receipt) << entries.body;
  EXPECT_EQ(world.get("/audit?receipt_id=rcpt-none").status, 404);
}

}  // namespace
}  // namespace lumenflow::sidecar
