#include "lumenflow/result.h"

#include <gtest/gtest.h>

#include <memory>

#include "base/check.h"
#include "base/strong.h"

namespace lumenflow {
namespace {

Error not_found() { return Error(ErrorCode::kNotFound, "no such file"); }

Result<int> half(int value) {
  if (value % 2 != 0) return Error(ErrorCode::kInvalidInput, "odd", {{"/value", "must be even"}});
  return value / 2;
}

Result<std::string> quarter(int value) {
  LUMENFLOW_TRY_ASSIGN(const int once, half(value));
  LUMENFLOW_TRY_ASSIGN(const int twice, half(once));
  return std::to_string(twice);
}

Status all_even(std::initializer_list<int> values, int& seen) {
  for (const int value : values) {
    LUMENFLOW_TRY(half(value));
    ++seen;
  }
  return {};
}

TEST(Result, HoldsAValueOrAnError) {
  EXPECT_EQ(*half(4), 2);
  EXPECT_TRUE(half(4).ok());
  const Result<int> bad = half(3);
  EXPECT_FALSE(bad);
  EXPECT_EQ(bad.error().code(), ErrorCode::kInvalidInput);
  EXPECT_EQ(half(3).value_or(9), 9);
  EXPECT_EQ(half(8).value_or(9), 4);
}

TEST(Result, HoldsWhatCanOnlyBeMoved) {
  Result<std::unique_ptr<int>> result = std::make_unique<int>(5);
  const std::unique_ptr<int> taken = *std::move(result);
  EXPECT_EQ(*taken, 5);
}

TEST(Result, TryAssignNamesTheValueOrReturnsTheError) {
  EXPECT_EQ(*quarter(12), "3");
  EXPECT_EQ(quarter(6).error().to_string(), "INVALID_INPUT: odd");
  EXPECT_EQ(quarter(6).error().details(), (std::vector<ErrorDetail>{{"/value", "must be even"}}));
}

TEST(Result, TryStopsAtTheFirstError) {
  int seen = 0;
  EXPECT_TRUE(all_even({2, 4}, seen).ok());
  EXPECT_EQ(seen, 2);
  EXPECT_FALSE(all_even({2, 3, 4}, seen).ok());
  EXPECT_EQ(seen, 3);
}

TEST(Error, GathersContextWhileItRises) {
  const Error error = not_found().with_context("reading lumenflow.yaml").with_context("opening the workspace");
  EXPECT_EQ(error.to_string(), "NOT_FOUND: opening the workspace: reading lumenflow.yaml: no such file");
  Error named = not_found();
  named.with_context("a");
  EXPECT_EQ(named.message(), "a: no such file");
  EXPECT_EQ(named.code(), ErrorCode::kNotFound);
}

TEST(Error, KnowsWhetherToRetry) {
  EXPECT_FALSE(not_found().retryable());
  EXPECT_TRUE(Error(ErrorCode::kRateLimited, "").retryable());
}

TEST(Strong, IdsOfTwoKindsDoNotMix) {
  static_assert(!std::is_convertible_v<std::string, ReceiptId>);
  static_assert(!std::is_convertible_v<ReceiptId, Subject>);
  static_assert(!std::is_constructible_v<Subject, ReceiptId>);
  EXPECT_EQ(Position(3).next().value(), 4u);
  EXPECT_LT(Position(3), Position(4));
  EXPECT_EQ(std::hash<ReceiptId>{}(ReceiptId("a")), std::hash<ReceiptId>{}(ReceiptId("a")));
}

TEST(CheckDeathTest, ABrokenInvariantAbortsAndNamesItself) {
  EXPECT_DEATH(LUMENFLOW_CHECK(1 + 1 == 3), "broken invariant: 1 \\+ 1 == 3 .*result_test.cc");
  LUMENFLOW_CHECK(1 + 1 == 2);
}

}  // namespace
}  // namespace lumenflow
