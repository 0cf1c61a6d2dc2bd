// How generated sources write records to JSON and read them from it, member by member. A record is a struct with a
// to_json and a from_json of its own, found by its namespace.
//
// Reading goes on after a fault, so that one answer (INVALID_INPUT) names them all; members that the record does not
// have are skipped, or kept by one that is open. One thread.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "lumenflow/json.h"
#include "lumenflow/result.h"

namespace lumenflow::json::codec {

// The words of an enumeration, in its order; specialised for each.
template <class E>
struct Words;

template <class E>
concept HasWords = requires {
  Words<E>::kAll;
};

template <HasWords E>
std::string_view word_of(E value) {
  return Words<E>::kAll.at(static_cast<std::size_t>(value));
}

// Value -> JSON. Records come with a to_json of their own, found by their namespace.
inline json::Value write(const std::string& value) { return value; }
inline json::Value write(std::int64_t value) { return value; }
inline json::Value write(double value) { return value; }
inline json::Value write(bool value) { return value; }
inline json::Value write(const json::Object& value) { return value; }
inline json::Value write(const json::Value& value) { return value; }
template <HasWords E>
json::Value write(E value) {
  return word_of(value);
}
template <class T>
requires requires(const T& value) { to_json(value); }
json::Value write(const T& value) { return to_json(value); }
template <class... T>
json::Value write(const std::variant<T...>& value);
template <class T>
json::Value write(const std::vector<T>& values) {
  json::Array items;
  items.reserve(values.size());
  for (const T& each : values) items.push_back(write(each));
  return items;
}
template <class... T>
json::Value write(const std::variant<T...>& value) {
  return std::visit([](const auto& each) { return write(each); }, value);
}

// JSON -> value; faults are added to `faults` below the pointer `place`.
using Faults = std::vector<ErrorDetail>;

inline void read(const json::Value& json, std::string& value, const std::string& place, Faults& faults) {
  if (const std::string* found = json.if_string())
    value = *found;
  else
    faults.push_back({place, "must be a string"});
}
inline void read(const json::Value& json, std::int64_t& value, const std::string& place, Faults& faults) {
  if (const std::int64_t* found = json.if_integer())
    value = *found;
  else
    faults.push_back({place, "must be an integer"});
}
inline void read(const json::Value& json, double& value, const std::string& place, Faults& faults) {
  if (json.is_number())
    value = json.as_double();
  else
    faults.push_back({place, "must be a number"});
}
inline void read(const json::Value& json, bool& value, const std::string& place, Faults& faults) {
  if (const bool* found = json.if_boolean())
    value = *found;
  else
    faults.push_back({place, "must be true or false"});
}
inline void read(const json::Value& json, json::Object& value, const std::string& place, Faults& faults) {
  if (const json::Object* found = json.if_object())
    value = *found;
  else
    faults.push_back({place, "must be an object"});
}
inline void read(const json::Value& json, json::Value& value, const std::string&, Faults&) { value = json; }
template <HasWords E>
void read(const json::Value& json, E& value, const std::string& place, Faults& faults) {
  const std::string* word = json.if_string();
  const auto found = word == nullptr ? Words<E>::kAll.end() : std::ranges::find(Words<E>::kAll, *word);
  if (found == Words<E>::kAll.end())
    faults.push_back({place, "is none of the words known here"});
  else
    value = static_cast<E>(found - Words<E>::kAll.begin());
}
template <class T>
concept IsRecord = requires(const json::Value& json, T& value) {
  from_json(json, value);
};
template <IsRecord T>
void read(const json::Value& json, T& value, const std::string& place, Faults& faults) {
  const Status status = from_json(json, value);
  if (status.ok()) return;
  for (const ErrorDetail& detail : status.error().details()) faults.push_back({place + detail.pointer, detail.reason});
}
// The first of the records that can be read.
template <IsRecord... T>
void read(const json::Value& json, std::variant<T...>& value, const std::string& place, Faults& faults) {
  if (!(from_json(json, value.template emplace<T>()).ok() || ...))
    faults.push_back({place, "is none of the records known here"});
}
template <class T>
void read(const json::Value& json, std::vector<T>& values, const std::string& place, Faults& faults) {
  values.clear();
  const json::Array* items = json.if_array();
  if (items == nullptr) return faults.push_back({place, "must be an array"});
  for (std::size_t i = 0; i < items->size(); ++i)
    read((*items)[i], values.emplace_back(), place + "/" + std::to_string(i), faults);
}
inline void read(const json::Value& json, std::variant<std::vector<json::Object>, std::string>& value,
                 const std::string& place, Faults& faults) {
  if (const std::string* text = json.if_string())
    value = *text;
  else
    read(json, value.emplace<std::vector<json::Object>>(), place, faults);
}

class ObjectWriter {
 public:
  template <class T>
  void member(std::string_view name, const T& value) {
    object_.append(std::string(name), write(value));
  }
  template <class T>
  void member(std::string_view name, const std::optional<T>& value) {
    if (value) member(name, *value);
  }
  // Null where it has no value.
  template <class T>
  void nullable(std::string_view name, const std::optional<T>& value) {
    object_.append(std::string(name), value ? write(*value) : json::Value());
  }
  // What the record keeps of members that it does not know.
  void others(const json::Object& value) {
    for (const json::Member& each : value)
      if (object_.find(each.key) == nullptr) object_.append(each.key, each.value);
  }
  json::Value take() { return std::move(object_); }

 private:
  json::Object object_;
};

// Borrows the JSON.
class ObjectReader {
 public:
  explicit ObjectReader(const json::Value& json) : json_(json) {
    if (!json.is_object()) faults_.push_back({"", "must be an object"});
  }
  template <class T>
  void member(std::string_view name, T& value) {
    if (const json::Value* found = json_.find(name))
      read(*found, value, place_of(name), faults_);
    else if (json_.is_object())
      faults_.push_back({place_of(name), "is required"});
  }
  template <class T>
  void member(std::string_view name, std::optional<T>& value) {
    value.reset();
    if (const json::Value* found = json_.find(name)) read(*found, value.emplace(), place_of(name), faults_);
  }
  // Required, and may be null.
  template <class T>
  void nullable(std::string_view name, std::optional<T>& value) {
    value.reset();
    const json::Value* found = json_.find(name);
    if (found == nullptr || !found->is_null()) member(name, value.emplace());
  }
  // The members that are none of `known`.
  void others(json::Object& value, std::initializer_list<std::string_view> known) {
    value = {};
    if (const json::Object* object = json_.if_object())
      for (const json::Member& each : *object)
        if (std::ranges::find(known, each.key) == known.end()) value.append(each.key, each.value);
  }
  Status status() {
    if (faults_.empty()) return {};
    const std::string message = faults_.front().pointer + " " + faults_.front().reason;
    return Error(ErrorCode::kInvalidInput, message, std::move(faults_));
  }

 private:
  static std::string place_of(std::string_view name) { return "/" + json::escape_pointer_token(name); }
  const json::Value& json_;
  Faults faults_;
};

}  // namespace lumenflow::json::codec
