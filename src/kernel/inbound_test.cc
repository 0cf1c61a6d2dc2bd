// What the other side of the uplink says, as the kernel takes it: into the journal once, and to the handlers in order.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kernel/testing/kernel_world.h"

namespace lumenflow::kernel {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::string_view kDeskManifest = R"(
id: desk
version: 1.0.0
runtime: {type: builtin}
emitted_event_kinds: ["desk:proposed"]
backpressure_policy: {"desk:proposed": queue}
subscribed_event_kinds: ["conductor:recovery_requested"]
)";
constexpr std::string_view kTrace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

void register_desk(pack::Registration& registration) {
  registration.handler(
      "conductor:recovery_requested", {.idempotent = true, .store_only = true, .bounded = true},
      [](pack::HandlerContext& context, const pack::Event& event) -> Status {
        LUMENFLOW_TRY_ASSIGN(const auto before, context.store().get("asked"));
        json::Array asked = before ? *before->if_array() : json::Array();
        asked.push_back(std::string(event.stream) + "/" + std::string(json::string_or(event.payload, "target_id", "")));
        LUMENFLOW_TRY(context.store().put("asked", std::move(asked)));
        return context.emit("desk:proposed", json::Object{{"from", event.from}}, {});
      });
}

const pack::BuiltinPack& desk_pack() {
  static const pack::BuiltinPack pack{"desk", {{"manifest.yaml", kDeskManifest}}, register_desk};
  return pack;
}

journal::InboundItem asks(std::uint64_t position, std::uint64_t seq, const std::string& target,
                          const std::string& stream = "bridge:page") {
  event::BuildOptions options;
  options.timestamp = Timestamp{1'772'366'400'000};
  options.entropy[0] = static_cast<std::uint8_t>(position);
  const event::Stamp stamp{"ws-42:conductor", stream, seq, seq, options.timestamp, {}, std::string(kTrace)};
  journal::InboundItem item{position, {}};
  const std::string payload =
      R"({"reason":"stuck","requested_by":"ana","target_id":")" + target + R"(","target_pack":"desk"})";
  event::append_envelope(event::build_from_canonical("conductor:recovery_requested", payload, options), stamp,
                         item.text);
  return item;
}

class InboundTest : public ::testing::Test {
 protected:
  InboundTest() {
    world.pack = &desk_pack();
    world.open();
  }
  Status receive(std::vector<journal::InboundItem> items) {
    std::optional<Status> ended;
    world.kernel->receive({"down", std::move(items)}, [&ended](const Status& status) { ended = status; });
    world.settle();
    world.settle();  // the commit was done on the spot: what it brought is read in the next round
    EXPECT_TRUE(ended.has_value());
    return ended.value_or(Status());
  }
  std::vector<std::string> asked() {
    const auto text = *world.log->tables().get(journal::kStoreTable, journal::store_key("desk", "asked"));
    std::vector<std::string> out;
    if (!text) return out;
    const json::Value list = *json::parse(*text);
    for (const json::Value& each : list.as_array()) out.push_back(each.as_string());
    return out;
  }
  json::Value last_event(std::string_view type) {
    json::Value found;
    for (const json::Value& entry : world.entries())
      if (journal::type_of(entry) == type) found = *entry.find("event");
    return found;
  }

  KernelWorld world;
};

TEST_F(InboundTest, AnEventFromOutsideReachesTheHandlerOnce) {
  ASSERT_TRUE(receive({asks(1, 1, "a"), asks(2, 2, "b")}).ok());
  ASSERT_TRUE(receive({asks(2, 2, "b"), asks(3, 3, "c")}).ok());
  EXPECT_THAT(asked(), ElementsAre("bridge:page/a", "bridge:page/b", "bridge:page/c"));
  EXPECT_EQ(json::string_or(last_event("event.received"), "from", ""), "ws-42:conductor");
  EXPECT_EQ(world.kernel->counters().events_received.at("conductor:recovery_requested"), 3u);
  EXPECT_EQ(world.kernel->counters().events_received_again, 1u);
}

TEST_F(InboundTest, WhatAHandlerEmitsCarriesTheTraceOfItsEvent) {
  ASSERT_TRUE(receive({asks(1, 1, "a")}).ok());
  EXPECT_EQ(json::string_or(last_event("event.emitted"), "kind", ""), "desk:proposed");
  EXPECT_EQ(json::string_or(last_event("event.emitted"), "trace", ""), kTrace);
}

TEST_F(InboundTest, EachStreamGoesOnWhereItWasAfterACrash) {
  ASSERT_TRUE(receive({asks(1, 1, "a"), asks(2, 1, "x", "bridge:irc"), asks(3, 2, "b")}).ok());
  world.crash();
  world.open();
  world.settle();
  ASSERT_TRUE(receive({asks(4, 2, "y", "bridge:irc"), asks(5, 3, "c")}).ok());
  auto all = asked();
  std::ranges::sort(all);
  EXPECT_THAT(all, ElementsAre("bridge:irc/x", "bridge:irc/y", "bridge:page/a", "bridge:page/b", "bridge:page/c"));
}

TEST_F(InboundTest, WhatCouldNotBeCommittedIsTakenTheNextTime) {
  world.faults.fail_commit = true;
  EXPECT_FALSE(receive({asks(1, 1, "a")}).ok());
  EXPECT_THAT(asked(), IsEmpty());
  world.faults.fail_commit = false;
  world.clock.advance(std::chrono::seconds(5));
  world.settle();
  ASSERT_TRUE(receive({asks(1, 1, "a")}).ok());
  EXPECT_THAT(asked(), ElementsAre("bridge:page/a"));
}

TEST_F(InboundTest, WhatIsRefusedIsCountedAndNoEvent) {
  journal::InboundItem item = asks(1, 1, "a");
  item.text.replace(item.text.find("ws-42:conductor"), 15, "ws-43:conductor");
  ASSERT_TRUE(receive({item}).ok());
  EXPECT_THAT(asked(), IsEmpty());
  EXPECT_EQ(world.kernel->counters().events_refused.at("FROM_MISMATCH"), 1u);
  const auto page = world.kernel->reader().page(Position(), 100, journal::Reader::events(""));
  EXPECT_TRUE(page->items.empty());
}

}  // namespace
}  // namespace lumenflow::kernel
