// How each keyword is compiled (JSON Schema 2020-12: core 8 and 10 to 11, validation 6 to 9).
#include <algorithm>
#include <array>
#include <cmath>

#include "json/number.h"
#include "json/schema_compile.h"

namespace lumenflow::json {
namespace {

struct TypeName {
  std::string_view name;
  std::uint8_t bits;
};

// An integer is a number, so `number` takes both bits.
constexpr std::array kTypes = std::to_array<TypeName>({
    {"null", kNullBit},
    {"boolean", kBooleanBit},
    {"object", kObjectBit},
    {"array", kArrayBit},
    {"string", kStringBit},
    {"number", kNumberBit | kIntegerBit},
    {"integer", kIntegerBit},
});

std::uint8_t type_bits(const Value& name) {
  for (const TypeName& type : kTypes)
    if (name.is_string() && name.as_string() == type.name) return type.bits;
  return 0;
}

template <class Rules>
Rules& rules(Node& node, std::unique_ptr<Rules> Node::*part) {
  node.trivial = false;
  if (!(node.*part)) node.*part = std::make_unique<Rules>();
  return *(node.*part);
}

Choice make_choice(std::vector<Value> values) {
  Choice choice{std::move(values), {}};
  for (const Value& value : choice.values) choice.hashes.push_back(hash_value(value));
  std::sort(choice.hashes.begin(), choice.hashes.end());
  return choice;
}

}  // namespace

std::optional<std::size_t> SchemaCompiler::count(const Value& value) {
  if (value.is_number() && is_integral(value) && compare_numbers(value, 0) >= 0) {
    if (compare_numbers(value, std::int64_t{1} << 62) > 0) return std::size_t{1} << 62;  // beyond any instance
    return static_cast<std::size_t>(value.as_integer());
  }
  problem("", "must be an integer of at least 0");
  return std::nullopt;
}

std::optional<Value> SchemaCompiler::number(const Value& value) {
  if (value.is_number()) return value;
  problem("", "must be a number");
  return std::nullopt;
}

std::optional<std::vector<std::string>> SchemaCompiler::names(const Value& value, std::string_view below) {
  const Array* array = value.if_array();
  std::vector<std::string> result;
  if (array != nullptr)
    for (const Value& name : *array)
      if (name.is_string()) result.push_back(name.as_string());
  std::vector<std::string> sorted = result;
  std::sort(sorted.begin(), sorted.end());
  const bool unique = std::adjacent_find(sorted.begin(), sorted.end()) == sorted.end();
  if (array != nullptr && result.size() == array->size() && unique) return result;
  problem(below, "must be an array of distinct property names");
  return std::nullopt;
}

std::vector<const Node*> SchemaCompiler::list(const Value& value) {
  std::vector<const Node*> nodes;
  const Array* array = value.if_array();
  if (array == nullptr || array->empty()) {
    problem("", "must be an array of at least one schema");
    return nodes;
  }
  for (const Value& item : *array) nodes.push_back(node_for(item));
  return nodes;
}

const Object* SchemaCompiler::map(const Value& value) {
  const Object* object = value.if_object();
  if (object == nullptr) problem("", "must be an object");
  return object;
}

std::optional<Pattern> SchemaCompiler::pattern(std::string_view text, std::string_view below) {
  Result<Pattern> compiled = Pattern::compile(text);
  if (compiled.ok()) return std::move(*compiled);
  problem(below, "\"" + std::string(text) + "\": " + compiled.error().message());
  return std::nullopt;
}

void SchemaCompiler::on_type(Node& node, const Value& value) {
  node.trivial = false;
  std::uint8_t bits = 0;
  bool valid = true;
  if (const Array* array = value.if_array()) {
    valid = !array->empty();
    for (const Value& name : *array) {
      const std::uint8_t bit = type_bits(name);
      valid = valid && bit != 0 && std::count(array->begin(), array->end(), name) == 1;
      bits |= bit;
      if (!valid) break;
    }
  } else {
    bits = type_bits(value);
    valid = bits != 0;
  }
  if (!valid)
    problem("", "must be null, boolean, object, array, number, string or integer, or an array of several of them");
  node.types = bits;
}

void SchemaCompiler::on_enum(Node& node, const Value& value) {
  node.trivial = false;
  if (const Array* array = value.if_array())
    node.enumeration = std::make_unique<Choice>(make_choice(*array));
  else
    problem("", "must be an array");
}

void SchemaCompiler::on_const(Node& node, const Value& value) {
  node.trivial = false;
  node.constant = std::make_unique<Choice>(make_choice({value}));
}

void SchemaCompiler::on_multiple_of(Node& node, const Value& value) {
  if (!value.is_number() || compare_numbers(value, 0) <= 0) return problem("", "must be a number greater than 0");
  if (value.if_big_integer() != nullptr) return problem("", "is beyond the 64-bit integers, which is not supported");
  rules(node, &Node::number).multiple_of = value;
}

template <std::optional<Value> NumberRules::*kBound>
void SchemaCompiler::on_bound(Node& node, const Value& value) {
  rules(node, &Node::number).*kBound = number(value);
}
template void SchemaCompiler::on_bound<&NumberRules::minimum>(Node&, const Value&);
template void SchemaCompiler::on_bound<&NumberRules::maximum>(Node&, const Value&);
template void SchemaCompiler::on_bound<&NumberRules::exclusive_minimum>(Node&, const Value&);
template void SchemaCompiler::on_bound<&NumberRules::exclusive_maximum>(Node&, const Value&);

template <std::size_t StringRules::*kLimit>
void SchemaCompiler::on_string_limit(Node& node, const Value& value) {
  if (const auto limit = count(value)) rules(node, &Node::string).*kLimit = *limit;
}
template void SchemaCompiler::on_string_limit<&StringRules::code_points_min>(Node&, const Value&);
template void SchemaCompiler::on_string_limit<&StringRules::code_points_max>(Node&, const Value&);

template <std::size_t ArrayRules::*kLimit>
void SchemaCompiler::on_array_limit(Node& node, const Value& value) {
  if (const auto limit = count(value)) rules(node, &Node::array).*kLimit = *limit;
}
template void SchemaCompiler::on_array_limit<&ArrayRules::items_min>(Node&, const Value&);
template void SchemaCompiler::on_array_limit<&ArrayRules::items_max>(Node&, const Value&);
template void SchemaCompiler::on_array_limit<&ArrayRules::contains_min>(Node&, const Value&);
template void SchemaCompiler::on_array_limit<&ArrayRules::contains_max>(Node&, const Value&);

template <std::size_t ObjectRules::*kLimit>
void SchemaCompiler::on_object_limit(Node& node, const Value& value) {
  if (const auto limit = count(value)) rules(node, &Node::object).*kLimit = *limit;
}
template void SchemaCompiler::on_object_limit<&ObjectRules::members_min>(Node&, const Value&);
template void SchemaCompiler::on_object_limit<&ObjectRules::members_max>(Node&, const Value&);

void SchemaCompiler::on_pattern(Node& node, const Value& value) {
  if (!value.is_string()) return problem("", "must be a string");
  rules(node, &Node::string).pattern = pattern(value.as_string(), "");
}

void SchemaCompiler::on_format(Node& node, const Value& value) {
  if (!value.is_string()) return problem("", "must be a string");
  const bool asserted = (source_.resource(node.resource).vocabularies & kFormatAssertion) != 0;
  if (!options_.assert_format && !asserted) return;
  if (const std::optional<Format> format = format_named(value.as_string())) rules(node, &Node::string).format = format;
}

void SchemaCompiler::on_unique_items(Node& node, const Value& value) {
  if (!value.is_boolean()) return problem("", "must be a boolean");
  rules(node, &Node::array).unique = value.as_boolean();
}

void SchemaCompiler::on_prefix_items(Node& node, const Value& value) { rules(node, &Node::array).prefix = list(value); }

template <const Node* ArrayRules::*kPart>
void SchemaCompiler::on_array_part(Node& node, const Value& value) {
  rules(node, &Node::array).*kPart = node_for(value);
}
template void SchemaCompiler::on_array_part<&ArrayRules::items>(Node&, const Value&);
template void SchemaCompiler::on_array_part<&ArrayRules::contains>(Node&, const Value&);

template <const Node* ObjectRules::*kPart>
void SchemaCompiler::on_object_part(Node& node, const Value& value) {
  rules(node, &Node::object).*kPart = node_for(value);
}
template void SchemaCompiler::on_object_part<&ObjectRules::additional>(Node&, const Value&);
template void SchemaCompiler::on_object_part<&ObjectRules::property_names>(Node&, const Value&);

template <const Node* Node::*kPart>
void SchemaCompiler::on_part(Node& node, const Value& value) {
  node.trivial = false;
  node.*kPart = node_for(value);
}
template void SchemaCompiler::on_part<&Node::negated>(Node&, const Value&);
template void SchemaCompiler::on_part<&Node::condition>(Node&, const Value&);
template void SchemaCompiler::on_part<&Node::consequence>(Node&, const Value&);
template void SchemaCompiler::on_part<&Node::alternative>(Node&, const Value&);
template void SchemaCompiler::on_part<&Node::unevaluated_items>(Node&, const Value&);
template void SchemaCompiler::on_part<&Node::unevaluated_properties>(Node&, const Value&);

template <std::vector<const Node*> Node::*kParts>
void SchemaCompiler::on_parts(Node& node, const Value& value) {
  node.trivial = false;
  node.*kParts = list(value);
}
template void SchemaCompiler::on_parts<&Node::all_of>(Node&, const Value&);
template void SchemaCompiler::on_parts<&Node::any_of>(Node&, const Value&);
template void SchemaCompiler::on_parts<&Node::one_of>(Node&, const Value&);

void SchemaCompiler::on_properties(Node& node, const Value& value) {
  const Object* properties = map(value);
  if (properties == nullptr) return;
  for (const Member& member : *properties)
    rules(node, &Node::object).names.rule(member.key).schema = node_for(member.value);
}

void SchemaCompiler::on_pattern_properties(Node& node, const Value& value) {
  const Object* properties = map(value);
  if (properties == nullptr) return;
  for (const Member& member : *properties)
    if (auto compiled = pattern(member.key, "/" + escape_pointer_token(member.key)))
      rules(node, &Node::object).patterns.emplace_back(std::move(*compiled), node_for(member.value));
}

void SchemaCompiler::on_required(Node& node, const Value& value) {
  const auto required = names(value, "");
  if (!required) return;
  ObjectRules& object = rules(node, &Node::object);
  for (const std::string& name : *required) object.names.rule(name).required = true;
  object.required_count = required->size();
}

void SchemaCompiler::on_dependent_required(Node& node, const Value& value) {
  const Object* dependencies = map(value);
  if (dependencies == nullptr) return;
  for (const Member& member : *dependencies)
    if (auto required = names(member.value, "/" + escape_pointer_token(member.key)))
      rules(node, &Node::object).dependent_required.emplace_back(member.key, std::move(*required));
}

void SchemaCompiler::on_dependent_schemas(Node& node, const Value& value) {
  const Object* dependencies = map(value);
  if (dependencies == nullptr) return;
  for (const Member& member : *dependencies)
    rules(node, &Node::object).dependent_schemas.emplace_back(member.key, node_for(member.value));
}

// Deprecated, but kept by the dialect's own metaschema: either of the two keywords above, by the kind of each value.
void SchemaCompiler::on_dependencies(Node& node, const Value& value) {
  const Object* dependencies = map(value);
  if (dependencies == nullptr) return;
  for (const Member& member : *dependencies)
    if (member.value.is_array())
      on_dependent_required(node, Object{{member.key, member.value}});
    else
      rules(node, &Node::object).dependent_schemas.emplace_back(member.key, node_for(member.value));
}

void SchemaCompiler::on_ref(Node& node, const Value& value) {
  if (!value.is_string()) return problem("", "must be a URI reference");
  const Result<SchemaSource::Target> target = source_.resolve(value.as_string(), node.resource);
  if (!target.ok()) return problem("", target.error().message());
  node.trivial = false;
  node.ref = node_for(*target->schema);
}

void SchemaCompiler::on_dynamic_ref(Node& node, const Value& value) {
  if (!value.is_string()) return problem("", "must be a URI reference");
  const Result<SchemaSource::Target> target = source_.resolve(value.as_string(), node.resource);
  if (!target.ok()) return problem("", target.error().message());
  node.trivial = false;
  node.dynamic_ref = node_for(*target->schema);
  const auto& anchors = source_.resource(target->resource).dynamic_anchors;
  const auto anchor = anchors.find(target->fragment);
  if (anchor == anchors.end() || anchor->second != target->schema) return;  // it behaves as $ref
  node.dynamic_anchor =
      dynamic_numbers_.emplace(target->fragment, static_cast<std::uint32_t>(dynamic_numbers_.size())).first->second;
}

void SchemaCompiler::on_write_only(Node& node, const Value& value) {
  if (!value.is_boolean()) return problem("", "must be a boolean");
  node.write_only = value.as_boolean();
  program_->has_write_only = program_->has_write_only || node.write_only;
}

template <bool (Value::*kIsRight)() const>
void SchemaCompiler::on_annotation(Node&, const Value& value) {
  if ((value.*kIsRight)()) return;
  problem("", kIsRight == &Value::is_string    ? "must be a string"
              : kIsRight == &Value::is_boolean ? "must be a boolean"
              : kIsRight == &Value::is_array   ? "must be an array"
                                               : "must be an object");
}
template void SchemaCompiler::on_annotation<&Value::is_string>(Node&, const Value&);
template void SchemaCompiler::on_annotation<&Value::is_boolean>(Node&, const Value&);
template void SchemaCompiler::on_annotation<&Value::is_array>(Node&, const Value&);
template void SchemaCompiler::on_annotation<&Value::is_object>(Node&, const Value&);

void SchemaCompiler::on_map_of_schemas(Node&, const Value& value) { map(value); }

void SchemaCompiler::on_content_schema(Node&, const Value& value) {
  if (!value.is_object() && !value.is_boolean()) problem("", "must be an object or a boolean");
}

}  // namespace lumenflow::json
