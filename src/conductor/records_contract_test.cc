// What every store of records does, whatever it is made of.
#include "conductor/records.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <thread>

namespace lumenflow::conductor {
namespace {

class RecordsContract : public testing::TestWithParam<std::string> {
 protected:
  RecordsContract() {
    std::string pattern = (std::filesystem::temp_directory_path() / "lumenflow-records-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
    records_ = open();
  }
  ~RecordsContract() override {
    records_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  std::unique_ptr<Records> open() {
    if (GetParam() == "memory") return make_memory_records();
    return *open_sqlite_records(folder_ + "/records.db");
  }
  std::uint64_t version(const std::string& key) {
    const auto found = *records_->get("things", key);
    return found ? found->version : 0;
  }
  std::string apply(std::vector<RecordChange> changes) {
    const Status done = records_->apply(changes);
    return done.ok() ? "ok" : std::string(name(done.error().code()));
  }
  std::vector<std::string> keys(const std::string& prefix, const std::string& after = {}, std::size_t limit = 100) {
    std::vector<std::string> found;
    const auto records = *records_->scan("things", prefix, after, limit);
    for (const Record& record : records) found.push_back(record.key);
    return found;
  }

  std::string folder_;
  std::unique_ptr<Records> records_;
};

TEST_P(RecordsContract, AChangeNeedsTheVersionItWasMadeFrom) {
  EXPECT_EQ(version("a"), 0u);
  EXPECT_EQ(apply({{"things", "a", 0, "1"}}), "ok");
  const std::uint64_t first = version("a");
  EXPECT_NE(first, 0u);
  EXPECT_EQ(apply({{"things", "a", 0, "2"}}), "CONFLICT");
  EXPECT_EQ(apply({{"things", "a", first + 1, "2"}}), "CONFLICT");
  EXPECT_EQ((*records_->get("things", "a"))->value, "1");
  EXPECT_EQ(apply({{"things", "a", first, "2"}}), "ok");
  EXPECT_EQ(apply({{"things", "a", first, "3"}}), "CONFLICT");
  EXPECT_EQ(apply({{"things", "a", version("a"), std::nullopt}}), "ok");
  EXPECT_FALSE((*records_->get("things", "a")).has_value());
}

TEST_P(RecordsContract, AVersionIsNeverUsedTwice) {
  EXPECT_EQ(apply({{"things", "a", 0, "1"}}), "ok");
  const std::uint64_t first = version("a");
  EXPECT_EQ(apply({{"things", "a", first, std::nullopt}}), "ok");
  EXPECT_EQ(apply({{"things", "a", 0, "1"}}), "ok");
  EXPECT_NE(version("a"), first);
  EXPECT_EQ(apply({{"things", "a", first, "2"}}), "CONFLICT");
}

TEST_P(RecordsContract, SeveralChangesAreMadeTogetherOrNotAtAll) {
  EXPECT_EQ(apply({{"things", "a", 0, "1"}, {"others", "a", 0, "x"}}), "ok");
  EXPECT_EQ(apply({{"things", "b", 0, "1"}, {"others", "a", 0, "y"}}), "CONFLICT");
  EXPECT_EQ(version("b"), 0u);
  EXPECT_EQ(apply({{"things", "b", 0, "1"}, {"Bad", "a", 0, "y"}}), "INVALID_INPUT");
  EXPECT_EQ(apply({{"things", "", 0, "1"}}), "INVALID_INPUT");
  EXPECT_EQ(version("b"), 0u);
  EXPECT_EQ((*records_->get("others", "a"))->value, "x");
}

TEST_P(RecordsContract, KeysOfAPrefixComeInOrderByPages) {
  for (const char* key : {"w\xff", "v", "w1", "w\xc3\xbc", "w", "x", "w12", "w2"})
    EXPECT_EQ(apply({{"things", key, 0, "1"}}), "ok");
  EXPECT_EQ(apply({{"zebra", "w3", 0, "1"}}), "ok");
  EXPECT_EQ(keys("w"), (std::vector<std::string>{"w", "w1", "w12", "w2", "w\xc3\xbc", "w\xff"}));
  EXPECT_EQ(keys("w", "w12", 2), (std::vector<std::string>{"w2", "w\xc3\xbc"}));
  EXPECT_EQ(keys("w", "w13", 1), (std::vector<std::string>{"w2"}));
  EXPECT_EQ(keys("", "w\xff"), (std::vector<std::string>{"x"}));
  EXPECT_EQ(keys("nothing").size(), 0u);
}

TEST_P(RecordsContract, OfManyWhoRaceForOneRecordOneWins) {
  EXPECT_EQ(apply({{"things", "ticket", 0, "free"}}), "ok");
  const std::uint64_t seen = version("ticket");
  std::atomic<int> won{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&, i] {
      const std::vector<RecordChange> change{{"things", "ticket", seen, "taken by " + std::to_string(i)}};
      if (records_->apply(change).ok()) ++won;
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(won, 1);
}

INSTANTIATE_TEST_SUITE_P(Adapters, RecordsContract, testing::Values("memory", "sqlite"),
                         [](const auto& tested) { return tested.param; });

TEST(SqliteRecords, AreThereForAnotherProcessAndAfterARestart) {
  std::string pattern = (std::filesystem::temp_directory_path() / "lumenflow-records-XXXXXX").string();
  const std::string path = std::string(::mkdtemp(pattern.data())) + "/records.db";
  {
    const auto one = *open_sqlite_records(path);
    const auto other = *open_sqlite_records(path);
    const std::vector<RecordChange> change{{"things", "a", 0, "1"}};
    ASSERT_TRUE(one->apply(change).ok());
    EXPECT_EQ((*other->get("things", "a"))->value, "1");
    EXPECT_FALSE(other->apply(change).ok());
  }
  EXPECT_EQ((*(*open_sqlite_records(path))->get("things", "a"))->value, "1");
  std::error_code ignored;
  std::filesystem::remove_all(std::filesystem::path(path).parent_path(), ignored);
}

}  // namespace
}  // namespace lumenflow::conductor
