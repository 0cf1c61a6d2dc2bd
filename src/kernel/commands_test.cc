// Commands from outside: each is carried out at most once, with what this workspace has given whoever sent it, and what
// became of it waits until it is known there.
#include "kernel/commands.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/encoding.h"
#include "kernel/device_tools.h"
#include "kernel/stop_tools.h"
#include "kernel/testing/approval_world.h"

namespace lumenflow::kernel {
namespace {

using json::Object;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr const char* kConductor = "ws-42:conductor";
constexpr const char* kPixel = "ws-42:phone:pixel-8";

const P256KeyPair& pixel_key() {
  static const P256KeyPair key = *generate_p256();
  return key;
}

class CommandsTest : public ::testing::Test, public ApprovalWorld {
 protected:
  CommandsTest() {
    for (auto* tools :
         {new std::vector<KernelTool>(*make_stop_tools()), new std::vector<KernelTool>(*make_device_tools("ws-42"))}) {
      for (KernelTool& tool : *tools) kernel_tools.push_back(std::move(tool));
      delete tools;
    }
    open();
    grant(kConductor, {"workspace"});
  }

  // What kernel:token_mint writes down.
  void grant(const std::string& subject, const std::vector<std::string>& scopes) {
    put("grant/" + subject, grant_record(scopes, "token-of-" + subject));
  }
  void put(const std::string& key, const json::Value& value) {
    ASSERT_TRUE(log->put(journal::kStoreTable, journal::store_key("kernel", key), json::serialize(value)).ok());
    ASSERT_TRUE(log->commit().ok());
  }
  void pin_pixel() {
    put("device/pixel-8",
        Object{{"name", "Pixel"}, {"public_key", pixel_key().public_pem}, {"thumbprint", "t"}, {"added_at", "now"}});
  }

  struct Said {
    std::string from = kConductor;
    std::string stream = "bridge:conductor";
    std::optional<Timestamp> expires_at = {};
    std::optional<std::string> on_behalf_of = {};
    std::uint8_t id = 0;  // 0: another one each time
    bool endless = false;
    std::optional<Timestamp> at = {};  // when it is said to have been; else now
  };
  // What the other side has: an envelope; gives its command_id.
  std::string say(const std::string& kind, json::Value payload, const Said& said) {
    event::BuildOptions options;
    options.timestamp = said.at.value_or(clock.now());
    const std::uint64_t id = said.id != 0 ? said.id : ++ids_ + 100;
    for (std::size_t i = 0; i < 8; ++i) options.entropy[i] = static_cast<std::uint8_t>(id >> (8 * i));
    const event::Event event = *event::build_kernel_event_v2(kind, std::move(payload), options);
    const std::uint64_t seq = ++seqs_[said.stream];
    event::Stamp stamp{said.from, said.stream, seq, seq, clock.now(), said.on_behalf_of, {}, {}};
    if (!said.endless) stamp.expires_at = said.expires_at.value_or(clock.now() + std::chrono::hours(1));
    journal::InboundItem item{++position_, {}};
    event::append_envelope(event, stamp, item.text);
    kernel->receive({"down", {item}}, [](const Status& taken) { EXPECT_TRUE(taken.ok()); });
    return event.event_id;
  }
  std::string say(const std::string& kind, json::Value payload) { return say(kind, std::move(payload), Said()); }
  std::string command(const std::string& kind, json::Value payload) {
    return command(kind, std::move(payload), Said());
  }
  std::string command(const std::string& kind, json::Value payload, const Said& said) {
    std::string id = say(kind, std::move(payload), said);
    for (int i = 0; i < 4; ++i) settle();
    return id;
  }
  static json::Value wants(const std::string& tool, json::Value input = Object{}) {
    return Object{{"tool", tool}, {"input", std::move(input)}};
  }
  // As the pixel signs it now.
  json::Value asks(const std::string& tool, const P256KeyPair& key = pixel_key()) const {
    json::Value payload = wants(tool);
    const std::string statement = command_statement("conductor:tool_requested", payload, kPixel, clock.now());
    payload.as_object().set("signature", to_base64url(*p256_sign(statement, key.private_pem)));
    return payload;
  }
  std::vector<journal::CommandReport> reports() const {
    return *journal::command_reports(*log->snapshot().value(), Position(), 100);
  }
  journal::CommandReport report_of(const std::string& id) const {
    for (const journal::CommandReport& report : reports())
      if (report.command_id == id) return report;
    return {};
  }
  // "call success", "refused FROM_MISMATCH", …
  std::string end_of_command(const std::string& id) const {
    const journal::CommandReport report = report_of(id);
    if (report.state != "call") return report.state + (report.code.empty() ? "" : " " + report.code);
    std::string end = "call open";
    for (const json::Value& entry : entries_of(ReceiptId(report.receipt)))
      if (journal::type_of(entry) == "call.finished")
        end = "call " + std::string(json::string_or(entry, "outcome", "")) +
              (entry.find("code") == nullptr ? "" : " " + std::string(json::string_or(entry, "code", "")));
    return end;
  }
  json::Value requested_of(const std::string& id) const { return entries_of(ReceiptId(report_of(id).receipt)).front(); }

 private:
  std::uint64_t ids_ = 0, position_ = 0;
  std::map<std::string, std::uint64_t> seqs_;
};

TEST_F(CommandsTest, AToolRunsAsTheConductorOnBehalfOfWhoAsked) {
  const std::string id =
      command("conductor:tool_requested", wants("probe:effect"), {.on_behalf_of = std::string("operator:ana")});
  EXPECT_EQ(end_of_command(id), "call success");
  EXPECT_THAT(effects, SizeIs(1));
  EXPECT_EQ(json::string_or(requested_of(id), "subject", ""), kConductor);
  EXPECT_EQ(json::string_or(requested_of(id), "on_behalf_of", ""), "operator:ana");
  EXPECT_THAT(bytes(), HasSubstr("command.dispatched"));
}

// law 5: what is said twice is one thing.
TEST_F(CommandsTest, TheSameCommandAgainIsCarriedOutOnce) {
  const std::string first = command("conductor:tool_requested", wants("probe:effect"), {.id = 7});
  const std::string again = command("conductor:tool_requested", wants("probe:effect"), {.id = 7});
  const std::string elsewhere =
      command("conductor:tool_requested", wants("probe:effect"), {.stream = "bridge:other", .id = 7});
  EXPECT_EQ(first, again);
  EXPECT_EQ(first, elsewhere);
  EXPECT_THAT(effects, SizeIs(1));
  EXPECT_THAT(reports(), SizeIs(1));
  EXPECT_THAT(bytes(), HasSubstr(R"("state":"repeated")"));
}

TEST_F(CommandsTest, ACommandThatWaitedAtACrashIsCarriedOutAfterIt) {
  const std::string id = say("conductor:tool_requested", wants("probe:effect"));
  kernel->run_pending();  // taken in, and durable; nothing has run
  crash();
  open();
  for (int i = 0; i < 4; ++i) settle();
  EXPECT_EQ(end_of_command(id), "call success");
  EXPECT_THAT(effects, SizeIs(1));
}

TEST_F(CommandsTest, ACommandThatRanAtACrashIsNotCarriedOutAgain) {
  const std::string id = say("conductor:tool_requested", wants("probe:effect"));
  kernel->run_pending();
  kernel->run_pending();  // its start is durable; its tool has not been run by its thread
  crash();
  open();
  for (int i = 0; i < 4; ++i) settle();
  EXPECT_EQ(end_of_command(id), "call unknown TOOL_CRASHED");
  EXPECT_THAT(effects, IsEmpty());
}

TEST_F(CommandsTest, WhatWasNotMintedForItIsRefused) {
  grant(kConductor, {"tools:read"});
  EXPECT_EQ(end_of_command(command("conductor:tool_requested", wants("probe:effect"))),
            "call denied TOKEN_SCOPE_DENIED");
  EXPECT_EQ(end_of_command(command("conductor:tool_requested", wants("probe:look"))), "call success");
  EXPECT_EQ(end_of_command(command("conductor:tool_requested", wants("kernel:token_mint"))),
            "call denied TOOL_NOT_FOUND");
  EXPECT_EQ(end_of_command(command("conductor:tool_requested", wants("probe:look"), {.from = "ws-42:local:ana"})),
            "refused FROM_MISMATCH");
  EXPECT_EQ(end_of_command(command("conductor:tool_requested", wants("probe:look"), {.from = kPixel})),
            "refused FROM_MISMATCH")
      << "a device on another stream than its own";
  EXPECT_THAT(effects, IsEmpty());
}

TEST_F(CommandsTest, ADeviceHasItsOwnRightsForWhatItHasSigned) {
  const Said said{.from = kPixel, .stream = "phone:pixel-8"};
  const auto end_of_asked = [&](const std::string& tool) {
    clock.advance(std::chrono::milliseconds(1));
    return end_of_command(command("conductor:tool_requested", asks(tool), said));
  };
  EXPECT_EQ(end_of_asked("probe:look"), "refused UNAUTHENTICATED");
  grant(kPixel, {"tools:read", "tools:write", "approvals:decide"});
  EXPECT_EQ(end_of_asked("probe:look"), "refused UNAUTHENTICATED") << "its key is not pinned";
  pin_pixel();
  const std::string id = command("conductor:tool_requested", asks("probe:effect"), said);
  EXPECT_EQ(end_of_command(id), "call success");
  EXPECT_EQ(json::string_or(requested_of(id), "subject", ""), kPixel);
  grant(kConductor, {"tools:read"});
  EXPECT_EQ(end_of_asked("probe:effect"), "call success") << "whoever relays it";
  grant(kPixel, {"tools:read"});
  EXPECT_EQ(end_of_asked("probe:effect"), "call denied TOKEN_SCOPE_DENIED");
  put(std::string("revoked/") + kPixel, json::Value(1));
  crash();
  open();
  EXPECT_EQ(end_of_asked("probe:look"), "call denied TOKEN_REVOKED");
}

TEST_F(CommandsTest, TheRelayCannotSpeakForADevice) {
  grant(kPixel, {"tools:read", "tools:write"});
  pin_pixel();
  const Said said{.from = kPixel, .stream = "phone:pixel-8"};
  const auto end_of = [&](const json::Value& payload) {
    return end_of_command(command("conductor:tool_requested", payload, said));
  };
  EXPECT_EQ(end_of(wants("probe:effect")), "refused UNAUTHENTICATED") << "made up";
  EXPECT_EQ(end_of(asks("probe:effect", operator_key())), "refused UNAUTHENTICATED") << "by another key";
  const json::Value good = asks("probe:effect");
  json::Value altered = good;
  altered.as_object().set("tool", "probe:look");
  EXPECT_EQ(end_of(altered), "refused UNAUTHENTICATED");
  altered = good;
  altered.as_object().set("input", Object{{"n", 1}});
  EXPECT_EQ(end_of(altered), "refused UNAUTHENTICATED");
  altered = good;
  altered.as_object().set("idempotency_key", "another");
  EXPECT_EQ(end_of(altered), "refused UNAUTHENTICATED");
  EXPECT_THAT(effects, IsEmpty());
  EXPECT_EQ(end_of(good), "call success");
  EXPECT_EQ(end_of(good), "refused ALREADY_DECIDED") << "said again under another id";
  EXPECT_THAT(effects, SizeIs(1));
  const std::string stop = command("conductor:stop_requested", Object{{"target", "probe:effect"}}, said);
  EXPECT_EQ(end_of_command(stop), "call success");
  EXPECT_EQ(json::string_or(requested_of(stop), "subject", ""), kConductor) << "nobody has signed that";
  EXPECT_EQ(json::string_or(requested_of(stop), "on_behalf_of", ""), kPixel);
  EXPECT_EQ(end_of(good), "refused ALREADY_DECIDED");
  const json::Value of_then = asks("probe:look");
  const Said then{.from = kPixel, .stream = "phone:pixel-8", .at = clock.now()};
  clock.advance(std::chrono::hours(25));
  EXPECT_EQ(end_of_command(command("conductor:tool_requested", of_then, then)), "refused INVALID_INPUT")
      << "that was yesterday";
}

TEST_F(CommandsTest, ACommandIsNotGoodForEver) {
  EXPECT_EQ(end_of_command(command("conductor:tool_requested", wants("probe:effect"), {.endless = true})),
            "refused INVALID_REQUEST");
  const Said far{.expires_at = clock.now() + std::chrono::hours(25)};
  EXPECT_EQ(end_of_command(command("conductor:tool_requested", wants("probe:effect"), far)), "refused INVALID_REQUEST");
  EXPECT_EQ(end_of_command(command("conductor:stop_requested", Object{{"target", "all"}}, far)),
            "refused INVALID_REQUEST");
  EXPECT_THAT(effects, IsEmpty());
}

TEST_F(CommandsTest, WhatIsOverIsNotCarriedOut) {
  const std::string id = command("conductor:tool_requested", wants("probe:effect"), {.expires_at = clock.now()});
  EXPECT_EQ(report_of(id).state, "expired");
  EXPECT_THAT(effects, IsEmpty());
  EXPECT_THAT(bytes(), HasSubstr(R"("state":"expired")"));
  const std::string in_time =
      command("conductor:tool_requested", wants("probe:effect"), {.expires_at = clock.now() + std::chrono::seconds(1)});
  EXPECT_EQ(end_of_command(in_time), "call success");
}

TEST_F(CommandsTest, WhatWaitsIsTakenBackAndWhatRunsIsCancelled) {
  const std::string waiting = say("conductor:tool_requested", wants("probe:effect"));
  const std::string foreign = say("conductor:command_cancelled", Object{{"command_id", waiting}, {"reason", "no"}},
                                  {.from = kPixel, .stream = "phone:pixel-8"});
  const std::string back = say("conductor:command_cancelled", Object{{"command_id", waiting}, {"reason", "no"}});
  for (int i = 0; i < 4; ++i) settle();
  EXPECT_EQ(end_of_command(foreign), "refused UNAUTHENTICATED");
  EXPECT_EQ(end_of_command(back), "done");
  EXPECT_EQ(end_of_command(waiting), "cancelled TOOL_CANCELLED");
  EXPECT_THAT(effects, IsEmpty());

  const std::string running = say("conductor:tool_requested", wants("probe:slow"));
  kernel->run_pending();
  kernel->run_pending();  // launched
  say("conductor:command_cancelled", Object{{"command_id", running}, {"reason", "no"}});
  for (int i = 0; i < 3; ++i) kernel->run_pending();
  EXPECT_EQ(end_of_command(running), "call cancelled TOOL_CANCELLED");
}

TEST_F(CommandsTest, WhatWaitsForAnApprovalIsCancelledAlsoAfterARestart) {
  for (const bool restarted : {false, true}) {
    const std::string parked = command("conductor:tool_requested", wants("probe:risky"));
    ASSERT_EQ(end_of_command(parked), "call open");
    if (restarted) {
      crash();
      open();
    }
    const std::string cancelled =
        command("conductor:command_cancelled", Object{{"command_id", parked}, {"reason", "no"}});
    EXPECT_EQ(end_of_command(cancelled), "done");
    EXPECT_EQ(end_of_command(parked), "call cancelled TOOL_CANCELLED");
    const std::string again = command("conductor:command_cancelled", Object{{"command_id", parked}, {"reason", "no"}});
    EXPECT_EQ(end_of_command(again), "refused NOT_FOUND");
  }
  EXPECT_THAT(effects, IsEmpty());
}

TEST_F(CommandsTest, ADecisionCountsWhenAPinnedKeyHasSignedIt) {
  pin_pixel();
  ask_for("probe:effect");
  crash();
  open();
  const std::string asked = command("conductor:tool_requested", wants("probe:effect"));
  EXPECT_EQ(end_of_command(asked), "call open") << "it waits for an approval";
  const std::string approval = "appr-" + report_of(asked).receipt.substr(5);
  const auto resolved = [&](const P256KeyPair& key, const std::string& by) {
    return Object{{"approval_id", approval},
                  {"decision", "approve"},
                  {"decided_by", by},
                  {"signature", json::string_or(decision(approval, true, by, key), "signature", "")}};
  };
  EXPECT_EQ(end_of_command(command("conductor:approval_resolved", resolved(operator_key(), kPixel))),
            "call failure UNAUTHENTICATED");
  EXPECT_EQ(end_of_command(command("conductor:approval_resolved", resolved(pixel_key(), "ws-42:phone:other"))),
            "call failure UNAUTHENTICATED");
  grant(kPixel, {"tools:read"});
  EXPECT_EQ(end_of_command(command("conductor:approval_resolved", resolved(pixel_key(), kPixel))),
            "refused TOKEN_SCOPE_DENIED");
  EXPECT_THAT(effects, IsEmpty());
  grant(kPixel, {"approvals:decide"});
  EXPECT_EQ(end_of_command(command("conductor:approval_resolved", resolved(pixel_key(), kPixel))), "call success");
  EXPECT_THAT(effects, SizeIs(1));
  EXPECT_EQ(end_of_command(asked), "call success");
}

TEST_F(CommandsTest, StoppingIsHeardFromTheConductorAndToGoOnTakesASignature) {
  pin_pixel();
  EXPECT_EQ(end_of_command(command("conductor:stop_requested", Object{{"target", "probe:effect"}})), "call success");
  EXPECT_EQ(end_of_command(command("conductor:tool_requested", wants("probe:effect"))), "call stopped STOPPED");
  const auto resume = [&](const std::string& target, const P256KeyPair& key, Timestamp at) {
    return Object{
        {"target", target},
        {"resume", true},
        {"signature", to_base64url(*p256_sign(resume_statement("probe:effect", kPixel, at), key.private_pem))}};
  };
  const Said from_pixel{.from = kPixel, .stream = "phone:pixel-8"};
  const Timestamp now = clock.now();
  EXPECT_EQ(end_of_command(command("conductor:stop_requested", resume("probe:effect", pixel_key(), now))),
            "refused UNAUTHENTICATED")
      << "from the conductor";
  grant(kPixel, {"tools:read"});
  EXPECT_EQ(end_of_command(command("conductor:stop_requested", resume("probe:effect", pixel_key(), now), from_pixel)),
            "refused TOKEN_SCOPE_DENIED");
  grant(kPixel, {"control:stop"});
  EXPECT_EQ(end_of_command(command("conductor:stop_requested", resume("all", pixel_key(), now), from_pixel)),
            "refused UNAUTHENTICATED")
      << "it was signed for another target";
  EXPECT_EQ(
      end_of_command(command("conductor:stop_requested", resume("probe:effect", operator_key(), now), from_pixel)),
      "refused UNAUTHENTICATED");
  EXPECT_EQ(end_of_command(command("conductor:stop_requested", resume("probe:effect", pixel_key(), now), from_pixel)),
            "call success");
  EXPECT_EQ(end_of_command(command("conductor:tool_requested", wants("probe:effect"))), "call success");
  command("conductor:stop_requested", Object{{"target", "probe:effect"}});
  EXPECT_EQ(end_of_command(command("conductor:stop_requested", resume("probe:effect", pixel_key(), now), from_pixel)),
            "refused ALREADY_DECIDED")
      << "a relay that says it again";
}

TEST_F(CommandsTest, ControlDoesNotWaitBehindTools) {
  std::vector<std::string> asked;
  for (int i = 0; i < 70; ++i) asked.push_back(say("conductor:tool_requested", wants("probe:look")));
  const std::string stop = say("conductor:stop_requested", Object{{"target", "probe:look"}});
  for (int i = 0; i < 200; ++i) settle();
  EXPECT_EQ(end_of_command(stop), "call success");
  for (const std::string& id : asked) EXPECT_THAT(end_of_command(id), HasSubstr("call ")) << id;
}

TEST_F(CommandsTest, ACommandThatIsOneTooManyWaitsForItsTurn) {
  crash();
  config.limits.rate_per_second = 1;
  config.limits.rate_burst = 1;
  open();
  const std::string first = command("conductor:tool_requested", wants("probe:look"));
  const std::string second = command("conductor:tool_requested", wants("probe:look"));
  EXPECT_EQ(end_of_command(first), "call success");
  EXPECT_EQ(report_of(second).state, "");
  ASSERT_TRUE(kernel->next_deadline());
  clock.advance(std::chrono::seconds(2));
  for (int i = 0; i < 4; ++i) settle();
  EXPECT_EQ(end_of_command(second), "call success");
}

TEST_F(CommandsTest, WhatAPacksHandlerDealsWithHasArrived) {
  const std::string id =
      command("conductor:recovery_requested",
              Object{{"target_pack", "desk"}, {"target_id", "x"}, {"reason", "stuck"}, {"requested_by", "ana"}});
  EXPECT_EQ(end_of_command(id), "done");
}

TEST_F(CommandsTest, ADeviceIsPairedWhenTheOperatorHasLookedAtIt) {
  const std::string id =
      command("conductor:device_requested",
              Object{{"device_id", "pixel-8"}, {"name", "Ana's Pixel"}, {"public_key", pixel_key().public_pem}});
  EXPECT_EQ(end_of_command(id), "call open");
  const Said said{.from = kPixel, .stream = "phone:pixel-8"};
  EXPECT_EQ(end_of_command(command("conductor:tool_requested", asks("probe:look"), said)), "refused UNAUTHENTICATED");
  EXPECT_EQ(error_of(approve("appr-" + report_of(id).receipt.substr(5))), "none");
  EXPECT_EQ(end_of_command(id), "call success");
  EXPECT_EQ(end_of_command(command("conductor:tool_requested", asks("probe:look"), said)), "call success");
  EXPECT_EQ(end_of_command(command("conductor:device_revoked", Object{{"device_id", "pixel-8"}})), "call success");
  clock.advance(std::chrono::milliseconds(1));
  EXPECT_EQ(end_of_command(command("conductor:tool_requested", asks("probe:look"), said)), "call denied TOKEN_REVOKED");
}

}  // namespace
}  // namespace lumenflow::kernel
