// Retention at random cuts over random calls, killed at random steps: what must stay stays, what is gone is covered by
// a signed entry, and in the end nothing is left that should have gone.
#include "journal/retain.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

#include "journal/testing/retention_world.h"
#include "log/verify.h"

namespace lumenflow::journal {
namespace {

constexpr int kRounds = 40;

int rounds() {
  const char* scale = std::getenv("LUMENFLOW_CRASH_SCALE");
  return kRounds * (scale == nullptr ? 1 : std::max(1, std::atoi(scale)));
}

struct Known {
  std::string receipt;
  Timestamp at;
  std::string input, output;
  bool ended = true;
};

class RetainProperty : public testing::TestWithParam<int> {
 protected:
  std::uint64_t pick(std::uint64_t below) { return world_.random.draw16()[0] % below; }

  std::string text() {
    if (pick(3) == 0) return RetentionWorld::text_of(static_cast<char>('a' + pick(3)), 66'000);
    return "\"text " + std::to_string(pick(1000)) + "\"";
  }
  void append() {
    world_.now = world_.now + std::chrono::minutes(pick(3));
    Known call{{}, world_.now, text(), text(), pick(8) != 0};
    call.receipt = world_.append_call(call.input, call.output, call.ended);
    known_.push_back(std::move(call));
    if (pick(3) == 0) world_.append_other();
  }
  void end_one() {
    for (Known& call : known_)
      if (!call.ended) {
        world_.end_call(call.receipt, call.output);
        call.ended = true;
        return;
      }
  }

  // Calls go on between any two steps, and use blobs that are about to go; the kill comes at a random one.
  Result<RetainReport> retain_with_kill(Timestamp before, int steps_left) {
    world_.around = [this, steps_left](bool) mutable {
      if (pick(4) == 0) append();
      return steps_left-- > 0;
    };
    Result<RetainReport> report = retain(world_.ports(), {before, before - std::chrono::minutes(pick(5))}, world_.now);
    world_.around = nullptr;
    return report;
  }

  void check(Timestamp youngest_before) {
    const BodiesReport report = world_.verify();
    ASSERT_EQ(report.first_bad, 0u) << report.what;
    bool open_before = false;
    for (const Known& call : known_) {
      const auto read = Reader(*world_.log, *world_.blobs).call(ReceiptId(call.receipt));
      ASSERT_TRUE(read.ok()) << read.error().to_string();
      open_before = open_before || !call.ended;
      const bool must_stay = open_before || call.at >= youngest_before;
      ASSERT_FALSE(must_stay && (read->input_let_go || read->result_let_go)) << call.receipt;
      ASSERT_EQ(read->body.input, read->input_let_go ? "" : call.input);
      ASSERT_EQ(read->body.result, read->result_let_go || !call.ended ? "" : call.output);
    }
  }

  RetentionWorld world_;
  std::vector<Known> known_;
};

TEST_P(RetainProperty, KeepsWhatMustStayAndLeavesNothingBehind) {
  for (int i = 0; i < GetParam(); ++i) (void)pick(2);
  Timestamp youngest = world_.now;  // that may have gone
  for (int round = 0; round < rounds(); ++round) {
    for (std::uint64_t i = pick(4); i > 0; --i) append();
    if (pick(3) == 0) end_one();
    const Timestamp before = world_.now - std::chrono::minutes(pick(12));
    youngest = std::max(youngest, before);
    const auto report = retain_with_kill(before, static_cast<int>(pick(8)));
    if (!report.ok()) {
      ASSERT_EQ(report.error().code(), ErrorCode::kCancelled) << report.error().to_string();
      world_.log->rollback();
      world_.restart();
    }
    ASSERT_NO_FATAL_FAILURE(check(youngest));
  }
  while (std::ranges::any_of(known_, [](const Known& call) { return !call.ended; })) end_one();
  const auto last = world_.retain_before(world_.now + std::chrono::hours(1));
  ASSERT_TRUE(last.ok()) << last.error().to_string();
  EXPECT_EQ(world_.state().done, world_.state().recorded);
  EXPECT_TRUE(world_.blob_files().empty());
  EXPECT_TRUE(world_.log->tables().scan(kIdleBlobsTable, "", "", 1)->empty());
  EXPECT_TRUE(world_.log->tables().scan(kBlobUsesTable, "", "", 1)->empty());
  const log::Head head = world_.log->head();
  EXPECT_TRUE(log::verify_all(*world_.log, std::span(&head, 1))->intact);
  EXPECT_EQ(world_.verify().first_bad, 0u);
}

INSTANTIATE_TEST_SUITE_P(Seeds, RetainProperty, testing::Values(0, 1, 2));

// Every step of one run: killed before it and after it, then gone on with.
TEST(Retain, GoesOnFromEveryStep) {
  for (int steps = 0;; ++steps) {
    RetentionWorld world;
    const std::string shared = RetentionWorld::text_of('s', 66'000);
    for (int i = 0; i < 3; ++i) world.append_call(shared, "\"out\"");
    world.append_call(RetentionWorld::text_of('t', 66'000), "\"out\"");
    world.now = world.now + std::chrono::hours(2);
    world.append_call(shared, "\"young\"");
    int left = steps;
    world.around = [&left](bool) { return left-- > 0; };
    const Timestamp before = world.now - std::chrono::hours(1);
    const auto killed = world.retain_before(before);
    world.around = nullptr;
    world.log->rollback();
    world.restart();
    ASSERT_EQ(world.verify().first_bad, 0u) << "killed at step " << steps << ": " << world.verify().what;
    ASSERT_TRUE(world.retain_before(before).ok());
    ASSERT_EQ(world.state().bodies, 8u) << "killed at step " << steps;
    ASSERT_EQ(world.blob_files().size(), 1u) << "killed at step " << steps;
    ASSERT_EQ(world.verify().first_bad, 0u);
    if (killed.ok()) return;
  }
}

TEST(Retain, ABlobThatIsWrittenAgainAsItGoesIsNotLost) {
  RetentionWorld world;
  const std::string big = RetentionWorld::text_of('b', 66'000);
  world.append_call(big, "\"out\"");
  world.now = world.now + std::chrono::hours(2);
  std::string receipt;
  int idle_steps = 0;  // with the blob idle: its body goes, it is doomed
  world.around = [&](bool before) {
    if (!before && receipt.empty() && !world.log->tables().scan(kIdleBlobsTable, "", "", 1)->empty() &&
        ++idle_steps == 2)  // doomed, and not deleted yet
      receipt = world.append_call(big, "\"again\"");
    return true;
  };
  ASSERT_TRUE(world.retain_before(world.now - std::chrono::hours(1)).ok());
  ASSERT_FALSE(receipt.empty());
  const auto read = Reader(*world.log, *world.blobs).call(ReceiptId(receipt));
  ASSERT_TRUE(read.ok()) << read.error().to_string();
  EXPECT_EQ(read->body.input, big);
  EXPECT_EQ(world.verify().first_bad, 0u);
}

}  // namespace
}  // namespace lumenflow::journal
