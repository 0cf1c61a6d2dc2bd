// What a schema is compiled into: one Node per subschema, linked by plain pointers, immutable once built.
//
// The program owns every node and copies what it needs of the schema's text, which may go away after compiling.
#pragma once

#include <deque>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "json/schema.h"
#include "json/schema_format.h"
#include "json/schema_pattern.h"

namespace lumenflow::json {

struct Node;

// One bit per type name of JSON Schema. A number that is mathematically an integer has both of the last two.
enum TypeBit : std::uint8_t {
  kNullBit = 1,
  kBooleanBit = 2,
  kObjectBit = 4,
  kArrayBit = 8,
  kStringBit = 16,
  kNumberBit = 32,
  kIntegerBit = 64,
};
inline constexpr std::uint8_t kAllTypes = 127;
inline constexpr std::size_t kNoLimit = std::numeric_limits<std::size_t>::max();

struct NumberRules {
  std::optional<Value> minimum, maximum, exclusive_minimum, exclusive_maximum, multiple_of;
};

struct StringRules {
  std::size_t code_points_min = 0, code_points_max = kNoLimit;
  std::optional<Pattern> pattern;
  std::optional<Format> format;
};

struct ArrayRules {
  std::size_t items_min = 0, items_max = kNoLimit;
  bool unique = false;
  std::vector<const Node*> prefix;
  const Node* items = nullptr;  // of those behind the prefix
  const Node* contains = nullptr;
  std::size_t contains_min = 1, contains_max = kNoLimit;
};

// Everything a schema says about one property name.
struct NameRule {
  std::string name;
  const Node* schema = nullptr;  // null when only `required` names it
  bool required = false;
};

// Property names with their rules, found by name in constant time; members often come in the schema's order.
class NameTable {
 public:
  NameRule& rule(std::string_view name);  // added when new; valid until the next one is added
  // `expected` is where to look first; it becomes the place behind the rule found.
  const NameRule* find(std::string_view name, std::size_t& expected) const;
  const std::vector<NameRule>& rules() const { return rules_; }

 private:
  void place(std::size_t index);

  std::vector<NameRule> rules_;
  std::vector<std::uint32_t> slots_;  // open addressing; index + 1, 0 is free
};

struct ObjectRules {
  std::size_t members_min = 0, members_max = kNoLimit;
  NameTable names;
  std::size_t required_count = 0;
  std::vector<std::pair<Pattern, const Node*>> patterns;
  const Node* additional = nullptr;
  const Node* property_names = nullptr;
  std::vector<std::pair<std::string, std::vector<std::string>>> dependent_required;
  std::vector<std::pair<std::string, const Node*>> dependent_schemas;
};

// The values of `enum` or `const`.
struct Choice {
  std::vector<Value> values;
  std::vector<std::size_t> hashes;  // sorted; only when there are many values
  bool holds(const Value& value) const;
};

struct Node {
  bool trivial = true;  // accepts everything and marks nothing
  bool never = false;   // the schema `false`
  bool write_only = false;
  std::uint8_t types = kAllTypes;
  std::uint32_t resource = 0;
  std::uint32_t ordinal = 0;  // where it stands in the schema

  std::unique_ptr<Choice> enumeration, constant;
  std::unique_ptr<NumberRules> number;
  std::unique_ptr<StringRules> string;
  std::unique_ptr<ArrayRules> array;
  std::unique_ptr<ObjectRules> object;

  const Node* ref = nullptr;
  const Node* dynamic_ref = nullptr;            // when no resource in the dynamic scope has the anchor
  std::optional<std::uint32_t> dynamic_anchor;  // its number, when the reference is dynamic indeed
  std::vector<const Node*> all_of, any_of, one_of;
  const Node* negated = nullptr;
  const Node* condition = nullptr;
  const Node* consequence = nullptr;
  const Node* alternative = nullptr;
  const Node* unevaluated_items = nullptr;
  const Node* unevaluated_properties = nullptr;
};

struct SchemaProgram {
  std::deque<Node> nodes;  // stable addresses
  const Node* root = nullptr;
  // Per resource: the dynamic anchors (by number) that it defines.
  std::vector<std::vector<std::pair<std::uint32_t, const Node*>>> dynamic_anchors;
  bool has_dynamic_refs = false;
  bool has_write_only = false;
  std::size_t errors_max = 20;
};

}  // namespace lumenflow::json
