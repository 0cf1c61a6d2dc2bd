#include "hosts/pack_executor.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <optional>
#include <vector>

namespace lumenflow::hosts {
namespace {

TEST(PackExecutor, RunsAllThatItTook) {
  std::atomic<int> done = 0;
  {
    PackExecutor executor(3, 1'000);
    for (int i = 0; i < 1'000; ++i) EXPECT_TRUE(executor.post([&] { ++done; }));
  }
  EXPECT_EQ(done, 1'000);
}

TEST(PackExecutor, RunsNoMoreAtOnceThanItMayAndRefusesBeyondItsQueue) {
  std::promise<void> go;
  const std::shared_future<void> gone = go.get_future().share();
  std::atomic<int> running = 0;
  PackExecutor executor(2, 3);
  for (int i = 0; i < 2; ++i)
    EXPECT_TRUE(executor.post([&, gone] {
      ++running;
      gone.wait();
    }));
  while (running != 2) std::this_thread::yield();
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(executor.post([&] { ++running; }));
  EXPECT_FALSE(executor.post([] {}));
  EXPECT_EQ(running, 2);
  go.set_value();
  while (running != 5) std::this_thread::yield();
}

TEST(PackExecutor, AThreadThatWaitsMakesRoomForWhatItWaitsFor) {
  PackExecutor executor(1, 10);
  std::promise<int> answer;
  executor.post([&] {
    std::promise<int> inner;
    executor.post([&] { inner.set_value(42); });
    const PackExecutor::Waiting waiting(executor.state());
    answer.set_value(inner.get_future().get());
  });
  EXPECT_EQ(answer.get_future().get(), 42);
}

TEST(PackExecutor, MayEndOnItsOwnThread) {
  auto executor = std::make_shared<PackExecutor>(1, 10);
  std::promise<void> ended;
  std::promise<void> last;
  executor->post([mine = executor, &ended, let_go = last.get_future().share()]() mutable {
    let_go.wait();
    mine.reset();
    ended.set_value();
  });
  executor.reset();
  last.set_value();
  ended.get_future().get();
}

}  // namespace
}  // namespace lumenflow::hosts
