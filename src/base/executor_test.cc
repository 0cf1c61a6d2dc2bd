#include "base/executor.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <memory>
#include <thread>

namespace lumenflow {
namespace {

TEST(ThreadPoolExecutor, RunsAllThatItTookBeforeItEnds) {
  std::atomic<int> ran{0};
  {
    ThreadPoolExecutor executor(3, 1000);
    for (int i = 0; i < 500; ++i) ASSERT_TRUE(executor.post([&ran] { ++ran; }));
  }
  EXPECT_EQ(ran, 500);
}

TEST(ThreadPoolExecutor, RefusesWhenItsQueueIsFull) {
  std::promise<void> started, release;
  std::atomic<int> ran{0};
  {
    ThreadPoolExecutor executor(1, 2);
    ASSERT_TRUE(executor.post([&] {
      started.set_value();
      release.get_future().wait();
    }));
    started.get_future().wait();  // the thread is busy, the queue empty
    EXPECT_TRUE(executor.post([&ran] { ++ran; }));
    EXPECT_TRUE(executor.post([&ran] { ++ran; }));
    EXPECT_FALSE(executor.post([&ran] { ran += 100; })) << "the queue holds two";
    release.set_value();
  }
  EXPECT_EQ(ran, 2) << "what was refused does not run";
}

TEST(ThreadPoolExecutor, OneThreadKeepsTheOrder) {
  std::vector<int> order;
  {
    ThreadPoolExecutor executor(1, 100);
    for (int i = 0; i < 100; ++i) ASSERT_TRUE(executor.post([&order, i] { order.push_back(i); }));
  }
  ASSERT_EQ(order.size(), 100u);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(order[static_cast<std::size_t>(i)], i);
}

TEST(ThreadPoolExecutor, TasksThatWaitForTasksDoNotStandInEachOthersWay) {
  std::atomic<int> ran{0};
  {
    ThreadPoolExecutor executor(1, 100);
    for (int i = 0; i < 20; ++i) {
      ASSERT_TRUE(executor.post([&] {
        const Executor::Waiting waiting(executor);
        std::promise<void> inner;
        ASSERT_TRUE(executor.post([&inner] { inner.set_value(); }));
        inner.get_future().wait();
        ++ran;
      }));
    }
    while (ran < 20) std::this_thread::yield();
  }
  EXPECT_EQ(ran, 20);
}

TEST(ThreadPoolExecutor, TasksRunAtTheSameTime) {
  std::promise<void> first, second;
  ThreadPoolExecutor executor(2, 2);
  // Each waits for the other: one thread alone could never finish either.
  ASSERT_TRUE(executor.post([&] {
    first.set_value();
    second.get_future().wait();
  }));
  ASSERT_TRUE(executor.post([&] {
    second.set_value();
    first.get_future().wait();
  }));
}

TEST(ThreadPoolExecutor, ATaskMayPostAnother) {
  std::promise<void> done;
  ThreadPoolExecutor executor(1, 4);
  ASSERT_TRUE(executor.post([&] { EXPECT_TRUE(executor.post([&done] { done.set_value(); })); }));
  done.get_future().wait();
}

TEST(ThreadPoolExecutor, LetsGoOfATaskBeforeItTakesTheNext) {
  auto held = std::make_shared<int>(1);
  std::promise<long> count;
  ThreadPoolExecutor executor(1, 4);
  ASSERT_TRUE(executor.post([copy = held] { (void)copy; }));
  ASSERT_TRUE(executor.post([&] { count.set_value(held.use_count()); }));
  EXPECT_EQ(count.get_future().get(), 1);
}

TEST(ThreadPoolExecutor, ManyCallersLoseNothing) {
  std::atomic<int> taken{0}, ran{0};
  {
    ThreadPoolExecutor executor(2, 64);
    std::vector<std::thread> callers;
    for (int t = 0; t < 4; ++t)
      callers.emplace_back([&] {
        for (int i = 0; i < 2000; ++i)
          if (executor.post([&ran] { ++ran; })) ++taken;
      });
    for (std::thread& caller : callers) caller.join();
  }
  EXPECT_EQ(ran, taken);
  EXPECT_GT(ran, 0);
}

TEST(ManualExecutor, RunsOneAtATimeInOrderWhenTold) {
  ManualExecutor executor;
  std::vector<int> order;
  executor.post([&] {
    order.push_back(1);
    executor.post([&] { order.push_back(3); });
  });
  executor.post([&] { order.push_back(2); });
  EXPECT_EQ(executor.pending(), 2u);
  EXPECT_TRUE(order.empty());
  while (executor.run_one()) {
  }
  EXPECT_EQ(order, (std::vector<int>{1, 2, 3}));
  EXPECT_FALSE(executor.run_one());
}

}  // namespace
}  // namespace lumenflow
