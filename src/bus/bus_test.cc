#include "bus/bus.h"

#include <gmock/gmock.h>

namespace lumenflow::bus {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

struct Primed {
  static constexpr std::uint32_t kChannel = 0;
  static constexpr std::string_view kType = "sample:primed";
  static constexpr std::int64_t kVersion = 1;
  std::int64_t reactor{};
  std::optional<std::string> note{};
  template <class Self, class Visit>
  static void visit_members(Self& self, Visit&& visit) {
    visit("reactor", self.reactor);
    visit("note", self.note);
  }
  bool operator==(const Primed&) const = default;
};
struct PrimedLater : Primed {
  static constexpr std::int64_t kVersion = 2;
};
struct Unknown : Primed {
  static constexpr std::uint32_t kChannel = 77;
  static constexpr std::string_view kType = "sample:unknown";
};

class Observer : public BusObserver {
 public:
  void handler_failed(std::string_view type, std::string_view label, std::string_view what) override {
    said.push_back(std::string(type) + " " + std::string(label) + ": " + std::string(what));
  }
  void handler_slow(std::string_view, std::string_view, std::chrono::nanoseconds) override {}
  void soft_limit_reached(std::string_view, std::uint32_t, std::uint32_t, std::uint64_t) override {}
  std::vector<std::string> said;
};

class Bus : public ::testing::Test {
 protected:
  Bus() {
    const json::Value schema =
        *json::parse(R"({"type": "object", "required": ["reactor"], "properties": {"reactor": {"type": "integer"}}})");
    std::vector<ChannelOptions> channels{
        {"sample:primed", 256, {}, 1, std::make_shared<const json::Schema>(*json::Schema::compile(schema))},
        {"sample:small", 2, {}, 1, nullptr},
        {"sample:other", 256, {}, 1, nullptr}};
    bus = *EventBus::create(std::move(channels), {.observer = &observer});
  }
  Handler note(const std::string& name) {
    return [this, name](const Event& event) {
      heard.push_back(name + "<" + std::string(event.type) + "#" + std::to_string(event.dispatch_order));
    };
  }
  void publish(std::string_view type) { EXPECT_TRUE(bus->publish(type, json::Object{{"reactor", 1}}).ok()) << type; }
  SubscriptionId subscribe(std::string_view type, Handler handler, const std::string& label = "label") {
    return *bus->subscribe(type, std::move(handler), label);
  }

  Observer observer;
  std::unique_ptr<EventBus> bus;
  std::vector<std::string> heard;
};

TEST_F(Bus, DeliversInTheOrderOfPublishingOverAllChannels) {
  subscribe("sample:other", note("a"));
  subscribe("sample:primed", note("b"));
  subscribe("sample:primed", note("c"));
  publish("sample:primed");
  publish("sample:other");
  publish("sample:primed");
  const Dispatched done = bus->dispatch();
  EXPECT_THAT(heard, ElementsAre("b<sample:primed#1", "c<sample:primed#1", "a<sample:other#2", "b<sample:primed#3",
                                 "c<sample:primed#3"));
  EXPECT_EQ(done.events, 3u);
  EXPECT_EQ(done.deliveries, 5u);
  EXPECT_EQ(bus->dispatch().events, 0u);
}

TEST_F(Bus, WhatAHandlerPublishesJoinsTheEndOfTheTick) {
  subscribe("sample:primed", [&](const Event& event) {
    note("first")(event);
    if (event.dispatch_order == 1) publish("sample:other");
  });
  subscribe("sample:primed", note("second"));
  subscribe("sample:other", note("third"));
  publish("sample:primed");
  publish("sample:primed");
  bus->dispatch();
  EXPECT_THAT(heard, ElementsAre("first<sample:primed#1", "second<sample:primed#1", "first<sample:primed#2",
                                 "second<sample:primed#2", "third<sample:other#3"));
}

TEST_F(Bus, HandlersThatAnswerEachOtherEndAtTheCapacity) {
  std::string refused;
  subscribe("sample:small", [&](const Event&) {
    const auto published = bus->publish("sample:small", json::Value());
    if (!published.ok()) refused = published.error().to_string();
  });
  publish("sample:small");
  EXPECT_EQ(bus->dispatch().events, 2u);
  EXPECT_EQ(refused, "EVENT_BUFFER_OVERFLOW: bus channel 'sample:small' holds 2 events of tick 0, its capacity");
}

TEST_F(Bus, AFullChannelLeavesTheOthersAlone) {
  subscribe("sample:other", note("o"));
  for (int i = 0; i < 2; ++i) publish("sample:small");
  const auto refused = bus->publish("sample:small", json::Value());
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code(), ErrorCode::kEventBufferOverflow);
  const auto next = bus->publish("sample:other", json::Value());
  ASSERT_TRUE(next.ok());
  EXPECT_EQ(next->dispatch_order, 3u);  // what was refused took none
  EXPECT_EQ(next->remaining, 255u);
  bus->dispatch();
  ASSERT_TRUE(bus->begin_tick(1).ok());
  publish("sample:small");
  EXPECT_EQ(bus->dispatch().events, 1u);
  const BusSnapshot snapshot = bus->snapshot();
  EXPECT_EQ(snapshot.overflowed, 1u);
  EXPECT_EQ(snapshot.channels[1].overflows, 1u);
  EXPECT_EQ(snapshot.channels[1].high_water, 2u);
  EXPECT_EQ(snapshot.channels[1].in_use, 1u);
  EXPECT_EQ(snapshot.channels[2].subscribers, 1u);
}

TEST_F(Bus, AHandlerThatThrowsIsAloneWithIt) {
  subscribe("sample:primed", note("before"));
  subscribe(
      "sample:primed", [](const Event&) { throw std::runtime_error("broken"); }, "bad");
  subscribe(
      "sample:primed", [](const Event&) { throw 7; }, "worse");
  subscribe("sample:primed", note("behind"));
  publish("sample:primed");
  publish("sample:primed");
  const Dispatched done = bus->dispatch();
  EXPECT_THAT(heard, ElementsAre("before<sample:primed#1", "behind<sample:primed#1", "before<sample:primed#2",
                                 "behind<sample:primed#2"));
  EXPECT_EQ(done.failures, 4u);
  EXPECT_EQ(done.deliveries, 8u);
  EXPECT_THAT(observer.said,
              ElementsAre("sample:primed bad: broken", "sample:primed worse: something that is no std::exception",
                          "sample:primed bad: broken", "sample:primed worse: something that is no std::exception"));
}

TEST_F(Bus, OneThatSubscribesWithinADeliveryStartsWithTheNextEvent) {
  bool once = true;
  subscribe("sample:primed", [&](const Event& event) {
    note("a")(event);
    // Enough of them that the list has to grow while it is walked.
    for (int i = 0; once && i < 40; ++i)
      subscribe("sample:primed", i == 0 ? note("new") : Handler([](const Event&) {}));
    once = false;
  });
  subscribe("sample:primed", note("b"));
  publish("sample:primed");
  publish("sample:primed");
  bus->dispatch();
  EXPECT_THAT(heard, ElementsAre("a<sample:primed#1", "b<sample:primed#1", "a<sample:primed#2", "b<sample:primed#2",
                                 "new<sample:primed#2"));
}

TEST_F(Bus, UnsubscribingIsImmediate) {
  SubscriptionId own, later;
  own = subscribe("sample:primed", [&](const Event& event) {
    note("once")(event);
    EXPECT_TRUE(bus->unsubscribe(own));
    EXPECT_TRUE(bus->unsubscribe(later));
    EXPECT_FALSE(bus->unsubscribe(own));
    note("still whole")(event);  // what it captured is there until it returns
  });
  later = subscribe("sample:primed", note("never"));
  subscribe("sample:primed", note("always"));
  publish("sample:primed");
  publish("sample:primed");
  bus->dispatch();
  EXPECT_THAT(heard, ElementsAre("once<sample:primed#1", "still whole<sample:primed#1", "always<sample:primed#1",
                                 "always<sample:primed#2"));
  EXPECT_EQ(bus->snapshot().channels[0].subscribers, 1u);
}

TEST_F(Bus, DispatchWithinAHandlerDoesNothing) {
  subscribe("sample:primed", [&](const Event& event) {
    publish("sample:other");
    EXPECT_EQ(bus->dispatch().events, 0u);
    EXPECT_FALSE(bus->begin_tick(9).ok());
    note("outer")(event);
  });
  subscribe("sample:other", note("inner"));
  publish("sample:primed");
  bus->dispatch();
  EXPECT_THAT(heard, ElementsAre("outer<sample:primed#1", "inner<sample:other#2"));
}

TEST_F(Bus, ATickDoesNotEndOverUndeliveredEvents) {
  publish("sample:primed");
  EXPECT_FALSE(bus->begin_tick(1).ok());
  bus->dispatch();
  EXPECT_TRUE(bus->begin_tick(1).ok());
  EXPECT_EQ(bus->events_of_tick(), 0u);
}

TEST_F(Bus, AnUnknownTypeIsToldInThreeLines) {
  const auto published = bus->publish("sample:nope", json::Value());
  const auto typed = bus->publish(Unknown{});
  const auto subscribed = bus->subscribe("sample:nope", note("x"), "x");
  ASSERT_FALSE(published.ok() || typed.ok() || subscribed.ok());
  EXPECT_EQ(published.error().message(),
            "there is no event type 'sample:nope' in the catalogue\n"
            "declare it in the pack's content/event-types.json\n"
            "and run `lumenflow generate`");
  EXPECT_EQ(subscribed.error().message(), published.error().message());
  EXPECT_THAT(typed.error().message(), HasSubstr("sample:unknown"));
}

TEST_F(Bus, JsonIsCheckedBeforeItTakesAnOrder) {
  const auto refused = bus->publish("sample:primed", json::Object{{"reactor", "one"}});
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code(), ErrorCode::kInvalidPayload);
  EXPECT_THAT(refused.error().message(), HasSubstr("'/reactor' must be an integer"));
  EXPECT_EQ(bus->publish("sample:primed", json::Object{{"reactor", 1}})->dispatch_order, 1u);
  EXPECT_EQ(bus->snapshot().refused, 1u);
}

TEST_F(Bus, StructsAndJsonReachEachOther) {
  std::vector<Primed> structs;
  std::vector<std::string> texts;
  ASSERT_TRUE(
      bus->subscribe<Primed>([&](const Primed& payload, const Event&) { structs.push_back(payload); }, "typed").ok());
  subscribe("sample:primed", [&](const Event& event) { texts.push_back(json::serialize(event.json())); });
  ASSERT_TRUE(bus->publish(Primed{7, "hot"}).ok());
  ASSERT_TRUE(bus->publish("sample:primed", json::Object{{"reactor", 8.0}}).ok());
  bus->dispatch();
  EXPECT_THAT(structs, ElementsAre(Primed{7, "hot"}, Primed{8, std::nullopt}));
  EXPECT_THAT(texts, ElementsAre(R"({"reactor":7,"note":"hot"})", R"({"reactor":8})"));
}

// It counts as any other, so that who listens elsewhere sees the same order.
TEST_F(Bus, AnEventThatNobodyListensToTakesItsPlace) {
  EXPECT_FALSE(bus->is_heard<Primed>());
  EXPECT_FALSE(bus->is_heard<Unknown>());
  subscribe("sample:other", note("a"));
  EXPECT_EQ(bus->publish_unheard<Primed>()->dispatch_order, 1u);
  publish("sample:other");
  EXPECT_EQ(bus->publish_unheard<Primed>()->remaining, 254u);
  EXPECT_EQ(bus->event_at(2).type, "sample:primed");
  EXPECT_EQ(bus->event_at(2).payload, nullptr);
  subscribe("sample:primed", note("late"));
  EXPECT_TRUE(bus->is_heard<Primed>());
  EXPECT_EQ(bus->dispatch().events, 3u);
  EXPECT_THAT(heard, ElementsAre("a<sample:other#2"));
  for (int i = 2; i < 256; ++i) EXPECT_TRUE(bus->publish_unheard<Primed>().ok());
  EXPECT_EQ(bus->publish_unheard<Primed>().error().code(), ErrorCode::kEventBufferOverflow);
  EXPECT_EQ(bus->publish_unheard<Unknown>().error().code(), ErrorCode::kNotFound);
}

TEST_F(Bus, APayloadStaysWhereItIsWhileHandlersPublish) {
  ASSERT_TRUE(bus->subscribe<Primed>(
                     [&](const Primed& payload, const Event& event) {
                       const Primed before = payload;
                       for (int i = 0; event.dispatch_order == 1 && i < 100; ++i)
                         ASSERT_TRUE(bus->publish(Primed{i, std::string(40, 'x')}).ok());
                       EXPECT_EQ(payload, before);
                     },
                     "grows")
                  .ok());
  ASSERT_TRUE(bus->publish(Primed{-1, std::string(40, 'y')}).ok());
  EXPECT_EQ(bus->dispatch().events, 101u);
  EXPECT_EQ(bus->event_at(0).typed<Primed>()->reactor, -1);
  ASSERT_TRUE(bus->begin_tick(1).ok());
}

TEST_F(Bus, AStructOfAnotherVersionIsRefused) {
  const auto refused = bus->publish(PrimedLater{});
  ASSERT_FALSE(refused.ok());
  EXPECT_THAT(refused.error().message(), HasSubstr("was generated for version 2, and the catalogue has version 1"));
}

TEST_F(Bus, CarriesTheTickAndItsTime) {
  std::vector<std::int64_t> seen;
  subscribe("sample:other", [&](const Event& event) {
    seen.push_back(static_cast<std::int64_t>(event.tick));
    seen.push_back(event.issued_at.ms);
  });
  ASSERT_TRUE(bus->begin_tick(41, Timestamp{1'000}).ok());
  publish("sample:other");
  bus->dispatch();
  EXPECT_THAT(seen, ElementsAre(41, 1'000));
}

TEST(BusChannels, ThatMakeNoSenseAreRefused) {
  const auto why = [](std::vector<ChannelOptions> channels) {
    const auto made = EventBus::create(std::move(channels));
    return made.ok() ? std::string() : made.error().message();
  };
  EXPECT_EQ(why({}), "");
  EXPECT_EQ(why({{.type = "a:b", .capacity = 1}}), "");
  EXPECT_EQ(why({{.type = "a:b", .capacity = 4, .soft_limit = 4}}), "");
  EXPECT_THAT(why({{.type = "a:b"}, {.type = "a:b"}}), HasSubstr("twice"));
  EXPECT_THAT(why({{.type = "a:b", .capacity = 0}}), HasSubstr("capacity of zero"));
  EXPECT_THAT(why({{.type = "a:b", .capacity = 4, .soft_limit = 5}}), HasSubstr("soft limit"));
  EXPECT_THAT(why({{.type = "a:b", .capacity = 4, .soft_limit = 0}}), HasSubstr("soft limit"));
}

TEST(BusChannels, AreThoseOfTheCatalogue) {
  const catalogue::Catalogue core = catalogue::core_catalogue();
  auto channels = channels_of(core);
  ASSERT_TRUE(channels.ok());
  auto bus = EventBus::create(*std::move(channels));
  ASSERT_TRUE(bus.ok());
  const BusSnapshot snapshot = (*bus)->snapshot();
  ASSERT_EQ(snapshot.channels.size(), core.events.size());
  for (std::size_t i = 0; i < core.events.size(); ++i) EXPECT_EQ(snapshot.channels[i].type, core.events[i].type);
  EXPECT_FALSE((*bus)->publish("kernel:event-emitted", json::Object{}).ok());
}

}  // namespace
}  // namespace lumenflow::bus
