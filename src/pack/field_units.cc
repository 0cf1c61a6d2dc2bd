#include "pack/field_units.h"

#include <charconv>

#include "base/time.h"

namespace lumenflow::pack {
namespace {

constexpr std::string_view kDurationHelp = "write a whole number with a unit: 500ms, 30s, 10m, 24h, 30d";
constexpr std::string_view kSizeHelp = "write a whole number with a unit: 512B, 64KiB, 1MiB, 1GiB";

}  // namespace

Milliseconds read_duration(Fields& fields, std::string_view key, Milliseconds fallback, Milliseconds min) {
  const json::Value* value = fields.find(key);
  if (value == nullptr) return fallback;
  const std::string pointer = fields.pointer_to(key);
  const std::string* text = value->if_string();
  const Result<Milliseconds> duration = text != nullptr ? parse_duration(*text) : Error(ErrorCode::kInvalidInput, "");
  if (!duration.ok()) {
    fields.report().bad(pointer, shown(*value) + " is no duration", std::string(kDurationHelp));
  } else if (*duration < min) {
    fields.report().bad(pointer, shown(*value) + " is too short", "at least " + std::to_string(min.count()) + "ms");
  } else {
    return *duration;
  }
  return fallback;
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (ec != std::errc{} || number > (std::uint64_t{1} << 32)) return std::nullopt;
  const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  if (unit == "B") return number;
  if (unit == "KiB") return number << 10;
  if (unit == "MiB") return number << 20;
  if (unit == "GiB") return number << 30;
  return std::nullopt;
}

std::uint64_t read_size(Fields& fields, std::string_view key, std::uint64_t fallback, std::uint64_t min,
                        std::uint64_t max) {
  const json::Value* value = fields.find(key);
  if (value == nullptr) return fallback;
  const std::string pointer = fields.pointer_to(key);
  std::optional<std::uint64_t> bytes;
  if (const std::string* text = value->if_string()) bytes = parse_size(*text);
  if (const std::int64_t* integer = value->if_integer(); integer != nullptr && *integer >= 0)
    bytes = static_cast<std::uint64_t>(*integer);
  if (!bytes) {
    fields.report().bad(pointer, shown(*value) + " is no size", std::string(kSizeHelp));
  } else if (*bytes < min || *bytes > max) {
    fields.report().bad(pointer, shown(*value) + " is out of range",
                        "from " + std::to_string(min) + " to " + std::to_string(max) + " bytes");
  } else {
    return *bytes;
  }
  return fallback;
}

double read_quantity(Fields& fields, std::string_view key, double fallback) {
  const json::Value* value = fields.find(key);
  if (value == nullptr) return fallback;
  if (value->is_number() && value->as_double() >= 0) return value->as_double();
  fields.report().bad(fields.pointer_to(key),
                      "'" + std::string(key) + "' must be a number from 0, not " + shown(*value));
  return fallback;
}

std::optional<bool> parse_switch(const json::Value& value) {
  if (const bool* boolean = value.if_boolean()) return *boolean;
  const std::string* text = value.if_string();
  if (text != nullptr && *text == "on") return true;
  if (text != nullptr && *text == "off") return false;
  return std::nullopt;
}

bool read_switch(Fields& fields, std::string_view key, bool fallback) {
  const json::Value* value = fields.find(key);
  if (value == nullptr) return fallback;
  if (const auto on = parse_switch(*value)) return *on;
  fields.report().bad(fields.pointer_to(key), "'" + std::string(key) + "' must be on or off, not " + shown(*value));
  return fallback;
}

}  // namespace lumenflow::pack
