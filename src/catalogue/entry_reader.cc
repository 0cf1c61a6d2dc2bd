#include "catalogue/entry_reader.h"

#include <algorithm>

namespace lumenflow::catalogue {
namespace {

std::string list_of(std::span<const std::string_view> words) {
  std::string out;
  for (const std::string_view word : words) out.append(out.empty() ? "" : ", ").append(word);
  return out;
}

}  // namespace

std::string shown(const json::Value& value) {
  if (value.is_object()) return "an object";
  if (value.is_array()) return "a list";
  if (const std::string* text = value.if_string()) return "'" + *text + "'";
  return json::serialize(value);
}

EntryReader::EntryReader(const json::Value& value, const SourceText& source, std::string pointer, std::string_view what,
                         std::span<const std::string_view> known, Faults& faults)
    : object_(value.if_object()), source_(source), pointer_(std::move(pointer)), what_(what), faults_(faults) {
  if (object_ == nullptr) {
    faults_.at("LF1064", source_, pointer_, what_ + " must be an object, not " + shown(value),
               "its members are " + list_of(known));
    return;
  }
  for (const json::Member& member : *object_)
    if (std::ranges::find(known, member.key) == known.end())
      faults_.at_key("LF1062", source_, pointer_to(member.key), what_ + " has no '" + member.key + "'",
                     "its members are " + list_of(known));
}

std::string EntryReader::pointer_to(std::string_view key) const {
  return pointer_ + "/" + json::escape_pointer_token(key);
}

const json::Value* EntryReader::find(std::string_view key) const {
  return object_ == nullptr ? nullptr : object_->find(key);
}

const json::Value* EntryReader::require(std::string_view key) const {
  const json::Value* value = find(key);
  if (value == nullptr && object_ != nullptr)
    faults_.at("LF1063", source_, pointer_, what_ + " needs '" + std::string(key) + "'",
               "add \"" + std::string(key) + "\"");
  return value;
}

const std::string* EntryReader::text(std::string_view key, bool required) const {
  const json::Value* value = required ? require(key) : find(key);
  if (value == nullptr) return nullptr;
  const std::string* text = value->if_string();
  if (text == nullptr) bad(key, "'" + std::string(key) + "' must be a string, not " + shown(*value), {});
  return text;
}

std::optional<std::int64_t> EntryReader::integer(std::string_view key, std::int64_t min, std::int64_t max,
                                                 bool required) const {
  const json::Value* value = required ? require(key) : find(key);
  if (value == nullptr) return std::nullopt;
  const std::int64_t* number = value->if_integer();
  const std::string name = "'" + std::string(key) + "'";
  if (number != nullptr && *number >= min && *number <= max) return *number;
  if (value->if_double() != nullptr)
    bad(key, name + " must be an integer, and is not written as one",
        "write it without a point and without an exponent");
  else if (!value->is_number())
    bad(key, name + " must be an integer, not " + shown(*value), {});
  else
    bad(key, name + " must be from " + std::to_string(min) + " to " + std::to_string(max) + ", not " + shown(*value),
        {});
  return std::nullopt;
}

void EntryReader::bad(std::string_view key, std::string message, std::string help) const {
  at("LF1064", key, std::move(message), std::move(help));
}

void EntryReader::at(std::string_view code, std::string_view key, std::string message, std::string help) const {
  faults_.at(code, source_, pointer_to(key), std::move(message), std::move(help));
}

}  // namespace lumenflow::catalogue
