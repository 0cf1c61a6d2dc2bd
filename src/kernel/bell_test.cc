// The kernel on the bus: what is durable is said, in the journal's order, and nothing of it can hold up a commit.
#include "kernel/bell.h"

#include <gmock/gmock.h>

#include <algorithm>

#include "json/canonical.h"
#include "kernel/testing/kernel_world.h"

namespace lumenflow::kernel {
namespace {

using json::Object;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kEmitted[] = "kernel:event-emitted", kFinished[] = "kernel:call-finished";

class BellTest : public testing::Test, public KernelWorld {
 protected:
  void SetUp() override { open(); }
  bus::Handler note() {
    return [this](const bus::Event& event) {
      heard.push_back(event.json());
      heard.back().as_object().append("type", std::string(event.type));
      ticks.push_back(event.tick);
    };
  }
  // Type, position and what happened of each that was heard.
  std::vector<std::string> said() const {
    std::vector<std::string> out;
    for (const json::Value& each : heard)
      out.push_back(std::string(json::string_or(each, "type", "")) + " " +
                    std::string(json::string_or(each, "kind", "")) + std::string(json::string_or(each, "tool", "")));
    return out;
  }
  void listen(const char* type) { ASSERT_TRUE(kernel->bell().listen(type, note(), "test").ok()); }

  std::vector<json::Value> heard;
  std::vector<std::uint64_t> ticks;
};

template <class Facts>
std::string text_of(const Facts& facts, std::int64_t position) {
  bus::ByteBuffer text;
  const std::size_t at = append_payload(facts, text);
  return std::string(text.view()).insert(at, std::to_string(position));
}

// They are written by hand: a member that the schema gets must be there too.
TEST(BellPayloads, AreTheSameAsTextAndAsStructs) {
  event::Event event;
  event.kind = "probe:happened";
  event.event_id = "evt_1";
  const EmittedFacts emitted{event, "side\"car", 12};
  EventEmitted said = payload_of(emitted);
  said.position = 7;
  EXPECT_EQ(text_of(emitted, 7), json::canonical(bus::json_of(said)).value_or("none"));
  for (const char* code : {"", "GONE"})
    for (const std::int64_t took : {0, 4, 1'500, 2'000'000}) {
      const FinishedFacts ended{"rcp_1", "probe:emit", "ws-42:local:u\n", "success", code, took};
      CallFinished finished = payload_of(ended);
      finished.position = 8;
      EXPECT_EQ(text_of(ended, 8), json::canonical(bus::json_of(finished)).value_or("none"));
    }
}

TEST_F(BellTest, SaysWhatEachEntryIsAtItsPosition) {
  listen(kEmitted);
  listen(kFinished);
  const CallResult result = call("probe:emit", Object{{"n", 1}});
  EXPECT_THAT(said(), ElementsAre("kernel:call-finished probe:emit", "kernel:event-emitted agent-runtime:tool_called",
                                  "kernel:event-emitted probe:happened"));
  const std::vector<json::Value> journal = entries();
  for (const json::Value& each : heard) {
    const auto at = static_cast<std::size_t>(json::integer_or(each, "position", 0));
    ASSERT_GE(at, 1u);
    ASSERT_LE(at, journal.size());
    const json::Value& entry = journal[at - 1];
    if (const json::Value* kind = each.find("kind")) {
      EXPECT_EQ(*entry.at_pointer("/event/kind"), *kind);
      EXPECT_EQ(*entry.at_pointer("/event/event_id"), *each.find("event_id"));
      EXPECT_EQ(*entry.at_pointer("/event/seq"), *each.find("seq"));
    } else {
      EXPECT_EQ(json::string_or(entry, "receipt_id", ""), result.receipt.str());
      EXPECT_EQ(json::string_or(entry, "outcome", ""), json::string_or(each, "outcome", "-"));
      EXPECT_EQ(json::string_or(each, "subject", ""), "ws-42:test");
    }
  }
}

TEST_F(BellTest, IsRungAfterTheCommitAndNotForOneThatFailed) {
  std::uint64_t durable = 0;
  ASSERT_TRUE(kernel->bell()
                  .listen(
                      kFinished,
                      [&](const bus::Event& event) {
                        durable = log->head().size;
                        EXPECT_LE(static_cast<std::uint64_t>(event.typed<CallFinished>()->position), durable);
                      },
                      "test")
                  .ok());
  listen(kFinished);
  faults.fail_commit = true;
  EXPECT_EQ(call("probe:put", Object{{"key", "a"}, {"value", 1}}).code, ErrorCode::kJournalUnavailable);
  EXPECT_THAT(heard, IsEmpty());
  faults.fail_commit = false;
  clock.advance(std::chrono::seconds(1));  // when it is tried again
  settle();
  EXPECT_FALSE(call("probe:put", Object{{"key", "a"}, {"value", 1}}).code);
  EXPECT_EQ(heard.size(), 1u);
  EXPECT_GT(durable, 0u);
}

TEST_F(BellTest, ABatchIsATick) {
  listen(kFinished);
  for (int i = 0; i < 3; ++i) submit("probe:put", Object{{"key", "a"}, {"value", i}}, "", [](const CallResult&) {});
  settle();
  call("probe:put", Object{{"key", "a"}, {"value", 9}});
  ASSERT_EQ(ticks.size(), 4u);
  EXPECT_EQ(ticks[0], ticks[2]);
  EXPECT_LT(ticks[2], ticks[3]);
}

TEST_F(BellTest, AFullChannelAndAListenerThatThrowsHoldUpNothing) {
  ASSERT_TRUE(kernel->bell()
                  .listen(
                      kFinished, [](const bus::Event&) { throw std::runtime_error("broken"); }, "bad")
                  .ok());
  listen(kFinished);
  int answered = 0;
  constexpr int kCalls = 300;  // a channel holds 256 in a tick
  for (int i = 0; i < kCalls; ++i)
    submit("probe:put", Object{{"key", "a"}, {"value", i}}, "",
           [&answered](const CallResult& result) { answered += result.code ? 0 : 1; });
  settle();
  EXPECT_EQ(answered, kCalls);
  const bus::BusSnapshot snapshot = kernel->bell().snapshot();
  const auto channel = std::ranges::find(snapshot.channels, kFinished, &bus::ChannelSnapshot::type);
  ASSERT_NE(channel, snapshot.channels.end());
  EXPECT_EQ(heard.size() + channel->overflows, static_cast<std::size_t>(kCalls));
  EXPECT_EQ(channel->overflows, static_cast<std::uint64_t>(kCalls) - channel->capacity);
  EXPECT_EQ(snapshot.failed, heard.size());
  heard.clear();
  call("probe:put", Object{{"key", "a"}, {"value", 9}});
  EXPECT_EQ(heard.size(), 1u);
}

TEST_F(BellTest, ListenersStayOverAReload) {
  listen(kFinished);
  kernel->bell().rebind(kernel->registry());
  call("probe:put", Object{{"key", "a"}, {"value", 1}});
  EXPECT_EQ(heard.size(), 1u);
  const Status unknown = kernel->bell().listen("probe:nothing", note(), "test");
  ASSERT_FALSE(unknown.ok());
  EXPECT_THAT(unknown.error().message(), HasSubstr("run `lumenflow generate`"));
}

TEST_F(BellTest, TheJournalIsTheSameWhetherAnybodyListens) {
  const auto journal_of = [](bool listens) {
    KernelWorld world;
    world.open();
    if (listens) {
      EXPECT_TRUE(world.kernel->bell()
                      .listen(
                          kFinished, [](const bus::Event&) {}, "test")
                      .ok());
    }
    world.call("probe:emit", Object{{"n", 1}});
    return world.bytes();
  };
  EXPECT_EQ(journal_of(true), journal_of(false));
}

}  // namespace
}  // namespace lumenflow::kernel
