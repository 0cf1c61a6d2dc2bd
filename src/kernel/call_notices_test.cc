// What a call lets its caller know while it runs.
#include "kernel/call_notices.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <mutex>
#include <set>

#include "kernel/testing/approval_world.h"

namespace lumenflow::kernel {
namespace {

using pack::ToolContext;
using pack::ToolOutput;
using pack::ToolResult;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::string_view kSayerManifest = R"(
id: sayer
version: 1.0.0
runtime: {type: builtin}
required_approvals: ["sayer:careful"]
tools:
  - name: sayer:outer
    permission: write
    required_scopes: [{type: path, pattern: "data/**", access: write}]
  - name: sayer:inner
    permission: write
    required_scopes: [{type: path, pattern: "data/**", access: write}]
  - name: sayer:careful
    permission: write
    required_scopes: [{type: path, pattern: "data/**", access: write}]
    required_approvals: ["sayer:careful"]
)";

std::function<ToolResult(ToolContext&)> g_outer;  // what sayer:outer does; one test at a time

void register_sayer(pack::Registration& registration) {
  registration.tool("sayer:outer", {}, [](ToolContext& context, const json::Value&) { return g_outer(context); });
  registration.tool("sayer:inner", {}, [](ToolContext& context, const json::Value&) {
    context.progress(0.5, "half");
    return ToolOutput{json::Object{}, {}};
  });
  registration.tool("sayer:careful", {}, [](ToolContext& context, const json::Value&) {
    context.progress(1, "done");
    return ToolOutput{json::Object{}, {}};
  });
}

const pack::BuiltinPack& sayer_pack() {
  static const pack::BuiltinPack pack{"sayer", {{"manifest.yaml", kSayerManifest}}, register_sayer};
  return pack;
}

// "started sayer:outer", "progress sayer:outer 0.5 half", ...
std::string in_words(const CallNotice& notice) {
  switch (notice.kind) {
    case CallNotice::Kind::kStarted:
      return "started " + notice.tool;
    case CallNotice::Kind::kProgress:
      return "progress " + notice.tool + " " + std::to_string(notice.fraction).substr(0, 3) + " " + notice.message;
    case CallNotice::Kind::kText:
      return "text " + notice.tool + " " + notice.message;
    case CallNotice::Kind::kNote:
      return "note " + notice.tool + " " + notice.note + " " + json::serialize(notice.data);
    case CallNotice::Kind::kLog:
      return notice.level + " " + notice.tool + " " + notice.message;
    case CallNotice::Kind::kFinished:
      return "finished " + notice.tool + " " + notice.outcome;
  }
  return "";
}

class Notices : public ::testing::Test {
 protected:
  Notices() {
    world.pack = &sayer_pack();
    world.waits_for_tools = true;
  }
  ~Notices() override { g_outer = {}; }

  CallListener listener() {
    return [this](const CallNotice& notice) {
      const std::lock_guard lock(mutex);
      heard.push_back(in_words(notice));
      receipts.insert(notice.receipt_id);
    };
  }

  std::optional<CallResult> call(const std::string& tool) {
    Call call;
    call.tool = tool;
    call.input = json::Object{};
    call.credential = std::make_shared<const Credential>(world.credential);
    call.listener = std::make_shared<const CallListener>(listener());
    std::optional<CallResult> result;
    EXPECT_TRUE(world.kernel->submit(std::move(call), [&](const CallResult& ended) { result = ended; }).ok());
    world.settle();
    EXPECT_TRUE(result.has_value());
    return result;
  }

  ApprovalWorld world;
  std::mutex mutex;
  std::vector<std::string> heard;
  std::set<std::string> receipts;
};

TEST_F(Notices, TextComesWholeAndNotesWithoutSecrets) {
  world.open();
  const std::string text(20'000, 'x');
  g_outer = [&](ToolContext& context) -> ToolResult {
    context.say("Hello ");
    context.say(text);
    context.note("tool_call",
                 json::Object{{"id", "1"}, {"input", json::Array{"token=ghp_0123456789abcdefghijklmnopqrstuvwxyzAB"}}});
    return ToolOutput{json::Object{}, {}};
  };
  EXPECT_EQ(call("sayer:outer")->outcome, journal::Outcome::kSuccess);
  ASSERT_EQ(heard.size(), 6u);
  EXPECT_EQ(heard[1], "text sayer:outer Hello ");
  EXPECT_EQ(heard[2] + heard[3].substr(std::string_view("text sayer:outer ").size()), "text sayer:outer " + text)
      << "in pieces";
  EXPECT_EQ(heard[4], R"(note sayer:outer tool_call {"id":"1","input":["token=***"]})");
}

TEST_F(Notices, TellOfTheCallAndOfWhatIsCalledWithinIt) {
  world.open();
  g_outer = [](ToolContext& context) -> ToolResult {
    context.progress(0.25, "a quarter");
    context.log("warn", "careful", json::Object{{"n", 1}});
    EXPECT_TRUE(context.invoke("sayer:inner", json::Object{}).ok());
    return ToolOutput{json::Object{}, {}};
  };
  const std::optional<CallResult> result = call("sayer:outer");
  EXPECT_EQ(result->outcome, journal::Outcome::kSuccess) << result->body;
  EXPECT_THAT(heard,
              ElementsAre("started sayer:outer", "progress sayer:outer 0.2 a quarter",
                          R"(warn sayer:outer careful {"n":1})", "started sayer:inner", "progress sayer:inner 0.5 half",
                          "finished sayer:inner success", "finished sayer:outer success"));
  EXPECT_EQ(receipts.size(), 2u);
  EXPECT_TRUE(receipts.contains(result->receipt.str()));
}

TEST_F(Notices, HoldNothingThatLooksLikeACredential) {
  world.open();
  g_outer = [](ToolContext& context) -> ToolResult {
    context.progress(0, "token=ghp_0123456789abcdefghijklmnopqrstuvwxyzAB");
    context.log("info", "password: hunter2hunter2hunter2");
    return ToolOutput{json::Object{}, {}};
  };
  (void)call("sayer:outer");
  ASSERT_EQ(heard.size(), 4u);
  for (const std::string& line : heard) {
    EXPECT_THAT(line, Not(HasSubstr("ghp_")));
    EXPECT_THAT(line, Not(HasSubstr("hunter2")));
  }
}

TEST_F(Notices, OfARefusalThereIsOnlyItsEnd) {
  world.open();
  (void)call("sayer:none");
  EXPECT_THAT(heard, ElementsAre("finished sayer:none denied"));
}

TEST_F(Notices, ACallThatWaitsForAnApprovalIsFollowedByItsReceipt) {
  world.config.approval_providers = json::Object{{"*", "console"}};
  world.open();
  const std::optional<CallResult> parked = call("sayer:careful");
  ASSERT_EQ(parked->outcome, journal::Outcome::kPending);
  heard.clear();
  CallNotices::Watch watch = world.kernel->notices().watch(parked->receipt, listener());
  const std::string approval_id(json::string_or(*json::parse(parked->body), "approval_id", ""));
  ASSERT_EQ(world.approve(approval_id).outcome, journal::Outcome::kSuccess);
  EXPECT_THAT(
      heard, ElementsAre("started sayer:careful", "progress sayer:careful 1.0 done", "finished sayer:careful success"));
  EXPECT_TRUE(world.kernel->notices().any());
  watch.reset();
  EXPECT_FALSE(world.kernel->notices().any()) << "nobody is kept who listens no more";
}

TEST(NoticeMailbox, TextIsJoinedAndNotesAreKeptWhereProgressIsDropped) {
  std::vector<std::string> taken;
  const auto mailbox = NoticeMailbox::make([](const std::function<void()>&) {},
                                           [&](const CallNotice& notice) { taken.push_back(in_words(notice)); });
  const CallListener put = mailbox->listener();
  const auto say = [&](CallNotice::Kind kind, const char* message) {
    CallNotice notice;
    notice.kind = kind;
    notice.message = notice.note = message;
    put(notice);
  };
  for (std::size_t n = 0; n < NoticeMailbox::kWaitingMax; ++n) say(CallNotice::Kind::kProgress, "on");
  for (const char* piece : {"a", "b"}) say(CallNotice::Kind::kText, piece);
  say(CallNotice::Kind::kProgress, "lost");
  say(CallNotice::Kind::kNote, "step");
  say(CallNotice::Kind::kText, "c");
  mailbox->drain();
  ASSERT_EQ(taken.size(), NoticeMailbox::kWaitingMax + 3);
  EXPECT_THAT(std::vector(taken.end() - 3, taken.end()), ElementsAre("text  ab", "note  step null", "text  c"));
}

TEST(NoticeMailbox, KeepsItsOrderAndSaysWhatItHadNoRoomFor) {
  std::vector<std::function<void()>> posted;
  std::vector<std::string> taken;
  std::uint64_t dropped = 0;
  const auto mailbox = NoticeMailbox::make([&](std::function<void()> run) { posted.push_back(std::move(run)); },
                                           [&](const CallNotice& notice) {
                                             taken.push_back(notice.message);
                                             dropped += notice.dropped;
                                           });
  const CallListener put = mailbox->listener();
  const auto say = [&](std::size_t n) {
    CallNotice notice;
    notice.message = std::to_string(n);
    put(notice);
  };
  for (std::size_t n = 0; n < NoticeMailbox::kWaitingMax + 3; ++n) say(n);
  ASSERT_EQ(posted.size(), 1u) << "one hop carries all that waits";
  posted.front()();
  EXPECT_EQ(taken.size(), NoticeMailbox::kWaitingMax);
  EXPECT_EQ(taken.front(), "0");
  EXPECT_EQ(dropped, 0u);
  say(7);
  EXPECT_EQ(posted.size(), 2u);
  mailbox->drain();
  EXPECT_EQ(taken.back(), "7");
  EXPECT_EQ(dropped, 3u);
  mailbox->close();
  say(8);
  EXPECT_EQ(taken.back(), "7");
}

}  // namespace
}  // namespace lumenflow::kernel
