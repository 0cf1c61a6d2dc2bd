#include "journal/key_window.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

#include "base/encoding.h"
#include "journal/tables.h"
#include "log/memory_log.h"
#include "log/test_support.h"

namespace lumenflow::journal {
namespace {

constexpr KeyTables kTables{kCallKeysTable, kCallKeyIndexTable};
constexpr KeyWindowShape kSmall{.segment_keys = 64, .run_keys = 16, .filters_max = 2};
constexpr std::chrono::milliseconds kHour = std::chrono::hours(1);

Hash256 key_number(std::uint64_t number) { return sha256(std::to_string(number)); }
std::string value_number(std::uint64_t number) { return "value of " + std::to_string(number); }

// A key that shares its fingerprint with others of the same `fingerprint`.
Hash256 colliding_key(std::uint8_t fingerprint, std::uint8_t rest) {
  Hash256 key{};
  key[0] = fingerprint;
  key[31] = rest;
  return key;
}

class KeyWindowTest : public testing::Test {
 protected:
  KeyWindowTest() { open(kSmall); }

  void open(KeyWindowShape shape) {
    window.emplace(*log, kTables, shape);
    ASSERT_TRUE(window->load().ok());
  }
  // Keys [from, to), each committed on its own.
  void put(std::uint64_t from, std::uint64_t to) {
    for (std::uint64_t i = from; i < to; ++i) {
      ASSERT_TRUE(window->put(key_number(i), value_number(i), now + kHour).ok());
      ASSERT_TRUE(log->commit().ok());
    }
  }
  void expect_all_found(std::uint64_t from, std::uint64_t to) {
    for (std::uint64_t i = from; i < to; ++i) {
      const auto found = window->find(key_number(i), now);
      ASSERT_TRUE(found.ok()) << found.error().to_string();
      ASSERT_EQ(*found, value_number(i)) << i;
    }
  }
  std::size_t rows(std::string_view table, std::string_view prefix = "") {
    return log->tables().scan(table, prefix, "", 1'000'000)->size();
  }

  Timestamp now{1'000'000};
  log::LogFaults faults;
  std::unique_ptr<log::Log> log = log::make_faulty_log(log::make_memory_log("log-a"), faults);
  std::optional<KeyWindow> window;
};

TEST_F(KeyWindowTest, FindsWhatWasPutAndNothingElse) {
  put(0, 200);
  expect_all_found(0, 200);
  EXPECT_EQ(*window->find(key_number(200), now), std::nullopt);
}

TEST_F(KeyWindowTest, SeesTheBatchThatIsOpen) {
  for (std::uint64_t i = 0; i < 70; ++i) ASSERT_TRUE(window->put(key_number(i), value_number(i), now + kHour).ok());
  expect_all_found(0, 70);
}

TEST_F(KeyWindowTest, ForgetsAKeyWhenItsWindowIsOver) {
  put(0, 70);
  now = now + kHour;
  EXPECT_EQ(*window->find(key_number(0), now), std::nullopt);
  EXPECT_EQ(*window->find(key_number(69), now), std::nullopt);
  ASSERT_TRUE(window->put(key_number(0), "again", now + kHour).ok());
  EXPECT_EQ(*window->find(key_number(0), now), "again");
}

TEST_F(KeyWindowTest, TellsKeysOfOneFingerprintApart) {
  for (std::uint8_t i = 0; i < 40; ++i)
    ASSERT_TRUE(window->put(colliding_key(7, i), value_number(i), now + kHour).ok());
  put(0, 100);  // seals those
  for (std::uint8_t i = 0; i < 40; ++i) EXPECT_EQ(*window->find(colliding_key(7, i), now), value_number(i));
  EXPECT_EQ(*window->find(colliding_key(7, 40), now), std::nullopt) << "a fingerprint is not a key";
}

// What is not in a filter is not looked for: every read fails here, so only false positives do.
TEST_F(KeyWindowTest, AFreshKeyReadsNothingWhereTheFilterIsInMemory) {
  open({.segment_keys = 1024, .run_keys = 64, .filters_max = 8});
  for (std::uint64_t i = 0; i < 5'000; ++i) ASSERT_TRUE(window->put(key_number(i), "v", now + kHour).ok());
  ASSERT_TRUE(log->commit().ok());
  faults.fail_read = true;
  int had_to_read = 0;
  for (std::uint64_t i = 0; i < 5'000; ++i) had_to_read += !window->find(key_number(10'000 + i), now).ok();
  EXPECT_LT(had_to_read, 100);
  EXPECT_FALSE(window->find(key_number(0), now).ok()) << "a known key is read";
}

TEST_F(KeyWindowTest, AnswersFromTheIndexWhereNoFilterIsInMemory) {
  put(0, 64 * 5);
  EXPECT_EQ(window->held().segments, 5u);
  EXPECT_EQ(window->held().filters, kSmall.filters_max);
  expect_all_found(0, 64 * 5);
  open(kSmall);
  EXPECT_EQ(window->held().filters, 0u) << "opening reads no filter";
  expect_all_found(0, 64 * 5);
  for (std::uint64_t i = 1'000; i < 1'200; ++i) EXPECT_EQ(*window->find(key_number(i), now), std::nullopt);
  EXPECT_EQ(window->held().filters, kSmall.filters_max);
}

TEST_F(KeyWindowTest, HoldsNoMoreHoweverManyKeysThereAre) {
  const KeyWindowShape shape{.segment_keys = 4096, .run_keys = 256, .filters_max = 3};
  open(shape);
  for (std::uint64_t i = 0; i < 100'000; ++i) {
    ASSERT_TRUE(window->put(key_number(i), "v", now + kHour).ok());
    const KeyWindow::Held held = window->held();
    ASSERT_LT(held.recent_keys, shape.segment_keys);
    ASSERT_LE(held.filters, shape.filters_max);
    ASSERT_EQ(held.segments, (i + 1) / shape.segment_keys);
    ASSERT_TRUE(i % 1'000 != 0 || log->commit().ok());
  }
  ASSERT_TRUE(log->commit().ok());
  open(shape);
  EXPECT_EQ(window->held().recent_keys, 100'000 % shape.segment_keys);
  EXPECT_EQ(window->held().filters, 0u);
}

TEST_F(KeyWindowTest, DropsWholeSegmentsAndSweepsUpWhatTheyLeave) {
  put(0, 64 * 3 + 10);
  now = now + kHour;
  for (int i = 0; i < 3; ++i) {  // a few rows at a time, and a restart between any two of them
    ASSERT_TRUE(window->expire(now).ok());
    ASSERT_TRUE(log->commit().ok());
    open(kSmall);
  }
  EXPECT_EQ(window->held().segments, 0u);
  EXPECT_GT(rows(kCallKeysTable), 10u) << "not all in one commit";
  for (int i = 0; i < 40; ++i) ASSERT_TRUE(window->expire(now).ok());
  EXPECT_EQ(rows(kCallKeysTable), 10u) << "the newest stay until they are sealed";
  EXPECT_EQ(rows(kCallKeyIndexTable), 1u) << "the header";
  put(300, 400);
  expect_all_found(300, 400);
  open(kSmall);
  expect_all_found(300, 400);
}

TEST_F(KeyWindowTest, SweepingKeepsUpWithPutting) {
  for (std::uint64_t i = 0; i < 2'000; i += 8) {
    for (std::uint64_t j = i; j < i + 8; ++j) ASSERT_TRUE(window->put(key_number(j), "v", now + kHour).ok());
    ASSERT_TRUE(window->expire(now).ok());
    ASSERT_TRUE(log->commit().ok());
    now = now + kHour / 4;
    ASSERT_LT(rows(kCallKeysTable), 64u * 4);
  }
}

// Every crash inside the batch that seals is a batch that never was.
TEST_F(KeyWindowTest, ACrashAtAnyWriteOfASealLeavesTheKeysAsTheyWere) {
  put(0, 63);
  std::uint64_t failed = 0;
  for (;; ++failed) {
    faults.fail_put_after = failed;
    const bool sealed = window->put(key_number(63), value_number(63), now + kHour).ok() && log->commit().ok();
    faults.fail_put_after.reset();
    if (sealed) break;
    log->rollback();
    open(kSmall);
    ASSERT_EQ(window->held().recent_keys, 63u);
    ASSERT_EQ(window->held().segments, 0u);
    expect_all_found(0, 63);
    ASSERT_EQ(*window->find(key_number(63), now), std::nullopt);
  }
  EXPECT_GT(failed, 5u) << "the record, the index, the filter, the segment, three runs, the header";
  EXPECT_EQ(window->held().segments, 1u);
  expect_all_found(0, 64);
  open(kSmall);
  EXPECT_EQ(window->held().segments, 1u);
  EXPECT_EQ(rows(kCallKeyIndexTable, "r"), 0u);
  expect_all_found(0, 64);
}

TEST_F(KeyWindowTest, RefusesWhatANewerVersionWrote) {
  put(0, 1);
  ASSERT_TRUE(log->put(kCallKeyIndexTable, "h", std::string("\x02") + big_endian(0)).ok());
  EXPECT_EQ(log::code_of(window->load()), "UNSUPPORTED_FORMAT");
}

TEST_F(KeyWindowTest, SaysWhenARowIsMissing) {
  put(0, 100);
  const auto missing = [&](std::string_view table, const std::string& key) {
    EXPECT_TRUE(log->erase(table, key).ok());
    std::string code = log::code_of(window->load());
    log->rollback();
    return code;
  };
  EXPECT_EQ(missing(kCallKeysTable, big_endian(97)), "JOURNAL_DAMAGED");
  EXPECT_EQ(missing(kCallKeyIndexTable, "s" + big_endian(0)), "ok") << "as after the last segment was dropped";
  EXPECT_EQ(missing(kCallKeyIndexTable, "r" + big_endian(64)), "JOURNAL_DAMAGED");
}

// Against a plain map: random puts, look-ups, expiry, commits, lost batches and restarts.
class KeyWindowModel {
 public:
  KeyWindowModel(log::Log& log, unsigned seed) : log_(log), random_(seed) { restart(); }

  void step() {
    const Hash256 key = some_key();
    const std::uint64_t what = random_() % 100;
    if (what < 70) {
      put_unless_known(key);
    } else if (what < 85) {
      expect_as_expected(key);
    } else if (what < 90) {
      ASSERT_TRUE(window_->expire(now_).ok());
    } else if (what < 93) {
      now_ = now_ + std::chrono::milliseconds(random_() % 400);
    } else if (what < 97) {
      ASSERT_TRUE(log_.commit().ok());
      committed_ = keys_;
    } else {
      log_.rollback();  // a batch that failed, or a crash
      keys_ = committed_;
      what < 99 ? reload() : restart();
    }
    ASSERT_LT(window_->held().recent_keys, kSmall.segment_keys);
    ASSERT_LE(window_->held().filters, kSmall.filters_max);
  }
  void expect_all() {
    for (const auto& [key, known] : keys_) expect_as_expected(key);
  }

 private:
  struct Known {
    std::string value;
    Timestamp expires;
  };

  // Few enough to meet again; every third shares its fingerprint with others.
  Hash256 some_key() {
    const std::uint64_t number = random_() % 700;
    return number % 3 == 0 ? colliding_key(static_cast<std::uint8_t>(number % 5), static_cast<std::uint8_t>(number / 3))
                           : key_number(number);
  }
  std::optional<std::string> expected(const Hash256& key) const {
    const auto known = keys_.find(key);
    return known == keys_.end() || known->second.expires <= now_ ? std::nullopt : std::optional(known->second.value);
  }
  void expect_as_expected(const Hash256& key) {
    const auto found = window_->find(key, now_);
    ASSERT_TRUE(found.ok()) << found.error().to_string();
    ASSERT_EQ(*found, expected(key));
  }
  void put_unless_known(const Hash256& key) {
    expect_as_expected(key);
    if (expected(key)) return;
    const Known known{value_number(random_()), now_ + std::chrono::milliseconds(200 + random_() % 2'000)};
    ASSERT_TRUE(window_->put(key, known.value, known.expires).ok());
    keys_[key] = known;
  }
  void reload() { ASSERT_TRUE(window_->load().ok()); }
  void restart() {
    window_.emplace(log_, kTables, kSmall);
    reload();
  }

  log::Log& log_;
  std::mt19937_64 random_;
  Timestamp now_{1'000'000};
  std::optional<KeyWindow> window_;
  std::map<Hash256, Known> keys_, committed_;
};

void run_model(log::Log& log, unsigned seed, int steps) {
  SCOPED_TRACE("seed " + std::to_string(seed));
  KeyWindowModel model(log, seed);
  for (int i = 0; i < steps && !testing::Test::HasFatalFailure(); ++i) model.step();
  if (!testing::Test::HasFatalFailure()) model.expect_all();
}

TEST(KeyWindowProperty, BehavesAsAMapInMemory) {
  for (unsigned seed = 0; seed < 60 && !testing::Test::HasFatalFailure(); ++seed)
    run_model(*log::make_memory_log("log-a"), seed, 2'000);
}

TEST(KeyWindowProperty, BehavesAsAMapInSqlite) {
  const log::TemporaryFolder folder;
  for (unsigned seed = 0; seed < 4 && !testing::Test::HasFatalFailure(); ++seed)
    run_model(*log::open_at(folder.file("log-" + std::to_string(seed))), seed, 3'000);
}

}  // namespace
}  // namespace lumenflow::journal
