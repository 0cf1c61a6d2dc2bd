// A JSON value, with numbers that come back as they went in.
//
// Value semantics: copying copies. Objects keep the order in which members were added; equality of objects ignores it,
// equality of numbers is mathematical (1 == 1.0). Not thread safe beyond concurrent reading.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "lumenflow/result.h"

namespace lumenflow::json {

class Value;
using Array = std::vector<Value>;

struct Member;

// Members in insertion order; keys are unique. (What needs a complete Member is defined behind it.)
class Object {
 public:
  Object() noexcept;
  Object(const Object&);
  Object(Object&&) noexcept;
  Object& operator=(const Object&);
  Object& operator=(Object&&) noexcept;
  ~Object();
  Object(std::initializer_list<Member> members);
  explicit Object(std::vector<Member> members);  // the caller knows that the keys are unique

  const Value* find(std::string_view key) const;  // null when absent; valid until the object changes
  Value* find(std::string_view key);
  bool contains(std::string_view key) const { return find(key) != nullptr; }
  Value& set(std::string_view key, Value value);  // replaces in place, else appends
  Value& append(std::string key, Value value);    // the caller knows that the key is new (a parser that has checked)
  bool erase(std::string_view key);

  std::size_t size() const;
  bool empty() const { return size() == 0; }
  void reserve(std::size_t n);
  std::vector<Member>::const_iterator begin() const;
  std::vector<Member>::const_iterator end() const;
  std::vector<Member>::iterator begin();
  std::vector<Member>::iterator end();

 private:
  std::vector<Member> members_;
};

// An integer literal that neither 64-bit type holds; kept as written, so that nothing is lost silently.
struct BigInteger {
  std::string digits;  // as in the JSON text, with its sign
  bool operator==(const BigInteger&) const = default;
};

enum class Kind : std::uint8_t { kNull, kBoolean, kInteger, kUnsigned, kDouble, kBigInteger, kString, kArray, kObject };

class Value {
 public:
  Value() = default;  // null
  Value(std::nullptr_t) {}
  Value(bool value) : data_(value) {}
  Value(int value) : data_(std::int64_t{value}) {}
  Value(std::int64_t value) : data_(value) {}
  Value(long long value) : data_(std::int64_t{value}) {}
  Value(unsigned value) : data_(std::int64_t{value}) {}
  Value(std::uint64_t value);            // kInteger where it fits, kUnsigned above 2^63-1
  Value(double value) : data_(value) {}  // must be finite
  Value(BigInteger value) : data_(std::move(value)) {}
  Value(const char* value) : data_(std::string(value)) {}
  Value(std::string_view value) : data_(std::string(value)) {}
  Value(std::string value) : data_(std::move(value)) {}
  Value(Array value) : data_(std::move(value)) {}
  Value(Object value) : data_(std::move(value)) {}
  template <class T>
  Value(T*) = delete;  // a pointer is not a boolean

  Kind kind() const { return static_cast<Kind>(data_.index()); }
  bool is_null() const { return kind() == Kind::kNull; }
  bool is_boolean() const { return kind() == Kind::kBoolean; }
  bool is_number() const { return kind() >= Kind::kInteger && kind() <= Kind::kBigInteger; }
  bool is_string() const { return kind() == Kind::kString; }
  bool is_array() const { return kind() == Kind::kArray; }
  bool is_object() const { return kind() == Kind::kObject; }

  // Null when the value is of another kind.
  const bool* if_boolean() const { return std::get_if<bool>(&data_); }
  const std::int64_t* if_integer() const { return std::get_if<std::int64_t>(&data_); }
  const std::uint64_t* if_unsigned() const { return std::get_if<std::uint64_t>(&data_); }
  const double* if_double() const { return std::get_if<double>(&data_); }
  const BigInteger* if_big_integer() const { return std::get_if<BigInteger>(&data_); }
  const std::string* if_string() const { return std::get_if<std::string>(&data_); }
  const Array* if_array() const { return std::get_if<Array>(&data_); }
  const Object* if_object() const { return std::get_if<Object>(&data_); }
  std::string* if_string() { return std::get_if<std::string>(&data_); }
  Array* if_array() { return std::get_if<Array>(&data_); }
  Object* if_object() { return std::get_if<Object>(&data_); }

  // The caller has checked the kind (a schema has): abort otherwise.
  bool as_boolean() const;
  std::int64_t as_integer() const;  // also a double or unsigned of the same mathematical value
  double as_double() const;         // any number, rounded to the nearest double
  const std::string& as_string() const;
  const Array& as_array() const;
  const Object& as_object() const;
  Array& as_array();
  Object& as_object();

  // The member of an object; null when this is no object or has no such member.
  const Value* find(std::string_view key) const;
  // The value at an RFC 6901 pointer, null when there is none.
  const Value* at_pointer(std::string_view pointer) const;

  bool operator==(const Value& other) const;

 private:
  std::variant<std::nullptr_t, bool, std::int64_t, std::uint64_t, double, BigInteger, std::string, Array, Object> data_;
};

struct Member {
  std::string key;
  Value value;
};

// Defined where a member is a whole type, which the vector's operations need.
inline Object::Object() noexcept = default;
inline Object::Object(const Object&) = default;
inline Object::Object(Object&&) noexcept = default;
inline Object& Object::operator=(const Object&) = default;
inline Object& Object::operator=(Object&&) noexcept = default;
inline Object::~Object() = default;
inline std::size_t Object::size() const { return members_.size(); }
inline void Object::reserve(std::size_t n) { members_.reserve(n); }
inline std::vector<Member>::const_iterator Object::begin() const { return members_.begin(); }
inline std::vector<Member>::const_iterator Object::end() const { return members_.end(); }
inline std::vector<Member>::iterator Object::begin() { return members_.begin(); }
inline std::vector<Member>::iterator Object::end() { return members_.end(); }

// A member as string, or the fallback when it is absent or of another kind; likewise for the others.
std::string_view string_or(const Value& object, std::string_view key, std::string_view fallback);
std::int64_t integer_or(const Value& object, std::string_view key, std::int64_t fallback);
bool boolean_or(const Value& object, std::string_view key, bool fallback);

// The bounds of what is accepted from outside.
struct ParseLimits {
  std::size_t depth_max = 64;  // nested arrays and objects; never more than 1000
};

// Exactly one strict RFC 8259 value: valid UTF-8 without a byte order mark, no duplicate keys, no lone surrogates, no
// number that a double cannot hold in magnitude, nothing behind it. MALFORMED_JSON names the byte offset otherwise.
Result<Value> parse(std::string_view text, const ParseLimits& limits = {});

// Compact JSON text in member order. Doubles in the shortest form that reads back as the same bits; bytes of a string
// that are no UTF-8 as U+FFFD. Aborts on a double that is not finite.
std::string serialize(const Value& value);
void serialize_to(const Value& value, std::string& out);

// Indented by two spaces, for people.
std::string serialize_pretty(const Value& value);

// "a/b" -> "a~1b" (RFC 6901).
std::string escape_pointer_token(std::string_view token);

}  // namespace lumenflow::json
