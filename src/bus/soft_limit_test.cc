#include <gmock/gmock.h>

#include "bus/bus.h"

namespace lumenflow::bus {
namespace {

class LimitObserver : public BusObserver {
 public:
  void handler_failed(std::string_view, std::string_view, std::string_view) override {}
  void handler_slow(std::string_view, std::string_view, std::chrono::nanoseconds) override {}
  void soft_limit_reached(std::string_view, std::uint32_t in_use, std::uint32_t capacity,
                          std::uint64_t suppressed) override {
    EXPECT_EQ(in_use, 3u);
    EXPECT_EQ(capacity, 4u);
    ticks.push_back(tick);
    counts.push_back(suppressed);
  }
  std::uint64_t tick = 0;
  std::vector<std::uint64_t> ticks, counts;
};

class SoftLimit : public ::testing::Test {
 protected:
  SoftLimit() { bus = *EventBus::create({{.type = "a:b", .capacity = 4}}, {.observer = &observer}); }
  std::vector<PublishStatus> fill(std::uint64_t tick, int events) {
    observer.tick = tick;
    EXPECT_TRUE(bus->begin_tick(tick).ok());
    std::vector<PublishStatus> out;
    for (int i = 0; i < events; ++i) out.push_back(bus->publish("a:b", json::Value())->status);
    bus->dispatch();
    return out;
  }
  LimitObserver observer;
  std::unique_ptr<EventBus> bus;
};

TEST_F(SoftLimit, IsThreeQuartersAndSaidOnceATick) {
  const auto kAccepted = PublishStatus::kAccepted, kSoft = PublishStatus::kSoftLimit;
  EXPECT_THAT(fill(1, 4), ::testing::ElementsAre(kAccepted, kAccepted, kSoft, kSoft));
  EXPECT_THAT(observer.ticks, ::testing::ElementsAre(1));
  EXPECT_EQ(bus->snapshot().channels[0].breaches, 1u);
}

TEST_F(SoftLimit, IsSaidMoreAndMoreSeldomAndWhatWasNotSaidIsCounted) {
  for (std::uint64_t tick = 1; tick <= 40; ++tick) fill(tick, 4);
  EXPECT_THAT(observer.ticks, ::testing::ElementsAre(1, 2, 4, 8, 16, 32));
  // Of each tick two publishes reach it; all but the six that were said.
  EXPECT_THAT(observer.counts, ::testing::ElementsAre(0, 1, 3, 7, 15, 31));
  EXPECT_EQ(bus->snapshot().channels[0].breaches, 40u);
}

TEST_F(SoftLimit, IsSaidAtOnceAgainAfterAPauseAndNeverTooSeldom) {
  for (std::uint64_t tick = 1; tick <= 8; ++tick) fill(tick, 4);
  fill(100, 1);
  fill(101, 4);
  fill(102, 4);
  EXPECT_THAT(observer.ticks, ::testing::ElementsAre(1, 2, 4, 8, 101, 102));
  observer.ticks.clear();
  for (std::uint64_t tick = 103; tick <= 5'000; ++tick) fill(tick, 4);
  for (std::size_t i = 1; i < observer.ticks.size(); ++i) EXPECT_LE(observer.ticks[i] - observer.ticks[i - 1], 1'024u);
  EXPECT_GE(observer.ticks.back(), 5'000u - 1'024u);
}

}  // namespace
}  // namespace lumenflow::bus
