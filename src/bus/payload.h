// Between generated payload structs and JSON: every member by the name that its schema has.
//
// A payload is a struct with `visit_members`, or one of a schema that no struct can hold, with a JSON member `payload`.
// Pure functions.
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "lumenflow/json.h"

namespace lumenflow::bus {

template <class T>
inline constexpr bool kIsOptional = false;
template <class T>
inline constexpr bool kIsOptional<std::optional<T>> = true;
template <class T>
inline constexpr bool kIsList = false;
template <class T>
inline constexpr bool kIsList<std::vector<T>> = true;

template <class T>
concept HasMembers = requires(T& value) {
  T::visit_members(value, [](std::string_view, auto&) {});
};

template <class T>
json::Value json_of(const T& value) {
  if constexpr (std::same_as<T, json::Value>) {
    return value;
  } else if constexpr (kIsList<T>) {
    json::Array out;
    out.reserve(value.size());
    for (const auto& each : value) out.push_back(json_of(each));
    return out;
  } else if constexpr (HasMembers<T>) {
    json::Object out;
    T::visit_members(value, [&out](std::string_view name, const auto& member) {
      if constexpr (kIsOptional<std::remove_cvref_t<decltype(member)>>) {
        if (member) out.append(std::string(name), json_of(*member));
      } else {
        out.append(std::string(name), json_of(member));
      }
    });
    return out;
  } else if constexpr (requires { value.payload; }) {
    return value.payload;
  } else {
    return json::Value(value);
  }
}

// False where the JSON has not the shape of the struct; `out` is then partly filled. Members that the struct does not
// have are left out.
template <class T>
bool from_json(const json::Value& json, T& out) {
  if constexpr (std::same_as<T, json::Value>) {
    out = json;
    return true;
  } else if constexpr (std::same_as<T, std::string>) {
    if (const std::string* text = json.if_string()) return out = *text, true;
    return false;
  } else if constexpr (std::same_as<T, bool>) {
    if (const bool* flag = json.if_boolean()) return out = *flag, true;
    return false;
  } else if constexpr (std::same_as<T, std::int64_t>) {
    if (const std::int64_t* number = json.if_integer()) return out = *number, true;
    const double* number = json.if_double();  // 1.0 is an integer to a schema
    if (number == nullptr || *number < -9e15 || *number > 9e15) return false;
    out = static_cast<std::int64_t>(*number);
    return static_cast<double>(out) == *number;
  } else if constexpr (std::same_as<T, double>) {
    if (!json.is_number()) return false;
    out = json.as_double();
    return true;
  } else if constexpr (kIsList<T>) {
    const json::Array* items = json.if_array();
    if (items == nullptr) return false;
    out.clear();
    for (const json::Value& item : *items)
      if (!from_json(item, out.emplace_back())) return false;
    return true;
  } else if constexpr (HasMembers<T>) {
    if (!json.is_object()) return false;
    bool good = true;
    T::visit_members(out, [&](std::string_view name, auto& member) {
      const json::Value* found = json.find(name);
      if constexpr (kIsOptional<std::remove_cvref_t<decltype(member)>>) {
        member.reset();
        if (found != nullptr) good = from_json(*found, member.emplace()) && good;
      } else {
        good = found != nullptr && from_json(*found, member) && good;
      }
    });
    return good;
  } else {
    out.payload = json;
    return true;
  }
}

}  // namespace lumenflow::bus
