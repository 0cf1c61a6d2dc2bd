#include "base/work_gate.h"

#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>

namespace lumenflow {
namespace {

TEST(WorkGate, WhatRunsIsWaitedForWithAllItOwns) {
  ThreadPoolExecutor executor(1, 4);
  std::promise<void> begun, may_end;
  auto held = std::make_shared<int>(0);
  std::weak_ptr<int> seen = held;
  std::optional<WorkGate> gate(std::in_place);
  ASSERT_TRUE(gate->post(executor, [&, held = std::exchange(held, nullptr)] {
    begun.set_value();
    may_end.get_future().wait();
    *held = 1;
  }));
  begun.get_future().wait();
  std::future<bool> closed = std::async(std::launch::async, [&] {
    gate.reset();
    return seen.expired();
  });
  may_end.set_value();
  EXPECT_TRUE(closed.get());
}

TEST(WorkGate, WhatHasNotBegunDoesNothing) {
  ManualExecutor executor;
  int runs = 0;
  {
    WorkGate gate;
    gate.post(executor, [&] { ++runs; });
    gate.post(executor, [&] { ++runs; });
    EXPECT_TRUE(executor.run_one());
    EXPECT_EQ(runs, 1);
  }
  EXPECT_TRUE(executor.run_one());
  EXPECT_EQ(runs, 1);
}

TEST(WorkGate, ATaskThatIsBrokenOffHasEnded) {
  ManualExecutor executor;
  WorkGate gate;
  gate.post(executor, [] { throw std::runtime_error("the power is cut"); });
  EXPECT_THROW(executor.run_one(), std::runtime_error);
  gate.close();
}

TEST(WorkGate, SaysWhenTheExecutorTakesNoMore) {
  ThreadPoolExecutor executor(1, 4);
  executor.finish();
  WorkGate gate;
  EXPECT_FALSE(gate.post(executor, [] {}));
}

}  // namespace
}  // namespace lumenflow
