// A tool's input, read the way all tools of the pack read it: strings are trimmed and empty ones absent.
//
// The host has checked the input, normalized(), against the tool's schema. What a schema cannot say is refused here
// with INVALID_INPUT and the pointer of the field. Borrows the input; views it returns live as long as that.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lumenflow/json.h"
#include "lumenflow/result.h"

namespace lumenflow::sidekick {

class Input {
 public:
  explicit Input(const json::Value& value) : value_(value) {}

  std::optional<std::string_view> text(std::string_view field) const;
  Result<std::string_view> required_text(std::string_view field) const;
  // The strings of a list; of those that differ in case alone, the first.
  std::vector<std::string_view> labels(std::string_view field) const;
  // An RFC 3339 time in milliseconds since 1970.
  Result<std::optional<std::int64_t>> time_ms(std::string_view field) const;
  bool flag(std::string_view field) const { return json::boolean_or(value_, field, false); }
  std::size_t limit() const;
  const json::Value& value() const { return value_; }
  // As it stands; null when absent.
  const json::Value* find(std::string_view field) const { return value_.find(field); }

 private:
  const json::Value& value_;
};

// INVALID_INPUT about one field.
Error invalid_field(std::string_view field, std::string_view reason);

}  // namespace lumenflow::sidekick
