// Result<T>: a value, or an Error that says what went wrong and what to do about it.
//
// Errors travel as values. Exceptions stay inside third-party calls and are caught where those are made.
// Value semantics throughout; no thread safety beyond that of the values held.
#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>
#include <vector>

#include "lumenflow/error_code.h"

namespace lumenflow {

// One place where something is wrong, e.g. {"/due_at", "must be a date-time"}.
struct ErrorDetail {
  std::string pointer;  // RFC 6901 JSON pointer into what was given; empty is its root
  std::string reason;
  bool operator==(const ErrorDetail&) const = default;
};

class [[nodiscard]] Error {
 public:
  Error(ErrorCode code, std::string message) : code_(code), message_(std::move(message)) {}
  Error(ErrorCode code, std::string message, std::vector<ErrorDetail> details)
      : code_(code), message_(std::move(message)), details_(std::move(details)) {}

  ErrorCode code() const { return code_; }
  const std::string& message() const { return message_; }
  const std::vector<ErrorDetail>& details() const { return details_; }
  bool retryable() const { return info(code_).retryable; }

  // Says where the error passed on its way up: "opening the workspace: reading lumenflow.yaml: no such file".
  Error& with_context(std::string_view context) & {
    message_.insert(0, std::string(context) + ": ");
    return *this;
  }
  Error with_context(std::string_view context) && { return std::move(with_context(context)); }

  // "NOT_FOUND: no task task-01J…"
  std::string to_string() const { return std::string(name(code_)) + ": " + message_; }

 private:
  ErrorCode code_;
  std::string message_;
  std::vector<ErrorDetail> details_;
};

template <class T>
class [[nodiscard]] Result {
 public:
  using value_type = T;
  Result(T value) : state_(std::move(value)) {}                    // NOLINT(google-explicit-constructor)
  Result(Error error) : state_(tl::unexpect, std::move(error)) {}  // NOLINT(google-explicit-constructor)

  bool ok() const { return state_.has_value(); }
  explicit operator bool() const { return ok(); }
  T& value() & { return *state_; }
  const T& value() const& { return *state_; }
  T&& value() && { return std::move(*state_); }
  T& operator*() & { return *state_; }
  const T& operator*() const& { return *state_; }
  T&& operator*() && { return std::move(*state_); }
  T* operator->() { return &*state_; }
  const T* operator->() const { return &*state_; }
  const Error& error() const& { return state_.error(); }
  Error&& error() && { return std::move(state_.error()); }
  T value_or(T other) && { return ok() ? std::move(*state_) : std::move(other); }

 private:
  tl::expected<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : state_(tl::unexpect, std::move(error)) {}  // NOLINT(google-explicit-constructor)
  bool ok() const { return state_.has_value(); }
  explicit operator bool() const { return ok(); }
  const Error& error() const& { return state_.error(); }
  Error&& error() && { return std::move(state_.error()); }

 private:
  tl::expected<void, Error> state_;
};

using Status = Result<void>;

}  // namespace lumenflow

#define LUMENFLOW_CONCAT_(a, b) a##b
#define LUMENFLOW_CONCAT(a, b) LUMENFLOW_CONCAT_(a, b)

// LUMENFLOW_TRY(status_expression);  returns the error from the enclosing function.
#define LUMENFLOW_TRY(expression)                                                                                 \
  do {                                                                                                            \
    if (auto lumenflow_status = (expression); !lumenflow_status.ok()) return std::move(lumenflow_status).error(); \
  } while (false)

// LUMENFLOW_TRY_ASSIGN(auto x, result_expression);  the same, and names the value otherwise.
#define LUMENFLOW_TRY_ASSIGN(declaration, expression) \
  LUMENFLOW_TRY_ASSIGN_(LUMENFLOW_CONCAT(lumenflow_result_, __LINE__), declaration, expression)
#define LUMENFLOW_TRY_ASSIGN_(result, declaration, expression) \
  auto result = (expression);                                  \
  if (!result.ok()) return std::move(result).error();          \
  declaration = *std::move(result)
