#include "json/schema_compile.h"

#include <algorithm>
#include <array>

#include "json/number.h"

namespace lumenflow::json {

// Which keyword belongs to which vocabulary and what compiles it. Annotations are here for their types alone.
struct KeywordTable {
  using Compile = void (SchemaCompiler::*)(Node&, const Value&);
  struct Row {
    std::string_view name;
    std::uint32_t vocabularies;
    Compile compile;
  };
  using C = SchemaCompiler;
  static constexpr Compile kText = &C::on_annotation<&Value::is_string>;
  static constexpr Compile kFlag = &C::on_annotation<&Value::is_boolean>;
  static constexpr std::array kRows = std::to_array<Row>({
      {"$schema", kCore, kText},
      {"$id", kCore, kText},
      {"$comment", kCore, kText},
      {"$vocabulary", kCore, &C::on_annotation<&Value::is_object>},
      {"$defs", kCore, &C::on_map_of_schemas},
      {"definitions", kCore, &C::on_map_of_schemas},
      {"$ref", kCore, &C::on_ref},
      {"$dynamicRef", kCore, &C::on_dynamic_ref},
      {"prefixItems", kApplicator, &C::on_prefix_items},
      {"items", kApplicator, &C::on_array_part<&ArrayRules::items>},
      {"contains", kApplicator, &C::on_array_part<&ArrayRules::contains>},
      {"properties", kApplicator, &C::on_properties},
      {"patternProperties", kApplicator, &C::on_pattern_properties},
      {"additionalProperties", kApplicator, &C::on_object_part<&ObjectRules::additional>},
      {"propertyNames", kApplicator, &C::on_object_part<&ObjectRules::property_names>},
      {"dependentSchemas", kApplicator, &C::on_dependent_schemas},
      {"dependencies", kApplicator, &C::on_dependencies},
      {"allOf", kApplicator, &C::on_parts<&Node::all_of>},
      {"anyOf", kApplicator, &C::on_parts<&Node::any_of>},
      {"oneOf", kApplicator, &C::on_parts<&Node::one_of>},
      {"not", kApplicator, &C::on_part<&Node::negated>},
      {"if", kApplicator, &C::on_part<&Node::condition>},
      {"then", kApplicator, &C::on_part<&Node::consequence>},
      {"else", kApplicator, &C::on_part<&Node::alternative>},
      {"unevaluatedItems", kUnevaluated, &C::on_part<&Node::unevaluated_items>},
      {"unevaluatedProperties", kUnevaluated, &C::on_part<&Node::unevaluated_properties>},
      {"type", kValidation, &C::on_type},
      {"enum", kValidation, &C::on_enum},
      {"const", kValidation, &C::on_const},
      {"multipleOf", kValidation, &C::on_multiple_of},
      {"minimum", kValidation, &C::on_bound<&NumberRules::minimum>},
      {"maximum", kValidation, &C::on_bound<&NumberRules::maximum>},
      {"exclusiveMinimum", kValidation, &C::on_bound<&NumberRules::exclusive_minimum>},
      {"exclusiveMaximum", kValidation, &C::on_bound<&NumberRules::exclusive_maximum>},
      {"minLength", kValidation, &C::on_string_limit<&StringRules::code_points_min>},
      {"maxLength", kValidation, &C::on_string_limit<&StringRules::code_points_max>},
      {"pattern", kValidation, &C::on_pattern},
      {"minItems", kValidation, &C::on_array_limit<&ArrayRules::items_min>},
      {"maxItems", kValidation, &C::on_array_limit<&ArrayRules::items_max>},
      {"minContains", kValidation, &C::on_array_limit<&ArrayRules::contains_min>},
      {"maxContains", kValidation, &C::on_array_limit<&ArrayRules::contains_max>},
      {"uniqueItems", kValidation, &C::on_unique_items},
      {"minProperties", kValidation, &C::on_object_limit<&ObjectRules::members_min>},
      {"maxProperties", kValidation, &C::on_object_limit<&ObjectRules::members_max>},
      {"required", kValidation, &C::on_required},
      {"dependentRequired", kValidation, &C::on_dependent_required},
      {"format", kFormatAnnotation | kFormatAssertion, &C::on_format},
      {"writeOnly", kMetaData, &C::on_write_only},
      {"title", kMetaData, kText},
      {"description", kMetaData, kText},
      {"deprecated", kMetaData, kFlag},
      {"readOnly", kMetaData, kFlag},
      {"examples", kMetaData, &C::on_annotation<&Value::is_array>},
      {"contentEncoding", kContent, kText},
      {"contentMediaType", kContent, kText},
      {"contentSchema", kContent, &C::on_content_schema},
  });

  static const Row* find(std::string_view keyword) {
    const auto* row = std::find_if(kRows.begin(), kRows.end(), [keyword](const Row& r) { return r.name == keyword; });
    return row == kRows.end() ? nullptr : row;
  }
};

SchemaCompiler::SchemaCompiler(const Value& schema, const SchemaOptions& options)
    : options_(options), source_(schema, options, problems_), program_(std::make_unique<SchemaProgram>()) {
  program_->errors_max = options.errors_max;
}

Result<std::unique_ptr<SchemaProgram>> SchemaCompiler::run() {
  for (const Value* schema : source_.own_subschemas()) {
    Node* node = node_for(*schema);
    if (program_->root == nullptr) program_->root = node;
  }
  compile_queued();
  compile_dynamic_anchors();
  if (problems_.empty()) refuse_cycles();
  if (!problems_.empty()) {
    std::vector<ErrorDetail> details = problems_.take();
    std::string message = "the schema is not valid: " + (details[0].pointer.empty() ? "it" : details[0].pointer) + " " +
                          details[0].reason;
    if (details.size() > 1) message += " (and " + std::to_string(details.size() - 1) + " more)";
    return Error(ErrorCode::kInvalidConfiguration, std::move(message), std::move(details));
  }
  return std::move(program_);
}

Node* SchemaCompiler::node_for(const Value& schema) {
  const auto [entry, added] = nodes_.try_emplace(&schema, nullptr);
  if (!added) return entry->second;
  entry->second = &program_->nodes.emplace_back();
  queue_.emplace_back(&schema, entry->second);
  return entry->second;
}

void SchemaCompiler::compile_queued() {
  while (compiled_ < queue_.size()) {
    const auto [schema, node] = queue_[compiled_++];
    compile(*schema, *node);
  }
}

void SchemaCompiler::compile(const Value& schema, Node& node) {
  place_ = source_.place(schema);
  if (place_ == nullptr) return;
  keyword_ = "";
  node.resource = place_->resource;
  node.ordinal = place_->ordinal;
  if (const bool* constant = schema.if_boolean()) {
    node.never = !*constant;
    node.trivial = *constant;
    return;
  }
  if (!schema.is_object()) return problem("", "must be an object or a boolean");
  const std::uint32_t vocabularies = source_.resource(place_->resource).vocabularies;
  for (const Member& member : schema.as_object()) {
    const KeywordTable::Row* row = KeywordTable::find(member.key);
    if (row == nullptr || (row->vocabularies & vocabularies) == 0) continue;
    keyword_ = row->name;
    (this->*row->compile)(node, member.value);
  }
}

// A $dynamicRef may lead to any resource that is in scope when it is met, so each one's anchor must be compiled.
void SchemaCompiler::compile_dynamic_anchors() {
  program_->has_dynamic_refs = !dynamic_numbers_.empty();
  if (dynamic_numbers_.empty()) return;
  std::size_t compiled = 0;
  do {
    compiled = nodes_.size();
    program_->dynamic_anchors.assign(source_.resource_count(), {});
    for (std::uint32_t i = 0; i < program_->dynamic_anchors.size(); ++i)
      for (const auto& [name, schema] : source_.resource(i).dynamic_anchors)
        if (const auto number = dynamic_numbers_.find(name); number != dynamic_numbers_.end())
          program_->dynamic_anchors[i].emplace_back(number->second, node_for(*schema));
    compile_queued();
  } while (compiled != nodes_.size() || program_->dynamic_anchors.size() != source_.resource_count());
}

void SchemaCompiler::problem(std::string_view below, std::string reason) {
  std::string pointer = place_->document.empty() ? "" : place_->document + "#";
  pointer += place_->pointer;
  if (!keyword_.empty()) pointer.append("/").append(escape_pointer_token(keyword_));
  problems_.add(pointer + std::string(below), std::move(reason));
}

namespace {

// Subschemas that look at the same instance as the node itself.
std::vector<const Node*> in_place(const Node& node) {
  std::vector<const Node*> next = {node.ref, node.negated, node.condition, node.consequence, node.alternative};
  for (const auto* parts : {&node.all_of, &node.any_of, &node.one_of})
    next.insert(next.end(), parts->begin(), parts->end());
  if (node.object)
    for (const auto& [name, schema] : node.object->dependent_schemas) next.push_back(schema);
  std::erase(next, nullptr);
  return next;
}

bool leads_on(const Node& node) {
  return node.ref != nullptr || node.negated != nullptr || node.condition != nullptr || node.consequence != nullptr ||
         node.alternative != nullptr || !node.all_of.empty() || !node.any_of.empty() || !node.one_of.empty() ||
         (node.object && !node.object->dependent_schemas.empty());
}

struct Visit {
  const Node* node;
  std::vector<const Node*> next;
};

}  // namespace

// A schema that leads back to itself without going down into the instance would never finish. Depth first, without
// recursion; of several cycles the one that is met first in the order of the schema is named.
void SchemaCompiler::refuse_cycles() {
  enum class Mark : std::uint8_t { kNew, kOpen, kDone };
  std::unordered_map<const Node*, Mark> marks;
  for (const auto& [schema, start] : queue_) {
    if (!leads_on(*start) || marks[start] != Mark::kNew) continue;
    std::vector<Visit> path;
    path.push_back({start, in_place(*start)});
    marks[start] = Mark::kOpen;
    while (!path.empty()) {
      if (path.back().next.empty()) {
        marks[path.back().node] = Mark::kDone;
        path.pop_back();
        continue;
      }
      const Node* next = path.back().next.back();
      path.back().next.pop_back();
      Mark& mark = marks[next];
      if (mark == Mark::kOpen) {
        const auto entry =
            std::find_if(queue_.begin(), queue_.end(), [next](const auto& e) { return e.second == next; });
        place_ = source_.place(*entry->first);
        keyword_ = "";
        return problem("", "refers to itself without going down into the instance, so it would never finish");
      }
      if (mark == Mark::kDone) continue;
      mark = Mark::kOpen;
      path.push_back({next, in_place(*next)});
    }
  }
}

}  // namespace lumenflow::json
