#include "lumenflow/error_code.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace lumenflow {
namespace {

TEST(ErrorCodes, TableIsInTheOrderOfTheEnumeration) {
  std::size_t index = 0;
  for (const ErrorCodeInfo& row : all_error_codes()) {
    EXPECT_EQ(static_cast<std::size_t>(row.code), index++) << row.name;
    EXPECT_EQ(&info(row.code), &row);
  }
  EXPECT_EQ(static_cast<std::size_t>(ErrorCode::kInternal) + 1, all_error_codes().size());
}

TEST(ErrorCodes, NamesAreUniqueAndLeadBackToTheirCode) {
  std::set<std::string_view> names;
  for (const ErrorCodeInfo& row : all_error_codes()) {
    EXPECT_TRUE(names.insert(row.name).second) << row.name << " stands twice";
    EXPECT_THAT(std::string(row.name), testing::MatchesRegex("[A-Z][A-Z0-9]*(_[A-Z0-9]+)*"));
    EXPECT_EQ(error_code_from_name(row.name), row.code);
    EXPECT_EQ(name(row.code), row.name);
  }
  EXPECT_EQ(error_code_from_name("A_TOOLS_OWN_CODE"), std::nullopt);
  EXPECT_EQ(error_code_from_name("not_found"), std::nullopt) << "names are matched exactly";
  EXPECT_EQ(error_code_from_name(""), std::nullopt);
}

TEST(ErrorCodes, EveryRowMakesSenseOnEverySurface) {
  for (const ErrorCodeInfo& row : all_error_codes()) {
    SCOPED_TRACE(row.name);
    EXPECT_TRUE(row.http_status == 202 || (row.http_status >= 400 && row.http_status <= 599));
    EXPECT_TRUE(row.exit_code >= 1 && row.exit_code <= 3) << "0 would say that all is well";
    EXPECT_TRUE(row.json_rpc <= -32000 && row.json_rpc >= -32800);
    EXPECT_FALSE(row.meaning.empty());
    EXPECT_FALSE(name(row.canonical).empty());
    EXPECT_NE(row.meaning.back(), '.') << "a phrase, so that it can stand inside a sentence";
  }
}

TEST(ErrorCodes, StatusAgreesWithTheCanonicalKind) {
  for (const ErrorCodeInfo& row : all_error_codes()) {
    SCOPED_TRACE(row.name);
    switch (row.canonical) {
      case CanonicalCode::kUnauthenticated:
        EXPECT_EQ(row.http_status, 401);
        break;
      case CanonicalCode::kPermissionDenied:
        EXPECT_EQ(row.http_status, 403);
        break;
      case CanonicalCode::kNotFound:
        EXPECT_EQ(row.http_status, 404);
        break;
      case CanonicalCode::kAlreadyExists:
        EXPECT_EQ(row.http_status, 409);
        break;
      case CanonicalCode::kAborted:
        EXPECT_EQ(row.http_status, 409);
        break;
      case CanonicalCode::kUnavailable:
        EXPECT_EQ(row.http_status, 503);
        break;
      case CanonicalCode::kInternal:
        EXPECT_GE(row.http_status, 500);
        break;
      default:
        break;
    }
  }
}

TEST(ErrorCodes, WhatMayBeRetriedIsSaid) {
  EXPECT_TRUE(info(ErrorCode::kRateLimited).retryable);
  EXPECT_TRUE(info(ErrorCode::kJournalUnavailable).retryable);
  EXPECT_TRUE(info(ErrorCode::kInProgress).retryable);
  for (const ErrorCode code : {ErrorCode::kPolicyDenied, ErrorCode::kApprovalExpired, ErrorCode::kToolTimeout,
                               ErrorCode::kToolCrashed, ErrorCode::kIdempotencyConflict, ErrorCode::kJournalDamaged})
    EXPECT_FALSE(info(code).retryable) << name(code);
}

// What clients of the HTTP API and the command line are promised.
TEST(ErrorCodes, PublishedStatusesDoNotMove) {
  const std::pair<const char*, int> published[] = {{"INVALID_INPUT", 400},
                                                   {"MALFORMED_JSON", 400},
                                                   {"TOKEN_SCOPE_DENIED", 403},
                                                   {"SCOPE_DENIED", 403},
                                                   {"POLICY_DENIED", 403},
                                                   {"APPROVAL_DENIED", 403},
                                                   {"FROM_MISMATCH", 403},
                                                   {"TOOL_NOT_FOUND", 404},
                                                   {"NOT_FOUND", 404},
                                                   {"METHOD_NOT_ALLOWED", 405},
                                                   {"IDEMPOTENCY_CONFLICT", 409},
                                                   {"IN_PROGRESS", 409},
                                                   {"SPEC_TAMPERED", 409},
                                                   {"TOOL_CANCELLED", 409},
                                                   {"ALREADY_DECIDED", 409},
                                                   {"LOG_FORKED", 409},
                                                   {"WORKSPACE_ID_TAKEN", 409},
                                                   {"APPROVAL_EXPIRED", 410},
                                                   {"BODY_TOO_LARGE", 413},
                                                   {"UNSUPPORTED_MEDIA_TYPE", 415},
                                                   {"STOPPED", 423},
                                                   {"RATE_LIMITED", 429},
                                                   {"TOOL_CRASHED", 502},
                                                   {"INVALID_OUTPUT", 502},
                                                   {"OUTPUT_TOO_LARGE", 502},
                                                   {"JOURNAL_UNAVAILABLE", 503},
                                                   {"JOURNAL_DAMAGED", 503},
                                                   {"OUTBOX_FULL", 503},
                                                   {"TOOL_TIMEOUT", 504}};
  for (const auto& [wire, status] : published) {
    const auto code = error_code_from_name(wire);
    ASSERT_TRUE(code) << wire;
    EXPECT_EQ(info(*code).http_status, status) << wire;
  }
  EXPECT_EQ(info(ErrorCode::kUnreachable).exit_code, 3);
  EXPECT_EQ(info(ErrorCode::kInvalidConfiguration).exit_code, 2);
}

TEST(CanonicalCodes, ThereAreSixteenNames) {
  std::set<std::string_view> names;
  for (int i = 0; i <= static_cast<int>(CanonicalCode::kUnauthenticated); ++i)
    names.insert(name(static_cast<CanonicalCode>(i)));
  EXPECT_EQ(names.size(), 16u);
  EXPECT_EQ(name(CanonicalCode::kCancelled), "cancelled");
  EXPECT_EQ(name(CanonicalCode::kUnauthenticated), "unauthenticated");
}

}  // namespace
}  // namespace lumenflow
