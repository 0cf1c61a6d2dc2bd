// What the pack's tools answer with: a value, or a refusal with a code of the pack's own or of lumenflow's.
//
// Values.
#pragma once

#include <string>
#include <utility>
#include <variant>

#include "lumenflow/pack.h"

namespace lumenflow::software_delivery {

using Refusal = pack::ToolError;

// A value or a refusal: like Result, with codes that lumenflow's table does not have, such as WORKTREE_DIRTY.
template <class T>
class [[nodiscard]] Answer {
 public:
  Answer(T value) : state_(std::move(value)) {}            // NOLINT(google-explicit-constructor)
  Answer(Refusal refusal) : state_(std::move(refusal)) {}  // NOLINT(google-explicit-constructor)
  Answer(Error error)                                      // NOLINT(google-explicit-constructor)
      : state_(Refusal{std::string(name(error.code())), error.message(), {}}) {}

  bool ok() const { return state_.index() == 0; }
  T& value() { return std::get<0>(state_); }
  T& operator*() { return value(); }
  const T& operator*() const { return std::get<0>(state_); }
  T* operator->() { return &value(); }
  const Refusal& refusal() const { return std::get<1>(state_); }

 private:
  std::variant<T, Refusal> state_;
};

struct Nothing {};
using Done = Answer<Nothing>;

// Whether it went well, where what it says does not matter.
template <class T>
Done done(const Answer<T>& answer) {
  if (answer.ok()) return Nothing{};
  return answer.refusal();
}

inline Refusal refuse(std::string code, std::string message, json::Value details = {}) {
  return {std::move(code), std::move(message), std::move(details)};
}

inline pack::ToolResult to_tool_result(Answer<json::Value> answer) {
  if (answer.ok()) return pack::ToolOutput{std::move(answer.value()), {}};
  return answer.refusal();
}

}  // namespace lumenflow::software_delivery

// SD_TRY(done_expression);  SD_TRY_ASSIGN(auto x, answer_expression);  as LUMENFLOW_TRY, for answers.
#define SD_TRY(expression)                                                          \
  do {                                                                              \
    if (auto sd_answer = (expression); !sd_answer.ok()) return sd_answer.refusal(); \
  } while (false)
#define SD_TRY_ASSIGN(declaration, expression) \
  SD_TRY_ASSIGN_(LUMENFLOW_CONCAT(sd_answer_, __LINE__), declaration, expression)
#define SD_TRY_ASSIGN_(answer, declaration, expression) \
  auto answer = (expression);                           \
  if (!answer.ok()) return answer.refusal();            \
  declaration = std::move(*answer)
