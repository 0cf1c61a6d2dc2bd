// The other side is gone for a while: callers notice nothing, what may be dropped is dropped and counted, and nothing
// of it comes later; what is queued comes whole.
#include <gtest/gtest.h>

#include "harness.h"
#include "journal/outbox.h"
#include "ledger_pack.h"
#include "uplink/loopback.h"

namespace lumenflow::crash {
namespace {

using namespace std::chrono_literals;

class Disconnected : public testing::Test {
 protected:
  void start() {
    auto started = Process::start(world_);
    ASSERT_TRUE(started.ok()) << started.error().to_string();
    process_ = *std::move(started);
    process_->settle();  // and is connected
  }
  void call(std::string_view tool) {
    bool ok = false;
    process_->submit(tool, ++n_, "",
                     [&ok](const kernel::CallResult& result) { ok = result.outcome == journal::Outcome::kSuccess; });
    process_->settle();
    process_->pass(20ms);
    EXPECT_TRUE(ok) << tool << " " << n_;
  }
  std::map<std::string, std::uint64_t> counted() { return *journal::dropped_ephemerals(process_->journal().tables()); }
  std::vector<std::int64_t> arrived(std::string_view kind) {
    std::vector<std::int64_t> numbers;
    const auto items = uplink::read_inbox(process_->inbox(), Position(0), 10'000);
    for (const uplink::InboxItem& item : *items)
      if (const json::Value* event = item.entry.find("event"); event && json::string_or(*event, "kind", "") == kind)
        numbers.push_back(event->at_pointer("/payload/n")->as_integer());
    return numbers;
  }
  static std::vector<std::int64_t> numbers(std::initializer_list<std::pair<std::int64_t, std::int64_t>> ranges) {
    std::vector<std::int64_t> all;
    for (const auto& [first, last] : ranges)
      for (std::int64_t n = first; n <= last; ++n) all.push_back(n);
    return all;
  }

  SimDisk disk_{1};
  World world_{1};
  std::unique_ptr<Process> process_;
  std::int64_t n_ = 0;
};

TEST_F(Disconnected, EphemeralsAreCountedAndNeverSentLater) {
  start();
  for (int i = 0; i < 10; ++i) call(kSee);  // 1 to 10
  EXPECT_EQ(arrived(kSeen), numbers({{1, 10}}));
  process_->connected = false;
  for (int i = 0; i < 20; ++i) call(kSee);  // 11 to 30
  EXPECT_EQ(process_->engine().state().connection, uplink::Connection::kDisconnected) << "a send was refused";
  EXPECT_EQ(process_->engine().state().dropped.at(std::string(kSeen)), 19u) << "one was on its way: that shows later";
  for (int i = 0; i < 5; ++i) call(kPost);  // 31 to 35
  process_->pass(12s);                      // longer than the other side may be silent
  for (int i = 0; i < 20; ++i) call(kSee);  // 36 to 55
  EXPECT_EQ(process_->engine().state().dropped.at(std::string(kSeen)), 39u);
  process_->connected = true;
  ASSERT_TRUE(process_->come_to_rest());
  for (int i = 0; i < 10; ++i) call(kSee);  // 56 to 65
  ASSERT_TRUE(process_->come_to_rest());
  EXPECT_EQ(arrived(kSeen), numbers({{1, 10}, {56, 65}}));
  EXPECT_EQ(arrived(kPosted), numbers({{31, 35}}));
  EXPECT_EQ(counted().at(std::string(kSeen)), 40u);
  EXPECT_EQ(counted().at("agent-runtime:tool_called"), 45u);
  EXPECT_EQ(check(*process_, world_, {}, true), "");
}

TEST_F(Disconnected, TheCountOutlivesTheProcess) {
  start();
  call(kSee);
  for (int life = 0; life < 5; ++life) {
    EXPECT_EQ(process_->engine().state().connection, uplink::Connection::kConnected);
    process_->connected = false;
    for (int i = 0; i < 4; ++i) call(kSee);
    call(kPost);
    disk_.die_after(0);
    process_.reset();
    disk_.cut_power();
    start();
  }
  ASSERT_TRUE(process_->come_to_rest());
  EXPECT_EQ(arrived(kSeen), numbers({{1, 1}}));
  EXPECT_EQ(arrived(kPosted).size(), 5u);
  EXPECT_EQ(counted().at(std::string(kSeen)), 20u);
  EXPECT_EQ(check(*process_, world_, {}, true), "");
}

}  // namespace
}  // namespace lumenflow::crash
