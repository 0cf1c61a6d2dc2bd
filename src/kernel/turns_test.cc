// Turns of agents: what they may do is the kernel's to say, whatever the agent says.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kernel/sessions.h"
#include "kernel/testing/approval_world.h"

namespace lumenflow::kernel {
namespace {

using pack::Invoked;
using pack::ToolContext;
using pack::ToolOutput;
using pack::ToolResult;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::string_view kAgentsManifest = R"(
id: agents
version: 1.0.0
runtime: {type: builtin}
required_approvals: ["agents:careful"]
tools:
  - name: agents:act
    permission: write
    scope: agents:act
    required_scopes: [{type: path, pattern: "data/agents/**", access: write}]
    timeout_ms: 5000
  - name: agents:again
    permission: write
    internal_only: true
    required_scopes: [{type: path, pattern: "data/agents/**", access: write}]
  - name: agents:look
    required_scopes: [{type: path, pattern: "data/**", access: read}]
  - name: agents:write
    permission: write
    required_scopes: [{type: path, pattern: "data/**", access: write}]
  - name: agents:elsewhere
    permission: write
    required_scopes: [{type: path, pattern: "other/**", access: write}]
  - name: agents:careful
    permission: write
    required_scopes: [{type: path, pattern: "data/**", access: write}]
    required_approvals: ["agents:careful"]
)";

using Act = std::function<ToolResult(ToolContext&)>;
Act g_act, g_write;  // what agents:act and agents:write do; one test at a time
std::function<Result<std::optional<std::int64_t>>(pack::HostContext&)> g_timer;
std::vector<pack::Intent> g_intents;

void register_agents(pack::Registration& registration) {
  const auto nothing = [](ToolContext&, const json::Value&) -> ToolResult { return ToolOutput{json::Object{}, {}}; };
  registration.tool("agents:act", {}, [](ToolContext& context, const json::Value&) { return g_act(context); });
  registration.tool("agents:again", {}, [](ToolContext& context, const json::Value&) { return g_act(context); });
  registration.tool("agents:look", {.store_only = true, .bounded = true}, nothing);
  registration.tool("agents:write", {}, [nothing](ToolContext& context, const json::Value& input) -> ToolResult {
    return g_write ? g_write(context) : nothing(context, input);
  });
  registration.tool("agents:elsewhere", {}, nothing);
  registration.tool("agents:careful", {}, nothing);
  registration.timer("sessions", [](pack::HostContext& context) -> Result<std::optional<std::int64_t>> {
    return g_timer ? g_timer(context) : std::optional<std::int64_t>();
  });
  for (const pack::Intent& intent : g_intents) registration.intent(intent);
}

const pack::BuiltinPack& agents_pack() {
  static const pack::BuiltinPack pack{"agents", {{"manifest.yaml", kAgentsManifest}}, register_agents};
  return pack;
}

class Turns : public ::testing::Test {
 protected:
  Turns() {
    world.pack = &agents_pack();
    world.waits_for_tools = true;
    world.credential.subject = Subject("ws-42:phone:pixel");
    world.credential.scopes = {"tools:read", "tools:write", "agents:act"};
    world.config.approval_providers = json::Object{{"*", "console"}};
  }
  ~Turns() override {
    g_act = g_write = {};
    g_timer = {};
    g_intents.clear();
  }

  static pack::TurnOpening opening(const std::string& session = "s-1") {
    pack::TurnOpening asked;
    asked.session_id = session;
    asked.timer = "sessions";
    return asked;
  }

  // Runs `steps` within a turn, and gives what agents:act ended with.
  CallResult act(const std::function<void(ToolContext&)>& steps, pack::TurnOpening asked = opening()) {
    g_act = [this, steps, asked](ToolContext& context) -> ToolResult {
      const Result<pack::Turn> opened = context.turns()->open(asked);
      if (!opened.ok()) return pack::ToolError{std::string(name(opened.error().code())), opened.error().message(), {}};
      turn = *opened;
      steps(context);
      return ToolOutput{json::Object{}, {}};
    };
    return world.call("agents:act");
  }
  // The same, calling one tool after the other; what each ended with.
  std::vector<std::string> codes_of(const std::vector<std::string>& tools, pack::TurnOpening asked = opening()) {
    std::vector<std::string> codes;
    const CallResult result = act(
        [&](ToolContext& context) {
          for (const std::string& tool : tools) {
            const Result<Invoked> invoked = context.invoke(tool, json::Object{});
            codes.push_back(!invoked.ok() ? invoked.error().message()
                                          : (invoked->ok() ? invoked->outcome : invoked->code));
          }
        },
        std::move(asked));
    if (result.outcome != journal::Outcome::kSuccess) codes.push_back(error_of(result));
    return codes;
  }
  Session session(const std::string& id = "s-1") { return (*find_session(world.log->tables(), id)).value(); }
  json::Value requested_by(const std::string& tool) {
    for (const json::Value& entry : world.entries())
      if (json::string_or(entry, "type", "") == "call.requested" && json::string_or(entry, "tool", "") == tool)
        return entry;
    return {};
  }

  ApprovalWorld world;
  pack::Turn turn;  // the last
};

TEST_F(Turns, AreWhoCalls) {
  world.open();
  EXPECT_THAT(codes_of({"agents:write"}), ElementsAre("success"));
  const json::Value entry = requested_by("agents:write");
  EXPECT_EQ(json::string_or(entry, "subject", ""), "ws-42:turn:" + turn.turn_id);
  EXPECT_EQ(json::string_or(entry, "on_behalf_of", ""), "ws-42:phone:pixel");
  bool said = false;
  for (const json::Value& each : world.entries())
    if (const json::Value* id = each.at_pointer("/event/payload/turn_id")) said = *id == json::Value(turn.turn_id);
  EXPECT_TRUE(said) << "tool_called names the turn";
}

TEST_F(Turns, DoNoMoreThanWhoeverOpenedThem) {
  world.open();
  EXPECT_THAT(codes_of({"agents:elsewhere"}), ElementsAre("SCOPE_DENIED")) << "the workspace does not grant it";
  world.credential.scopes = {"tools:read", "agents:act"};
  EXPECT_THAT(codes_of({"agents:write", "agents:look"}), ElementsAre("TOKEN_SCOPE_DENIED", "success"));
}

TEST_F(Turns, AreNoPacks) {
  world.open();
  EXPECT_THAT(codes_of({"agents:again", "kernel:approve", "kernel:token_mint", "none:such"}),
              ElementsAre("TOOL_NOT_FOUND", "TOOL_NOT_FOUND", "TOOL_NOT_FOUND", "TOOL_NOT_FOUND"));
  EXPECT_EQ(session().tool_calls, 4u) << "every attempt counts, and is recorded";
  EXPECT_FALSE(requested_by("kernel:approve").is_null());
}

TEST_F(Turns, OpenNoTurns) {
  world.open();
  std::string code;
  act([&](ToolContext& context) {
    code = name(context.turns()->open(opening("s-2")).error().code());
    g_act = [&](ToolContext& inner) -> ToolResult {
      code += std::string(" ") + std::string(name(inner.turns()->open(opening("s-3")).error().code()));
      return ToolOutput{json::Object{}, {}};
    };
    EXPECT_TRUE(context.invoke("agents:act", json::Object{}).ok());
  });
  EXPECT_EQ(code, "INVALID_REQUEST INVALID_REQUEST");
}

TEST_F(Turns, EndAtTheLimitsOfTheirSession) {
  world.open();
  pack::TurnOpening asked = opening();
  asked.tool_calls_max = 3;
  asked.turns_max = 2;
  EXPECT_THAT(codes_of({"agents:look", "agents:look"}, asked), ElementsAre("success", "success"));
  EXPECT_THAT(codes_of({"agents:look", "agents:look"}, asked), ElementsAre("success", "LIMIT_EXCEEDED"));
  EXPECT_THAT(codes_of({}, asked), ElementsAre("LIMIT_EXCEEDED"));
  world.crash();
  world.open();
  EXPECT_THAT(codes_of({}, asked), ElementsAre("LIMIT_EXCEEDED")) << "counted by the journal, not in memory";
}

TEST_F(Turns, SessionsAreTheirHolders) {
  world.open();
  EXPECT_THAT(codes_of({}), IsEmpty());
  world.credential.subject = Subject("ws-42:phone:other");
  EXPECT_THAT(codes_of({}), ElementsAre("SCOPE_DENIED"));
  EXPECT_THAT(codes_of({}, opening("../up")), ElementsAre("INVALID_INPUT"));
}

TEST_F(Turns, AreHeldToTheIntentOfTheirSession) {
  g_intents = {{"review", {"agents:look"}, {"agents:write"}}, {"ship", {"agents:*"}, {}}};
  world.open();
  EXPECT_THAT(codes_of({"agents:look"}), ElementsAre("POLICY_DENIED")) << "intents are configured, and none was given";
  pack::TurnOpening asked = opening("s-2");
  asked.intent = "review";
  EXPECT_THAT(codes_of({"agents:look", "agents:elsewhere", "agents:write"}, asked),
              ElementsAre("success", "SCOPE_DENIED", "APPROVAL_REQUIRED"));
  asked.intent = "ship";
  EXPECT_THAT(codes_of({"agents:look"}, asked), ElementsAre("INVALID_INPUT")) << "declared once";
  asked = opening("s-3");
  asked.intent = "anything";
  EXPECT_THAT(codes_of({"agents:look"}, asked), ElementsAre("INVALID_INPUT"));
  asked.intent = "ship";
  EXPECT_THAT(codes_of({"agents:write"}, asked), ElementsAre("success"));
}

TEST_F(Turns, AreOfferedWhatTheyMayCall) {
  static constexpr std::string_view kOther = R"(
id: other
version: 1.0.0
runtime: {type: builtin}
tools:
  - {name: other:look, description: Looks., required_scopes: [{type: path, pattern: "data/**", access: read}]}
  - {name: other:elsewhere, required_scopes: [{type: path, pattern: "other/**", access: read}]}
  - name: other:write
    permission: write
    required_scopes: [{type: path, pattern: "data/**", access: write}]
)";
  static const pack::BuiltinPack other{
      "other", {{"manifest.yaml", kOther}}, [](pack::Registration& registration) {
        for (const char* tool : {"other:look", "other:elsewhere", "other:write"})
          registration.tool(tool, {}, [](ToolContext&, const json::Value&) -> ToolResult { return ToolOutput{}; });
      }};
  g_intents = {{"review", {"other:l*", "other:elsewhere"}, {}}};
  pack::RegistryBuilder builder;
  builder.add_builtin(agents_pack());
  builder.add_builtin(other);
  world.registry = builder.build();
  world.open();
  pack::TurnOpening asked = opening();
  asked.intent = "review";
  std::vector<std::string> names;
  act(
      [&](ToolContext& context) {
        const Result<std::vector<pack::OfferedTool>> tools = context.turns()->tools();
        for (const pack::OfferedTool& tool : *tools) names.push_back(tool.name + " " + tool.description);
      },
      asked);
  EXPECT_THAT(names, ElementsAre("other:look Looks."));
}

TEST_F(Turns, RulesSeeTheIntent) {
  g_intents = {{"ship", {"agents:*"}, {}}};
  world.config.policies = *json::parse(
      R"([{"id": "no-ship", "trigger": "on_tool_request", "decision": "deny",
           "when": {"intent": ["ship"], "tool": "agents:write"}}])");
  world.open();
  pack::TurnOpening asked = opening();
  asked.intent = "ship";
  EXPECT_THAT(codes_of({"agents:write", "agents:look"}, asked), ElementsAre("POLICY_DENIED", "success"));
}

TEST_F(Turns, WaitForApprovalsThatTheyCannotGive) {
  world.open();
  int woken = 0;
  g_timer = [&](pack::HostContext&) -> Result<std::optional<std::int64_t>> {
    ++woken;
    return std::optional<std::int64_t>();
  };
  world.settle();
  woken = 0;
  Invoked waits;
  act([&](ToolContext& context) { waits = *context.invoke("agents:careful", json::Object{}); });
  ASSERT_TRUE(waits.parked()) << waits.code << " " << waits.message;
  EXPECT_EQ(waits.outcome, "pending");
  const std::string by_turn =
      error_of(world.decide(true, world.decision(waits.approval_id, true, turn.subject), "ws-42:local:ana"));
  EXPECT_EQ(by_turn, "UNAUTHENTICATED") << "nobody pinned a key for a turn";
  EXPECT_EQ(woken, 0);
  world.crash();
  world.open();
  EXPECT_EQ(world.approve(waits.approval_id).outcome, journal::Outcome::kSuccess);
  EXPECT_EQ(world.end_of(waits.approval_id), "success - 12") << "as the turn, which is over";
  world.settle();
  EXPECT_GT(woken, 0) << "the pack hears that it ended";
  Result<Invoked> outcome = Error(ErrorCode::kInternal, "");
  act([&](ToolContext& context) { outcome = context.turns()->outcome(waits.receipt_id); });
  ASSERT_TRUE(outcome.ok()) << outcome.error().message();
  EXPECT_EQ(outcome->outcome, "success");
}

TEST_F(Turns, ThatBreakOffSayWhatTheyLeft) {
  world.open();
  const auto fail_after = [&](const std::vector<std::string>& tools) {
    g_act = [&](ToolContext& context) -> ToolResult {
      turn = *context.turns()->open(opening());
      for (const std::string& tool : tools) EXPECT_TRUE(context.invoke(tool, json::Object{})->ok());
      return pack::ToolError{"NO_LUCK", "the model is gone", {}};
    };
    return world.call("agents:act").body;
  };
  const auto status = [&] {
    std::string said;
    g_timer = [&](pack::HostContext& context) -> Result<std::optional<std::int64_t>> {
      if (const Result<pack::TurnRecord> record = context.turns()->look(turn.turn_id); record.ok())
        said = record->code + " " + record->cleanup_status;
      return std::optional<std::int64_t>();
    };
    world.settle();
    return said;
  };
  EXPECT_THAT(fail_after({"agents:look"}), testing::Not(HasSubstr("cleanup_status")));
  world.clock.advance(std::chrono::seconds(1));
  EXPECT_EQ(status(), "");  // the timer has run already, with the call's end
  EXPECT_THAT(fail_after({"agents:write"}), HasSubstr(R"("cleanup_status":"partial")"));
}

// One turn killed while a call of it runs: the call is unknown, and so is what the turn left.
TEST_F(Turns, ThatAreCutOffAreAborted) {
  world.open();
  std::string said;
  const auto look = [&](pack::HostContext& context) -> Result<std::optional<std::int64_t>> {
    if (const Result<pack::TurnRecord> record = context.turns()->look(turn.turn_id); record.ok())
      said = record->code + " " + record->cleanup_status;
    return std::optional<std::int64_t>();
  };
  struct Case {
    std::vector<std::string> before;
    bool within_write;
    std::string said, outcome;
  };
  for (const Case& each : {Case{{"agents:look"}, false, "TOOL_CRASHED clean", "crashed"},
                           Case{{"agents:write"}, false, "TOOL_CRASHED partial", "crashed"},
                           Case{{"agents:look"}, true, "TOOL_CRASHED needs_recovery", "unknown"}}) {
    g_timer = {};
    g_write = {};
    // The log as it is on the disk when the process dies; the kernel that goes on is not looked at.
    std::string receipt;
    bool died = false;
    const auto die = [&] {
      died = true;
      world.faults.fail_commit = true;  // nothing that comes after is durable
    };
    g_act = [&](ToolContext& context) -> ToolResult {
      receipt = context.receipt_id();
      turn = *context.turns()->open(opening());
      for (const std::string& tool : each.before) EXPECT_TRUE(context.invoke(tool, json::Object{})->ok());
      if (each.within_write) {
        g_write = [&](ToolContext&) -> ToolResult {
          die();
          return ToolOutput{json::Object{}, {}};
        };
        EXPECT_FALSE(context.invoke("agents:write", json::Object{})->ok());
      } else {
        die();
      }
      return ToolOutput{json::Object{}, {}};
    };
    world.call("agents:act");
    ASSERT_TRUE(died);
    world.crash();
    world.faults.fail_commit = false;
    said.clear();
    g_timer = look;
    world.open();
    world.settle();
    EXPECT_EQ(said, each.said);
    std::string outcome;
    for (const json::Value& entry : world.entries_of(ReceiptId(receipt)))
      if (json::string_or(entry, "type", "") == "call.finished") outcome = json::string_or(entry, "outcome", "");
    EXPECT_EQ(outcome, each.outcome);
  }
}

TEST_F(Turns, ThatAreCancelledCallNothingMore) {
  world.open();
  std::vector<std::string> codes;
  std::string said;
  g_timer = [&](pack::HostContext& context) -> Result<std::optional<std::int64_t>> {
    if (turn.turn_id.empty()) return std::optional<std::int64_t>();
    if (const Result<pack::TurnRecord> record = context.turns()->look(turn.turn_id); record.ok())
      said = record->code + " " + record->cleanup_status;
    return std::optional<std::int64_t>();
  };
  const CallResult result = act([&](ToolContext& context) {
    codes.push_back(context.invoke("agents:write", json::Object{})->outcome);
    world.kernel->cancel(ReceiptId(context.receipt_id()), Subject("ws-42:phone:pixel"));
    codes.push_back(context.invoke("agents:look", json::Object{})->code);
    codes.push_back(context.cancelled() ? "cancelled" : "goes on");
  });
  EXPECT_EQ(result.outcome, journal::Outcome::kCancelled);
  EXPECT_THAT(codes, ElementsAre("success", "TOOL_CANCELLED", "cancelled"));
  world.settle();
  EXPECT_EQ(said, "TOOL_CANCELLED partial") << "the pack hears of it";
}

// As with the header LumenFlow-Session.
TEST_F(Turns, SessionsMayBeNamedByTheirHolderAlone) {
  static constexpr std::string_view kElse = R"(
id: else
version: 1.0.0
runtime: {type: builtin}
tools:
  - {name: else:look, required_scopes: [{type: path, pattern: "data/**", access: read}]}
  - {name: else:peek, required_scopes: [{type: path, pattern: "data/**", access: read}]}
)";
  static const pack::BuiltinPack other{"else", {{"manifest.yaml", kElse}}, [](pack::Registration& registration) {
                                         for (const char* tool : {"else:look", "else:peek"})
                                           registration.tool(tool, {},
                                                             [](ToolContext&, const json::Value&) -> ToolResult {
                                                               return ToolOutput{json::Object{}, {}};
                                                             });
                                       }};
  g_intents = {{"review", {"else:look"}, {}}};
  pack::RegistryBuilder builder;
  builder.add_builtin(agents_pack());
  builder.add_builtin(other);
  world.registry = builder.build();
  world.open();
  pack::TurnOpening asked = opening();
  asked.intent = "review";
  EXPECT_THAT(codes_of({}, asked), IsEmpty());
  const auto call_in = [&](const std::string& session, const std::string& tool, const std::string& by) {
    Call call;
    call.tool = tool;
    call.input = json::Object{};
    auto credential = std::make_shared<Credential>(world.credential);
    credential->subject = Subject(by);
    call.credential = credential;
    call.session = session;
    std::string code;
    EXPECT_TRUE(
        world.kernel
            ->submit(std::move(call),
                     [&](const CallResult& done) { code = done.code ? name(*done.code) : journal::name(done.outcome); })
            .ok());
    world.settle();
    return code;
  };
  EXPECT_EQ(call_in("s-1", "else:look", "ws-42:phone:pixel"), "success");
  EXPECT_EQ(call_in("s-1", "else:peek", "ws-42:phone:pixel"), "POLICY_DENIED") << "its intent holds there too";
  EXPECT_EQ(call_in("s-1", "else:look", "ws-42:phone:other"), "SCOPE_DENIED");
  EXPECT_EQ(call_in("s-9", "else:look", "ws-42:phone:pixel"), "SCOPE_DENIED");
  EXPECT_EQ(call_in("", "else:peek", "ws-42:phone:other"), "success") << "without a session no intent binds";
}

TEST_F(Turns, GoOnWithWhatTheirHolderHad) {
  world.credential.token_id = "jti-1";
  world.open();
  EXPECT_THAT(codes_of({}), IsEmpty());
  Status refused;
  std::vector<std::string> codes;
  g_act = [&](ToolContext& context) -> ToolResult {
    turn = *context.turns()->open(opening());
    codes.push_back(context.invoke("agents:write", json::Object{})->outcome);
    codes.push_back(context.invoke("agents:elsewhere", json::Object{})->code);
    return ToolOutput{json::Object{}, {}};
  };
  bool asked = false;
  g_timer = [&](pack::HostContext& context) -> Result<std::optional<std::int64_t>> {
    if (!std::exchange(asked, true)) {
      EXPECT_TRUE(context.turns()->go_on("s-1", "agents:again", json::Object{}, "").ok());
      refused = context.turns()->go_on("s-9", "agents:again", json::Object{}, "");
    }
    return std::optional<std::int64_t>();
  };
  world.crash();
  world.open();
  world.settle();
  EXPECT_THAT(codes, ElementsAre("success", "SCOPE_DENIED"));
  EXPECT_EQ(refused.error().code(), ErrorCode::kNotFound);
  const json::Value entry = requested_by("agents:again");
  EXPECT_EQ(json::string_or(entry, "subject", ""), "ws-42:pack:agents");
  EXPECT_EQ(json::string_or(entry, "on_behalf_of", ""), "ws-42:phone:pixel");
}

}  // namespace
}  // namespace lumenflow::kernel
