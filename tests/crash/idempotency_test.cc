// A caller asks, the process dies somewhere on the way, the clock is moved by an hour while it is away, and the caller
// asks again under the same key: there is one event, and always the same.
#include <gtest/gtest.h>

#include <optional>
#include <random>

#include "base/logging.h"
#include "harness.h"
#include "ledger_pack.h"
#include "sim_disk.h"

namespace lumenflow::crash {
namespace {

using std::chrono::hours;

constexpr std::uint32_t kMovedClockTrials = 1'000;
constexpr std::uint32_t kMovedClockShards = 4;
constexpr std::int64_t kNumber = 7;

struct Identity {
  std::string event_id, timestamp;
  bool operator==(const Identity&) const = default;
};

// The one event of the kind; nothing when there is none yet.
std::optional<Identity> in_journal(Process& process, std::string_view kind) {
  const auto page = process.kernel().reader().page(Position(0), 10, journal::Reader::events(kind));
  EXPECT_TRUE(page.ok());
  EXPECT_LE(page->items.size(), 1u);
  if (page->items.empty()) return std::nullopt;
  const json::Value& event = *page->items.front().value.find("event");
  return Identity{std::string(json::string_or(event, "event_id", "")),
                  std::string(json::string_or(event, "timestamp", ""))};
}

class MovedClock : public testing::TestWithParam<std::uint32_t> {
 protected:
  void run(std::uint32_t seed, hours first_move) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    SimDisk disk(seed);
    World world(seed);
    const bool at_once = random() % 2 == 0;
    tool_ = at_once ? kBill : kPost;
    kind_ = at_once ? kBilled : kPosted;
    history_.clear();
    {
      const auto process = *Process::start(world);
      disk.die_after(random() % 16);
      ask(*process);
      for (const Promise& promise : ledger_memory().promises)
        history_[{std::string(kind_), kNumber}] = {true, promise.event_id};
    }
    std::optional<Identity> known;
    for (const hours move : {first_move, -2 * first_move, first_move}) {
      if (random() % 2 == 0)
        disk.cut_power();
      else
        disk.restart_process();
      world.clock.set_wall(world.clock.now() + move);
      const auto started = Process::start(world);
      ASSERT_TRUE(started.ok()) << started.error().to_string();
      Process& process = **started;
      if (!known) known = in_journal(process, kind_);
      ASSERT_TRUE(ask(process)) << "its retry must succeed";
      const auto now = in_journal(process, kind_);
      ASSERT_TRUE(now.has_value());
      if (known) {
        ASSERT_EQ(now->event_id, known->event_id);
        ASSERT_EQ(now->timestamp, known->timestamp);
      }
      known = now;
      ASSERT_TRUE(process.come_to_rest());
      ASSERT_EQ(check(process, world, history_, true), "");
    }
  }

 private:
  // Whether it was acknowledged, which the history then knows.
  bool ask(Process& process) {
    bool answered = false;
    process.submit(tool_, kNumber, "the one key", [&](const kernel::CallResult& result) {
      if (result.outcome != journal::Outcome::kSuccess) return;
      answered = true;
      Asked& asked = history_[{std::string(kind_), kNumber}];
      asked.acknowledged = true;
      const json::Value body = *json::parse(result.body);
      if (const json::Value* id = body.at_pointer("/data/event_id")) {
        EXPECT_TRUE(asked.event_id.empty() || asked.event_id == id->as_string()) << "told differently";
        asked.event_id = id->as_string();
      }
    });
    process.settle();
    return answered;
  }

  std::string_view tool_, kind_;
  History history_;
};

TEST_P(MovedClock, GivesTheSameEventAgain) {
  configure_logging(LogLevel::kOff, LogFormat::kText);
  for (std::uint32_t i = 0;
       i < kMovedClockTrials / kMovedClockShards * scale() && !HasFatalFailure() && !HasNonfatalFailure(); ++i)
    run(1 + GetParam() * 100'000 + i, hours(i % 2 == 0 ? 1 : -1));
}

INSTANTIATE_TEST_SUITE_P(Shard, MovedClock, testing::Range(0u, kMovedClockShards));

}  // namespace
}  // namespace lumenflow::crash
