#include "lumenflow/error_code.h"

#include <array>
#include <cstddef>

namespace lumenflow {
namespace {

constexpr std::array kTable = {
#define LUMENFLOW_X(enumerator, wire, canonical, http, exit_code, json_rpc, retryable, meaning) \
  ErrorCodeInfo{ErrorCode::enumerator, wire, CanonicalCode::canonical, http, exit_code, json_rpc, retryable, meaning},
    LUMENFLOW_ERROR_CODES(LUMENFLOW_X)
#undef LUMENFLOW_X
};

constexpr std::array<std::string_view, 16> kCanonicalNames = {
    "cancelled",      "unknown",           "invalid_argument",   "deadline_exceeded",   "not_found",
    "already_exists", "permission_denied", "resource_exhausted", "failed_precondition", "aborted",
    "out_of_range",   "unimplemented",     "internal",           "unavailable",         "data_loss",
    "unauthenticated"};

}  // namespace

const ErrorCodeInfo& info(ErrorCode code) { return kTable[static_cast<std::size_t>(code)]; }

std::string_view name(CanonicalCode code) { return kCanonicalNames[static_cast<std::size_t>(code)]; }

std::optional<ErrorCode> error_code_from_name(std::string_view name) {
  for (const ErrorCodeInfo& row : kTable)
    if (row.name == name) return row.code;
  return std::nullopt;
}

std::span<const ErrorCodeInfo> all_error_codes() { return kTable; }

}  // namespace lumenflow
