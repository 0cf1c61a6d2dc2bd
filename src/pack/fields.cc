#include "pack/fields.h"

#include <algorithm>
#include <cmath>

namespace lumenflow::pack {
namespace {

std::string_view type_name(const json::Value& value) {
  switch (value.kind()) {
    case json::Kind::kNull:
      return "nothing";
    case json::Kind::kBoolean:
      return "a boolean";
    case json::Kind::kString:
      return "a string";
    case json::Kind::kArray:
      return "a list";
    case json::Kind::kObject:
      return "a map";
    default:
      return "a number";
  }
}

// The last token of a pointer, readable: the field that is spoken of.
std::string field_of(std::string_view pointer) {
  if (pointer.empty()) return "the file";
  const std::string_view token = pointer.substr(pointer.rfind('/') + 1);
  std::string out;
  for (std::size_t i = 0; i < token.size(); ++i) {
    if (token[i] == '~' && i + 1 < token.size()) {
      out += token[++i] == '1' ? '/' : '~';
    } else {
      out += token[i];
    }
  }
  const bool is_index = out.find_first_not_of("0123456789") == std::string::npos;
  return is_index ? "entry " + std::to_string(std::stoull("0" + out.substr(0, 9)) + 1) : "'" + out + "'";
}

std::string quoting_help(const json::Value& got) {
  if (got.if_double() != nullptr) return "put it between quotes";  // as it was written: 1.0, not 1
  return got.is_number() || got.is_boolean() ? "put it between quotes: \"" + json::serialize(got) + "\"" : "";
}

}  // namespace

std::string shown(const json::Value& value) {
  constexpr std::size_t kShownBytesMax = 80;
  if (const std::string* text = value.if_string()) {
    if (text->size() <= kShownBytesMax) return "'" + *text + "'";
    std::size_t end = kShownBytesMax;
    while (end > 0 && (static_cast<unsigned char>((*text)[end]) & 0xc0) == 0x80) --end;
    return "'" + text->substr(0, end) + "…'";
  }
  return value.is_number() || value.is_boolean() ? json::serialize(value) : std::string(type_name(value));
}

std::string child_pointer(std::string_view pointer, std::string_view key) {
  return std::string(pointer) + "/" + json::escape_pointer_token(key);
}

std::string child_pointer(std::string_view pointer, std::size_t index) {
  return std::string(pointer) + "/" + std::to_string(index);
}

void Report::add(std::string_view code, SourcePlace place, std::string message, std::string help) {
  ++faults_;
  std::string snippet = document_.line_at(place);
  diagnostics_.add(code, std::move(place), std::move(message), std::move(help), std::move(snippet));
}

void Report::at(std::string_view code, std::string_view pointer, std::string message, std::string help) {
  add(code, document_.place_of(pointer), std::move(message), std::move(help));
}

void Report::at_key(std::string_view code, std::string_view pointer, std::string message, std::string help) {
  add(code, document_.place_of_key(pointer), std::move(message), std::move(help));
}

void Report::elsewhere(std::string_view code, SourcePlace place, std::string message, std::string help,
                       std::string snippet) {
  ++faults_;
  diagnostics_.add(code, std::move(place), std::move(message), std::move(help), std::move(snippet));
}

void Report::wrong_type(std::string_view pointer, std::string_view expected, const json::Value& got) {
  bad(pointer, field_of(pointer) + " must be " + std::string(expected) + ", not " + std::string(type_name(got)),
      expected.starts_with("a string") ? quoting_help(got) : "");
}

void Report::not_one_of(std::string_view code, std::string_view pointer, const std::string& got,
                        std::span<const std::string_view> words) {
  std::string list;
  for (const std::string_view word : words) list += (list.empty() ? "" : ", ") + std::string(word);
  const auto meant = nearest(got, words);
  at(code, pointer, shown(got) + " is not one of: " + list, meant ? "did you mean '" + *meant + "'?" : "");
}

Fields::Fields(Report& report, const json::Value& value, std::string pointer, std::string what)
    : report_(report), object_(value.if_object()), pointer_(std::move(pointer)), what_(std::move(what)) {
  if (object_ == nullptr) report_.wrong_type(pointer_, "a map", value);
}

std::string Fields::pointer_to(std::string_view key) const { return child_pointer(pointer_, key); }

const json::Value* Fields::find(std::string_view key) {
  known_.emplace_back(key);
  return object_ == nullptr ? nullptr : object_->find(key);
}

const json::Value* Fields::require(std::string_view key) {
  const json::Value* value = find(key);
  if (value == nullptr && object_ != nullptr)
    report_.at(report_.codes().missing, pointer_, what_ + " needs '" + std::string(key) + "'",
               "add '" + std::string(key) + ":'");
  return value;
}

const json::Value* Fields::typed(std::string_view key, std::string_view expected, bool (json::Value::*is)() const) {
  const json::Value* value = find(key);
  if (value == nullptr || (value->*is)()) return value;
  report_.wrong_type(pointer_to(key), expected, *value);
  return nullptr;
}

const std::string* Fields::text(std::string_view key) {
  const json::Value* value = typed(key, "a string", &json::Value::is_string);
  if (value == nullptr) return nullptr;
  if (value->as_string().empty()) {
    report_.bad(pointer_to(key), "'" + std::string(key) + "' must not be empty");
    return nullptr;
  }
  return &value->as_string();
}

const json::Array* Fields::list(std::string_view key) {
  const json::Value* value = typed(key, "a list", &json::Value::is_array);
  return value == nullptr ? nullptr : value->if_array();
}

const json::Object* Fields::map(std::string_view key) {
  const json::Value* value = typed(key, "a map", &json::Value::is_object);
  return value == nullptr ? nullptr : value->if_object();
}

std::string Fields::text_or(std::string_view key, std::string_view fallback) {
  const std::string* value = text(key);
  return value == nullptr ? std::string(fallback) : *value;
}

bool Fields::boolean(std::string_view key, bool fallback) {
  const json::Value* value = typed(key, "true or false", &json::Value::is_boolean);
  return value == nullptr ? fallback : value->as_boolean();
}

std::int64_t Fields::integer(std::string_view key, std::int64_t fallback, std::int64_t min, std::int64_t max) {
  const json::Value* value = find(key);
  if (value == nullptr) return fallback;
  const std::int64_t* integer = value->if_integer();
  if (integer != nullptr && *integer >= min && *integer <= max) return *integer;
  report_.bad(pointer_to(key), "'" + std::string(key) + "' must be a whole number from " + std::to_string(min) +
                                   " to " + std::to_string(max) + ", not " + shown(*value));
  return fallback;
}

std::vector<std::string> Fields::texts(std::string_view key) {
  std::vector<std::string> out;
  const json::Array* array = list(key);
  for (std::size_t i = 0; array != nullptr && i < array->size(); ++i) {
    const std::string* text = (*array)[i].if_string();
    if (text == nullptr) {
      report_.wrong_type(child_pointer(pointer_to(key), i), "a string", (*array)[i]);
    } else if (text->empty()) {
      report_.bad(child_pointer(pointer_to(key), i), "an entry of '" + std::string(key) + "' must not be empty");
    } else {
      out.push_back(*text);
    }
  }
  return out;
}

std::optional<std::size_t> Fields::one_of(std::string_view key, std::span<const std::string_view> words) {
  const std::string* value = text(key);
  if (value == nullptr) return std::nullopt;
  const auto found = std::ranges::find(words, *value);
  if (found != words.end()) return static_cast<std::size_t>(found - words.begin());
  report_.not_one_of(report_.codes().bad, pointer_to(key), *value, words);
  return std::nullopt;
}

void Fields::finish() {
  if (object_ == nullptr) return;
  const std::vector<std::string_view> known(known_.begin(), known_.end());
  for (const json::Member& member : *object_) {
    if (std::ranges::find(known, member.key) != known.end()) continue;
    const auto meant = nearest(member.key, known);
    report_.at_key(report_.codes().unknown, pointer_to(member.key), what_ + " has no field " + shown(member.key),
                   meant ? "did you mean '" + *meant + "'?" : "remove it");
  }
}

}  // namespace lumenflow::pack
