// What every Log does, whatever it is made of: one suite over all adapters.
#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <thread>

#include "log/memory_log.h"
#include "log/merkle.h"
#include "log/pipelined_log.h"
#include "log/test_support.h"

namespace lumenflow::log {
namespace {

class LogContract : public testing::TestWithParam<std::string> {
 protected:
  LogContract() : log_(make(GetParam())) {}

  std::unique_ptr<Log> make(const std::string& adapter) {
    if (adapter == "sqlite") return open_at(folder_.file("log.db"));
    if (adapter == "pipelined_sqlite") return make_pipelined_log(make("sqlite"));
    if (adapter == "never_on_the_spot") return make_pipelined_log(make("sqlite"), 0);
    if (adapter == "stepped_sqlite") return make_pipelined_log(make("sqlite"), 0, committer_);
    if (adapter == "pipelined_memory") return make_pipelined_log(make("memory"));
    if (adapter == "faulty") return make_faulty_log(make_memory_log("log-a"), no_faults_);
    return make_memory_log("log-a");
  }
  // All entries, page by page.
  std::vector<std::string> everything(std::size_t entries_max = 7) {
    std::vector<std::string> entries;
    while (true) {
      const auto page = log_->read(Position(entries.size()), entries_max);
      EXPECT_TRUE(page.ok()) << page.error().to_string();
      if (!page.ok() || page->empty()) return entries;
      for (const StoredRow& row : *page) {
        EXPECT_EQ(row.first.value(), entries.size() + 1);
        entries.insert(entries.end(), row.entries.begin(), row.entries.end());
      }
    }
  }
  std::vector<std::string> keys(const Result<std::vector<KeyValue>>& rows) {
    std::vector<std::string> found;
    for (const KeyValue& row : *rows) found.push_back(row.key);
    return found;
  }

  TemporaryFolder folder_;
  LogFaults no_faults_;
  ManualExecutor committer_;  // commits when somebody waits for it
  std::unique_ptr<Log> log_;
};

using Strings = std::vector<std::string>;

TEST_P(LogContract, StartsEmpty) {
  EXPECT_EQ(log_->head().size, 0u);
  EXPECT_EQ(log_->head().log_id, "log-a");
  EXPECT_EQ(log_->head().root, empty_root());
  EXPECT_EQ(log_->next_position(), Position(1));
  EXPECT_TRUE(log_->read(Position(), 10)->empty());
  EXPECT_EQ(code_of(log_->row_at(Position(1))), "NOT_FOUND");
  EXPECT_EQ(code_of(log_->row_at(Position(0))), "NOT_FOUND");
  EXPECT_FALSE(log_->condition().damaged);
  EXPECT_TRUE(log_->commit().ok()) << "an empty batch succeeds without work";
}

TEST_P(LogContract, WhatIsCommittedIsThereAndNothingBefore) {
  EXPECT_EQ(*log_->append({{"a", "b"}, "body"}), Position(1));
  EXPECT_EQ(*log_->append({{"c"}, {}}), Position(3));
  EXPECT_EQ(log_->next_position(), Position(4));
  EXPECT_EQ(log_->head().size, 0u);
  EXPECT_TRUE(log_->read(Position(), 10)->empty());
  ASSERT_TRUE(log_->commit().ok());
  EXPECT_EQ(log_->head().size, 3u);
  const auto rows = *log_->read(Position(), 10);
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].entries, (Strings{"a", "b"}));
  EXPECT_EQ(rows[0].body, "body");
  EXPECT_EQ(rows[1].first, Position(3));
  EXPECT_EQ(rows[1].body, "");
}

TEST_P(LogContract, ABodyIsReplacedOrGoesAndTheTreeStays) {
  ASSERT_TRUE(log_->append({{"a", "b"}, "first"}).ok());
  ASSERT_TRUE(log_->append({{"c"}, "second"}).ok());
  ASSERT_TRUE(log_->append({{"d"}, {}}).ok());
  ASSERT_TRUE(log_->commit().ok());
  const Head before = log_->head();
  ASSERT_TRUE(log_->replace_body(Position(1), "").ok());
  ASSERT_TRUE(log_->replace_body(Position(3), "other").ok());
  ASSERT_TRUE(log_->replace_body(Position(4), "none was there").ok());
  EXPECT_EQ(log_->row_at(Position(1))->body, "first") << "not before the commit";
  log_->rollback();
  ASSERT_TRUE(log_->commit().ok());
  EXPECT_EQ(log_->row_at(Position(1))->body, "first");
  ASSERT_TRUE(log_->replace_body(Position(1), "").ok());
  ASSERT_TRUE(log_->replace_body(Position(3), "other").ok());
  ASSERT_TRUE(log_->replace_body(Position(4), "none was there").ok());
  ASSERT_TRUE(log_->commit().ok());
  EXPECT_EQ(log_->row_at(Position(1))->body, "");
  EXPECT_EQ(log_->row_at(Position(1))->entries, (Strings{"a", "b"}));
  EXPECT_EQ(log_->row_at(Position(3))->body, "other");
  EXPECT_EQ(log_->row_at(Position(4))->body, "");
  EXPECT_EQ(log_->head().root, before.root);
  EXPECT_TRUE(log_->recheck_tree().ok());
}

TEST_P(LogContract, RollbackLeavesNoTrace) {
  fill(*log_, 300);
  ASSERT_TRUE(log_->put("things", "k", "kept").ok());
  ASSERT_TRUE(log_->commit().ok());
  const Head before = log_->head();
  for (int i = 0; i < 250; ++i) ASSERT_TRUE(log_->append({{"lost", "lost too"}, "x"}).ok());
  ASSERT_TRUE(log_->put("things", "k", "changed").ok());
  ASSERT_TRUE(log_->put("brand_new", "k", "v").ok());
  log_->rollback();
  EXPECT_EQ(log_->head().root, before.root);
  EXPECT_EQ(log_->next_position(), Position(301));
  EXPECT_EQ(**log_->tables().get("things", "k"), "kept");
  EXPECT_EQ(*log_->tables().get("brand_new", "k"), std::nullopt);
  ASSERT_TRUE(log_->put("brand_new", "k", "again").ok());
  fill(*log_, 900);
  EXPECT_EQ(everything().size(), 900u);
  EXPECT_EQ(**log_->tables().get("brand_new", "k"), "again");
  EXPECT_TRUE(log_->recheck_tree().ok());
}

TEST_P(LogContract, ANewNameCountsWithItsCommitAndTheFormerOneUpToThere) {
  EXPECT_EQ(*log_->append({{"a", "b"}, {}}), Position(1));
  ASSERT_TRUE(log_->commit().ok());
  const Head before = log_->head();
  ASSERT_TRUE(log_->rename("log-b").ok());
  log_->rollback();
  ASSERT_TRUE(log_->commit().ok());
  EXPECT_EQ(log_->head().log_id, "log-a") << "what was undone names nothing";
  ASSERT_TRUE(log_->rename("log-b").ok());
  EXPECT_EQ(*log_->append({{"c"}, {}}), Position(3));
  EXPECT_EQ(log_->head().log_id, "log-a");
  ASSERT_TRUE(log_->commit().ok());
  EXPECT_EQ(log_->head().log_id, "log-b");
  EXPECT_EQ(log_->head().size, 3u);
  EXPECT_TRUE(log_->is_named(before));
  EXPECT_TRUE(log_->is_named(log_->head()));
  Head beyond = log_->head();
  beyond.log_id = "log-a";
  EXPECT_FALSE(log_->is_named(beyond)) << "the third entry came under the new name";
  EXPECT_FALSE(log_->is_named({"log-c", 1, {}}));
  for (const char* wrong : {"", "log-a", "log-b"}) EXPECT_EQ(code_of(log_->rename(wrong)), "INVALID_INPUT");
  log_->rollback();
  EXPECT_EQ(*log_->append({{"d"}, {}}), Position(4));
  EXPECT_TRUE(log_->commit().ok());
}

TEST_P(LogContract, ExpectedHeadRefusesAndUndoes) {
  fill(*log_, 5);
  ASSERT_TRUE(log_->append({{"x"}, {}}).ok());
  EXPECT_EQ(code_of(log_->commit(4)), "CONFLICT");
  EXPECT_EQ(log_->head().size, 5u);
  EXPECT_EQ(log_->next_position(), Position(6));
  ASSERT_TRUE(log_->append({{"x"}, {}}).ok());
  EXPECT_TRUE(log_->commit(5).ok());
  EXPECT_EQ(log_->head().size, 6u);
}

TEST_P(LogContract, BadRowsAndNamesAreRefusedAndTheBatchGoesOn) {
  ASSERT_TRUE(log_->append({{"good"}, {}}).ok());
  EXPECT_EQ(code_of(log_->append({})), "INVALID_INPUT");
  EXPECT_EQ(code_of(log_->append({{""}, {}})), "INVALID_INPUT");
  for (const char* name : {"", "Upper", "1st", "a-b", "t;drop", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}) {
    EXPECT_EQ(code_of(log_->put(name, "k", "v")), "INVALID_INPUT") << name;
    EXPECT_EQ(code_of(log_->tables().get(name, "k")), "INVALID_INPUT") << name;
  }
  EXPECT_EQ(code_of(log_->put("things", "", "v")), "INVALID_INPUT");
  EXPECT_TRUE(log_->commit().ok());
  EXPECT_EQ(everything(), Strings{"good"});
}

TEST_P(LogContract, ReadsFromAnywhereInPages) {
  fill(*log_, 700);
  Strings expected;
  for (std::uint64_t p = 1; p <= 700; ++p) expected.push_back(entry_text(p));
  EXPECT_EQ(everything(1), expected);
  EXPECT_EQ(everything(64), expected);
  EXPECT_EQ(everything(100'000), expected);
  for (const std::uint64_t after : {0u, 1u, 2u, 255u, 256u, 257u, 511u, 699u}) {
    const auto page = *log_->read(Position(after), 3);
    ASSERT_FALSE(page.empty());
    EXPECT_LE(page.front().first.value(), after + 1);
    EXPECT_GT(page.front().first.value() + page.front().entries.size(), after + 1)
        << "the row that holds it comes whole";
  }
  EXPECT_TRUE(log_->read(Position(700), 3)->empty());
  EXPECT_TRUE(log_->read(Position(10'000), 3)->empty());
}

TEST_P(LogContract, PagesEndAtTheirLimitsButNeverEmpty) {
  for (int i = 0; i < 4; ++i)
    ASSERT_TRUE(log_->append({{std::string(100, 'x'), std::string(100, 'y')}, std::string(50, 'z')}).ok());
  ASSERT_TRUE(log_->commit().ok());
  EXPECT_EQ(log_->read(Position(), 0)->size(), 1u);
  EXPECT_EQ(log_->read(Position(), 1)->size(), 1u);
  EXPECT_EQ(log_->read(Position(), 5)->size(), 2u);
  EXPECT_EQ(log_->read(Position(), 100, 10)->size(), 1u);
  EXPECT_EQ(log_->read(Position(), 100, 750)->size(), 3u);
}

TEST_P(LogContract, FindsTheRowOfEachPosition) {
  fill(*log_, 600);
  for (std::uint64_t p = 1; p <= 600; ++p) {
    const auto row = log_->row_at(Position(p));
    ASSERT_TRUE(row.ok()) << p;
    ASSERT_EQ(row->entries.at(p - row->first.value()), entry_text(p));
  }
  EXPECT_EQ(code_of(log_->row_at(Position(601))), "NOT_FOUND");
}

TEST_P(LogContract, TheTreeIsThatOfTheEntries) {
  Frontier expected;
  std::map<std::uint64_t, Hash256> roots{{0, empty_root()}};
  for (std::uint64_t p = 1; p <= 1200; ++p) {
    expected.append(leaf_hash(entry_text(p)));
    roots[p] = expected.root();
  }
  fill(*log_, 1200);
  EXPECT_EQ(log_->head().root, roots[1200]);
  for (const auto& [size, root] : roots) ASSERT_EQ(*log_->root_at(size), root) << size;
  for (const std::uint64_t size : {1u, 2u, 255u, 256u, 257u, 512u, 700u, 1199u, 1200u}) {
    for (const std::uint64_t p : {std::uint64_t{1}, size / 2 + 1, size}) {
      if (p > size) continue;
      const auto proof = log_->inclusion_proof(Position(p), size);
      ASSERT_TRUE(proof.ok());
      EXPECT_TRUE(verify_inclusion(leaf_hash(entry_text(p)), p - 1, size, *proof, roots[size])) << p << " of " << size;
    }
    for (const std::uint64_t to : {size, std::uint64_t{1200}}) {
      const auto proof = log_->consistency_proof(size, to);
      ASSERT_TRUE(proof.ok());
      EXPECT_TRUE(verify_consistency(size, roots[size], to, roots[to], *proof)) << size << " to " << to;
    }
  }
  EXPECT_TRUE(log_->recheck_tree().ok());
}

TEST_P(LogContract, ProofsBeyondTheHeadAreRefused) {
  fill(*log_, 10);
  EXPECT_EQ(code_of(log_->root_at(11)), "INVALID_INPUT");
  EXPECT_EQ(code_of(log_->inclusion_proof(Position(0), 10)), "INVALID_INPUT");
  EXPECT_EQ(code_of(log_->inclusion_proof(Position(6), 5)), "INVALID_INPUT");
  EXPECT_EQ(code_of(log_->inclusion_proof(Position(1), 11)), "INVALID_INPUT");
  EXPECT_EQ(code_of(log_->consistency_proof(1, 11)), "INVALID_INPUT");
  EXPECT_EQ(code_of(log_->consistency_proof(5, 4)), "INVALID_INPUT");
}

TEST_P(LogContract, TablesAreOrderedMaps) {
  const std::string high(3, '\xff');
  for (const std::string& key : Strings{"b", "a/1", "a/2", "a/2/x", "a0", high, high + "z", std::string("a\0b", 3)})
    ASSERT_TRUE(log_->put("things", key, "value of " + key).ok());
  ASSERT_TRUE(log_->put("things", "empty", "").ok());
  const auto check = [&](const TableReader& tables) {
    EXPECT_EQ(**tables.get("things", "a/2"), "value of a/2");
    EXPECT_EQ(**tables.get("things", "empty"), "");
    EXPECT_EQ(*tables.get("things", "nothing"), std::nullopt);
    EXPECT_EQ(keys(tables.scan("things", "a/", "", 10)), (Strings{"a/1", "a/2", "a/2/x"}));
    EXPECT_EQ(keys(tables.scan("things", "a/", "a/1", 1)), (Strings{"a/2"}));
    EXPECT_EQ(keys(tables.scan("things", "a/", "a/2/x", 5)), Strings{});
    EXPECT_EQ(keys(tables.scan("things", "a/", "zzz", 5)), Strings{});
    EXPECT_EQ(keys(tables.scan("things", high, "", 5)), (Strings{high, high + "z"}));
    EXPECT_EQ(keys(tables.scan("things", "", "", 2)), (Strings{std::string("a\0b", 3), "a/1"}));
    EXPECT_EQ(keys(tables.scan_descending("things", "a/", "", 2)), (Strings{"a/2/x", "a/2"}));
    EXPECT_EQ(keys(tables.scan_descending("things", "a/", "a/2", 5)), (Strings{"a/1"}));
    EXPECT_EQ(keys(tables.scan_descending("things", "a/", "A", 5)), Strings{});
    EXPECT_EQ(keys(tables.scan_descending("things", "", "", 1)), (Strings{high + "z"}));
    EXPECT_EQ(keys(tables.scan_descending("things", high, high + "z", 5)), (Strings{high}));
    EXPECT_EQ(keys(tables.scan("things", "", "", 0)), Strings{});
    EXPECT_EQ(keys(tables.scan("never_written", "", "", 5)), Strings{});
    EXPECT_EQ(*tables.get("never_written", "k"), std::nullopt);
  };
  check(log_->tables());  // the open batch sees itself
  EXPECT_EQ(keys((*log_->snapshot())->scan("things", "", "", 5)), Strings{});
  ASSERT_TRUE(log_->commit().ok());
  check(log_->tables());
  check(**log_->snapshot());
}

TEST_P(LogContract, ChangesOverCommittedRowsAreSeenInTheBatch) {
  for (const char* key : {"a", "b", "c"}) ASSERT_TRUE(log_->put("things", key, "old").ok());
  ASSERT_TRUE(log_->commit().ok());
  ASSERT_TRUE(log_->erase("things", "b").ok());
  ASSERT_TRUE(log_->erase("things", "was never there").ok());
  ASSERT_TRUE(log_->erase("no_such_table", "k").ok());
  ASSERT_TRUE(log_->put("things", "c", "new").ok());
  ASSERT_TRUE(log_->put("things", "bb", "new").ok());
  EXPECT_EQ(keys(log_->tables().scan("things", "", "", 9)), (Strings{"a", "bb", "c"}));
  EXPECT_EQ(keys(log_->tables().scan_descending("things", "", "c", 9)), (Strings{"bb", "a"}));
  EXPECT_EQ(**log_->tables().get("things", "c"), "new");
  EXPECT_EQ(*log_->tables().get("things", "b"), std::nullopt);
  ASSERT_TRUE(log_->commit().ok());
  EXPECT_EQ(keys((*log_->snapshot())->scan("things", "", "", 9)), (Strings{"a", "bb", "c"}));
}

TEST_P(LogContract, ASnapshotStaysAsItWas) {
  ASSERT_TRUE(log_->put("things", "k", "1").ok());
  ASSERT_TRUE(log_->commit().ok());
  const auto before = *log_->snapshot();
  ASSERT_TRUE(log_->put("things", "k", "2").ok());
  ASSERT_TRUE(log_->put("other", "k", "2").ok());
  ASSERT_TRUE(log_->commit().ok());
  EXPECT_EQ(**before->get("things", "k"), "1");
  EXPECT_EQ(*before->get("other", "k"), std::nullopt);
  EXPECT_EQ(**(*log_->snapshot())->get("things", "k"), "2");
  EXPECT_EQ(**(*log_->snapshot())->get("other", "k"), "2");
}

TEST_P(LogContract, ASnapshotMayOutliveItsLog) {
  ASSERT_TRUE(log_->put("things", "k", "1").ok());
  ASSERT_TRUE(log_->commit().ok());
  const auto kept = *log_->snapshot();
  log_.reset();
  EXPECT_EQ(**kept->get("things", "k"), "1");
}

TEST_P(LogContract, BellsRingOnceWhenTheHeadPasses) {
  fill(*log_, 3);
  int at_once = 0, later = 0, far = 0;
  log_->wait(Position(2), [&] { ++at_once; });
  EXPECT_EQ(at_once, 1);
  log_->wait(Position(3), [&] { ++later; });
  log_->wait(Position(4), [&] { ++far; });
  ASSERT_TRUE(log_->append({{"x"}, {}}).ok());
  EXPECT_EQ(later, 0) << "not before it is durable";
  ASSERT_TRUE(log_->commit().ok());
  EXPECT_EQ(later, 1);
  EXPECT_EQ(far, 0);
  fill(*log_, 6);
  EXPECT_EQ(later, 1);
  EXPECT_EQ(far, 1);
  log_->wait(Position(6), [] { FAIL() << "dropped with the log"; });
}

TEST_P(LogContract, ABellMayReadAndWaitAgain) {
  std::vector<std::uint64_t> seen;
  std::function<void()> bell = [&] {
    seen.push_back(log_->read(Position(seen.size()), 1)->front().first.value());
    if (seen.size() < 3) log_->wait(Position(seen.size()), bell);
  };
  log_->wait(Position(0), bell);
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(log_->append({{"x"}, {}}).ok());
    ASSERT_TRUE(log_->commit().ok());
  }
  EXPECT_EQ(seen, (std::vector<std::uint64_t>{1, 2, 3}));
}

TEST_P(LogContract, ReadersOnOtherThreadsSeeOnlyWholeCommits) {
  constexpr std::uint64_t kCommits = 300;
  std::atomic<bool> writing{true};
  std::atomic<int> faults{0};
  const auto reader = [&] {
    while (writing) {
      const Head head = log_->head();
      if (head.size % 3 != 0) ++faults;
      const auto page = log_->read(Position(head.size > 30 ? head.size - 30 : 0), 1000);
      if (!page.ok()) ++faults;
      if (head.size > 0 && !log_->inclusion_proof(Position(1), head.size).ok()) ++faults;
      const auto snapshot = log_->snapshot();
      const auto value = (*snapshot)->get("things", "size");
      const auto twin = (*snapshot)->get("things", "twin");
      if (!value.ok() || !twin.ok() || *value != *twin) ++faults;
    }
  };
  std::thread one(reader), two(reader);
  for (std::uint64_t i = 0; i < kCommits; ++i) {
    EXPECT_TRUE(log_->append(row_of(*log_, 3)).ok());
    EXPECT_TRUE(log_->put("things", "size", std::to_string(i)).ok());
    EXPECT_TRUE(log_->put("things", "twin", std::to_string(i)).ok());
    EXPECT_TRUE(log_->commit().ok());
  }
  writing = false;
  one.join();
  two.join();
  EXPECT_EQ(faults, 0);
  EXPECT_EQ(log_->head().size, 3 * kCommits);
}

INSTANTIATE_TEST_SUITE_P(Adapters, LogContract,
                         testing::Values("sqlite", "memory", "faulty", "pipelined_sqlite", "pipelined_memory",
                                         "never_on_the_spot", "stepped_sqlite"),
                         [](const auto& tested) { return tested.param; });

}  // namespace
}  // namespace lumenflow::log
