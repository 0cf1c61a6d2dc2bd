// The part of a payload's schema that becomes members of a struct: objects with properties, lists, texts, numbers,
// booleans, and references to these within the schema. Whatever else a schema says is checked where JSON comes in, and
// the value stays a JSON value (docs/formats/catalogue.md lists the fragment).
//
// Pure functions.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "lumenflow/json.h"

namespace lumenflow::catalogue {

struct Shape {
  enum class Kind : std::uint8_t { kAny, kText, kInteger, kNumber, kBoolean, kList, kObject };
  struct Member;
  Kind kind = Kind::kAny;
  std::vector<Shape> items;     // of a list: one
  std::vector<Member> members;  // of an object, in the schema's order
};

struct Shape::Member {
  std::string_view name;  // of the JSON member
  bool required = false;
  Shape shape;
};

// Null stands for no schema. The names borrow from it.
Shape shape_of(const json::Value* schema);

}  // namespace lumenflow::catalogue
