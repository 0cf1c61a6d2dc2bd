// The kernel over a journal that commits on a thread of its own: what is visible when, and what a failure takes along.
#include <gtest/gtest.h>

#include <semaphore>

#include "kernel/kernel.h"
#include "kernel/testing/kernel_world.h"
#include "log/pipelined_log.h"

namespace lumenflow::kernel {
namespace {

using json::Object;
using Strings = std::vector<std::string>;

// Commits on the other thread wait for let_go().
class PipelinedKernelTest : public testing::Test, public KernelWorld {
 protected:
  void SetUp() override {
    log = log::make_pipelined_log(std::move(log));
    open();
    faults.before_commit = [this] {
      if (std::this_thread::get_id() == here_) return;
      arrived_.release();
      permits_.acquire();
      faults.fail_commit = fails_;
    };
  }
  void TearDown() override {
    let_go();
    kernel.reset();
  }

  Completion note(const std::string& who) {
    return [this, who](const CallResult& result) {
      answers_.push_back(who + (result.code ? ": " + std::string(name(*result.code)) : ": ok"));
    };
  }
  // Two calls in one batch: more than is committed on the spot.
  void two_puts(const std::string& key) {
    for (const char* half : {"1", "2"})
      submit("probe:put", Object{{"key", key + half}, {"value", 1}}, key + half, note(key + half));
    kernel->run_pending();
  }
  void let_go() {
    permits_.release(100);
    log->settle();
    settle();
  }

  const std::thread::id here_ = std::this_thread::get_id();
  std::counting_semaphore<> arrived_{0};  // one for each commit that began
  std::counting_semaphore<> permits_{0};  // one for each commit on the other thread
  bool fails_ = false;
  Strings answers_;
};

// Law 2: durable before visible.
TEST_F(PipelinedKernelTest, Law2CallsAreAnsweredInOrderOnceTheyAreDurable) {
  const std::uint64_t before = log->head().size;
  two_puts("a");
  two_puts("b");
  EXPECT_TRUE(answers_.empty());
  EXPECT_EQ(log->head().size, before);
  let_go();
  EXPECT_EQ(answers_, (Strings{"a1: ok", "a2: ok", "b1: ok", "b2: ok"}));
  EXPECT_EQ(log->head().size, before + 12);
}

TEST_F(PipelinedKernelTest, Law2AToolWithEffectsRunsAfterItsStartIsDurable) {
  submit("probe:effect", Object{}, "", note("effect"));
  two_puts("a");
  while (executor.run_one()) {
  }
  EXPECT_TRUE(effects.empty());
  let_go();
  EXPECT_EQ(effects.size(), 1u);
}

TEST_F(PipelinedKernelTest, TheNextBatchSeesWhatIsOnItsWay) {
  two_puts("a");
  submit("probe:get", Object{{"key", "a2"}}, "", note("get"));
  let_go();
  EXPECT_EQ(answers_.back(), "get: ok");
}

TEST_F(PipelinedKernelTest, Law5TheSameKeyIsOneCallWhileItIsOnItsWay) {
  two_puts("a");
  two_puts("a");
  const std::uint64_t entries_before = entries().size();
  let_go();
  EXPECT_EQ(answers_, (Strings{"a1: ok", "a2: ok", "a1: ok", "a2: ok"}));
  Strings outcomes;
  for (const json::Value& entry : entries())
    if (journal::type_of(entry) == "call.finished") outcomes.emplace_back(json::string_or(entry, "decided_by", ""));
  EXPECT_GT(entries().size(), entries_before);
  EXPECT_TRUE(outcomes.back().starts_with("idempotency:")) << outcomes.back();
}

// A store transaction that read what was durable loses to one that is on its way, and is run again after it.
TEST_F(PipelinedKernelTest, ALaunchedToolDoesNotOverwriteWhatItCouldNotSee) {
  submit("probe:count", Object{}, "", note("count"));
  two_puts("a");
  arrived_.acquire();  // what follows is another commit
  submit("probe:put", Object{{"key", "count"}, {"value", 41}}, "", note("put"));
  two_puts("b");
  permits_.release();
  while (executor.pending() == 0) kernel->run_pending();  // until the first batch is durable, and nothing after it
  ASSERT_TRUE(executor.run_one());
  kernel->run_pending();
  let_go();
  EXPECT_EQ(answers_.back(), "count: ok");
  EXPECT_EQ(*log->tables().get("store", std::string("probe\0count", 11)), "42");
}

TEST_F(PipelinedKernelTest, AnEndedCallIsFoundUntilItIsDurable) {
  std::optional<ReceiptId> receipt;
  submit("probe:slow", Object{}, "", [&](const CallResult& result) { receipt = result.receipt; });
  kernel->run_pending();
  const std::vector<ReceiptId> running = kernel->running_receipts();
  ASSERT_EQ(running.size(), 1u);
  ASSERT_TRUE(executor.run_one());
  two_puts("a");  // its end is in this batch
  EXPECT_TRUE(kernel->running_receipts().empty());
  ASSERT_NE(kernel->find_running(running[0]), nullptr);
  EXPECT_TRUE(kernel->also_notify(running[0], note("asked")));
  let_go();
  EXPECT_EQ(kernel->find_running(running[0]), nullptr);
  EXPECT_EQ(receipt, running[0]);
  EXPECT_EQ(std::count(answers_.begin(), answers_.end(), "asked: ok"), 1);
}

TEST_F(PipelinedKernelTest, Law2AFailureTakesAlongAllThatWasOnItsWay) {
  const std::string before = bytes();
  fails_ = true;
  two_puts("a");
  two_puts("b");
  let_go();
  EXPECT_EQ(answers_, (Strings{"a1: JOURNAL_UNAVAILABLE", "a2: JOURNAL_UNAVAILABLE", "b1: JOURNAL_UNAVAILABLE",
                               "b2: JOURNAL_UNAVAILABLE"}));
  EXPECT_EQ(bytes(), before);
  EXPECT_FALSE(kernel->journal_available());

  faults.fail_commit = fails_ = false;
  two_puts("a");
  let_go();
  EXPECT_EQ(answers_.back(), "a2: ok") << "the key of a failed call is free again, and the journal heals";
  EXPECT_TRUE(kernel->journal_available());
  EXPECT_EQ(entries().back().at_pointer("/event/seq")->as_integer(), 2);
}

TEST_F(PipelinedKernelTest, DrainingWaitsForWhatIsOnItsWay) {
  two_puts("a");
  bool idle = false;
  kernel->drain([&idle] { idle = true; });
  kernel->run_pending();
  EXPECT_FALSE(idle);
  let_go();
  EXPECT_TRUE(idle);
  EXPECT_EQ(journal::type_of(entries().back()), "workspace.drained");
}

// Law 7: the same ingress gives the same journal bytes, however its batches were committed.
TEST(PipelinedKernel, Law7TheJournalIsTheSameWithAndWithoutThePipeline) {
  const auto run = [](bool pipelined) {
    KernelWorld world;
    if (pipelined) world.log = log::make_pipelined_log(std::move(world.log));
    world.open();
    const auto ignore = [](const CallResult&) {};
    for (int batch = 0; batch < 20; ++batch) {
      for (int i = 0; i <= batch % 4; ++i) {
        world.submit("probe:put", Object{{"key", std::to_string(i)}, {"value", batch}}, "k" + std::to_string(batch % 7),
                     ignore);
        world.submit("probe:emit", Object{{"n", batch}}, "", ignore);
      }
      world.kernel->run_pending();
      world.clock.advance(std::chrono::milliseconds(3));
    }
    world.log->settle();
    world.settle();
    const std::string bytes = world.bytes();
    world.kernel.reset();
    return bytes;
  };
  EXPECT_EQ(run(true), run(false));
}

}  // namespace
}  // namespace lumenflow::kernel
