// Slow handlers are found by time that has really passed.
#include <gmock/gmock.h>

#include "bus/bus.h"

namespace lumenflow::bus {
namespace {

using std::chrono::milliseconds;

class SlowObserver : public BusObserver {
 public:
  void handler_failed(std::string_view, std::string_view, std::string_view) override {}
  void handler_slow(std::string_view type, std::string_view labels, std::chrono::nanoseconds took) override {
    said.push_back(std::string(type) + " " + std::string(labels));
    least = std::min(least, took);
  }
  void soft_limit_reached(std::string_view, std::uint32_t, std::uint32_t, std::uint64_t) override {}
  std::vector<std::string> said;
  std::chrono::nanoseconds least = std::chrono::hours(1);
};

void spin(std::chrono::nanoseconds least) {
  const auto end = std::chrono::steady_clock::now() + least;
  while (std::chrono::steady_clock::now() < end) {
  }
}

class SlowHandlers : public ::testing::Test {
 protected:
  SlowHandlers() {
    // So long that no machine, however busy, makes a quick handler a slow one.
    bus = *EventBus::create({{.type = "a:b", .capacity = 100'000}},
                            {.slow_handler = milliseconds(60), .observer = &observer});
  }
  void add(const std::string& label, bool& is_slow) {
    ASSERT_TRUE(bus->subscribe(
                       "a:b",
                       [&is_slow](const Event&) {
                         if (is_slow) spin(milliseconds(80));
                       },
                       label)
                    .ok());
  }
  void publish(int events) {
    for (int i = 0; i < events; ++i) ASSERT_TRUE(bus->publish("a:b", json::Value()).ok());
    bus->dispatch();
  }
  SlowObserver observer;
  std::unique_ptr<EventBus> bus;
  bool quick = false, slow = false;
};

TEST_F(SlowHandlers, AreNamedByTheirLabels) {
  add("first", quick);
  add("second", slow);
  add("third", quick);
  publish(3);
  slow = true;
  publish(1);
  slow = false;
  publish(3);
  EXPECT_THAT(observer.said, ::testing::Contains("a:b second"));
  EXPECT_GE(observer.least, milliseconds(60));
  EXPECT_GE(bus->snapshot().slow, 1u);
}

TEST_F(SlowHandlers, AreFoundAmongManyThatAreNot) {
  add("first", quick);
  add("second", slow);
  publish(2'000);  // from here on time is read in blocks
  slow = true;
  publish(1);
  ASSERT_FALSE(observer.said.empty());
  EXPECT_THAT(observer.said.back(), ::testing::HasSubstr("second"));
  observer.said.clear();
  publish(1);  // and exactly again, once one was slow
  EXPECT_THAT(observer.said, ::testing::Contains("a:b second"));
}

TEST(Stopwatch, MeasuresWhatPassed) {
  const Stopwatch stopwatch;
  const std::uint64_t start = Stopwatch::ticks();
  const auto before = std::chrono::steady_clock::now();
  spin(milliseconds(5));
  const std::uint64_t passed = Stopwatch::ticks() - start;
  const auto after = std::chrono::steady_clock::now();
  EXPECT_TRUE(Stopwatch::may_exceed(passed, milliseconds(5)));
  EXPECT_FALSE(Stopwatch::may_exceed(0, milliseconds(2)));
  // Between what surely passed and what passed at most, but for the scale's error.
  EXPECT_GE(stopwatch.duration(passed), milliseconds(4));
  EXPECT_LE(stopwatch.duration(passed), (after - before) * 5 / 4 + milliseconds(1));
}

}  // namespace
}  // namespace lumenflow::bus
