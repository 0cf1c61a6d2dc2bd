#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/check.h"
#include "json/number.h"
#include "lumenflow/json.h"

namespace lumenflow::json {
namespace {

constexpr std::size_t kPairwiseMembersMax = 16;  // beyond that many members sorting beats comparing each with each

std::vector<const Member*> by_key(const Object& object) {
  std::vector<const Member*> sorted;
  sorted.reserve(object.size());
  for (const Member& member : object) sorted.push_back(&member);
  std::sort(sorted.begin(), sorted.end(), [](const Member* a, const Member* b) { return a->key < b->key; });
  return sorted;
}

bool equal(const Member& a, const Member& b) { return a.key == b.key && a.value == b.value; }

bool equal(const Object& a, const Object& b) {
  if (a.size() != b.size()) return false;
  if (std::equal(a.begin(), a.end(), b.begin(), [](const Member& x, const Member& y) { return x.key == y.key; }))
    return std::equal(a.begin(), a.end(), b.begin(),
                      [](const Member& x, const Member& y) { return x.value == y.value; });
  if (a.size() <= kPairwiseMembersMax)
    return std::all_of(a.begin(), a.end(), [&b](const Member& member) {
      const Value* other = b.find(member.key);
      return other != nullptr && *other == member.value;
    });
  const std::vector<const Member*> left = by_key(a), right = by_key(b);
  return std::equal(left.begin(), left.end(), right.begin(),
                    [](const Member* x, const Member* y) { return equal(*x, *y); });
}

// The index that an RFC 6901 token names: decimal digits without a leading zero.
const Value* element(const Array& array, std::string_view token) {
  if (token.empty() || (token.size() > 1 && token.front() == '0')) return nullptr;
  std::size_t index = 0;
  const auto [end, error] = std::from_chars(token.data(), token.data() + token.size(), index);
  if (error != std::errc() || end != token.data() + token.size()) return nullptr;
  return index < array.size() ? &array[index] : nullptr;
}

std::string unescape_pointer_token(std::string_view token) {
  std::string out;
  for (std::size_t i = 0; i < token.size(); ++i) {
    const bool escape = token[i] == '~' && i + 1 < token.size() && (token[i + 1] == '0' || token[i + 1] == '1');
    out += !escape ? token[i] : token[++i] == '0' ? '~' : '/';
  }
  return out;
}

}  // namespace

Object::Object(std::initializer_list<Member> members) {
  members_.reserve(members.size());
  for (const Member& member : members) set(member.key, member.value);
}

Object::Object(std::vector<Member> members) : members_(std::move(members)) {}

const Value* Object::find(std::string_view key) const {
  for (const Member& member : members_)
    if (member.key == key) return &member.value;
  return nullptr;
}

Value* Object::find(std::string_view key) { return const_cast<Value*>(std::as_const(*this).find(key)); }

Value& Object::set(std::string_view key, Value value) {
  if (Value* found = find(key)) return *found = std::move(value);
  return append(std::string(key), std::move(value));
}

Value& Object::append(std::string key, Value value) {
  return members_.emplace_back(Member{std::move(key), std::move(value)}).value;
}

bool Object::erase(std::string_view key) {
  return std::erase_if(members_, [key](const Member& member) { return member.key == key; }) != 0;
}

Value::Value(std::uint64_t value) {
  if (std::in_range<std::int64_t>(value))
    data_ = static_cast<std::int64_t>(value);
  else
    data_ = value;
}

bool Value::as_boolean() const {
  LUMENFLOW_CHECK(is_boolean());
  return *if_boolean();
}

std::int64_t Value::as_integer() const {
  if (const std::int64_t* integer = if_integer()) return *integer;
  const double* value = if_double();
  LUMENFLOW_CHECK(value != nullptr && std::trunc(*value) == *value && std::fabs(*value) < 0x1p63);
  return static_cast<std::int64_t>(*value);
}

double Value::as_double() const {
  if (const double* value = if_double()) return *value;
  if (const std::int64_t* integer = if_integer()) return static_cast<double>(*integer);
  if (const std::uint64_t* integer = if_unsigned()) return static_cast<double>(*integer);
  const BigInteger* big = if_big_integer();
  LUMENFLOW_CHECK(big != nullptr);
  double value = big->digits.starts_with('-') ? -HUGE_VAL : HUGE_VAL;  // stays when out of range
  std::from_chars(big->digits.data(), big->digits.data() + big->digits.size(), value);
  return value;
}

const std::string& Value::as_string() const {
  LUMENFLOW_CHECK(is_string());
  return *if_string();
}

const Array& Value::as_array() const {
  LUMENFLOW_CHECK(is_array());
  return *if_array();
}

const Object& Value::as_object() const {
  LUMENFLOW_CHECK(is_object());
  return *if_object();
}

Array& Value::as_array() {
  LUMENFLOW_CHECK(is_array());
  return *if_array();
}

Object& Value::as_object() {
  LUMENFLOW_CHECK(is_object());
  return *if_object();
}

const Value* Value::find(std::string_view key) const {
  const Object* object = if_object();
  return object != nullptr ? object->find(key) : nullptr;
}

const Value* Value::at_pointer(std::string_view pointer) const {
  const Value* value = this;
  while (!pointer.empty()) {
    if (pointer.front() != '/') return nullptr;
    pointer.remove_prefix(1);
    const std::string token = unescape_pointer_token(pointer.substr(0, pointer.find('/')));
    pointer.remove_prefix(std::min(pointer.find('/'), pointer.size()));
    if (const Array* array = value->if_array())
      value = element(*array, token);
    else
      value = value->find(token);
    if (value == nullptr) return nullptr;
  }
  return value;
}

bool Value::operator==(const Value& other) const {
  if (is_number() && other.is_number()) return compare_numbers(*this, other) == 0;
  if (kind() != other.kind()) return false;
  switch (kind()) {
    case Kind::kBoolean:
      return *if_boolean() == *other.if_boolean();
    case Kind::kString:
      return *if_string() == *other.if_string();
    case Kind::kArray:
      return *if_array() == *other.if_array();
    case Kind::kObject:
      return equal(*if_object(), *other.if_object());
    default:
      return true;
  }
}

std::string_view string_or(const Value& object, std::string_view key, std::string_view fallback) {
  const Value* value = object.find(key);
  return value != nullptr && value->is_string() ? std::string_view(value->as_string()) : fallback;
}

std::int64_t integer_or(const Value& object, std::string_view key, std::int64_t fallback) {
  const Value* value = object.find(key);
  if (value == nullptr || !value->is_number() || !is_integral(*value)) return fallback;
  const bool fits =
      value->if_integer() != nullptr || (value->if_double() != nullptr && std::fabs(value->as_double()) < 0x1p63);
  return fits ? value->as_integer() : fallback;
}

bool boolean_or(const Value& object, std::string_view key, bool fallback) {
  const Value* value = object.find(key);
  return value != nullptr && value->is_boolean() ? value->as_boolean() : fallback;
}

std::string escape_pointer_token(std::string_view token) {
  std::string out;
  out.reserve(token.size());
  for (const char c : token) {
    if (c == '~')
      out += "~0";
    else if (c == '/')
      out += "~1";
    else
      out += c;
  }
  return out;
}

}  // namespace lumenflow::json
