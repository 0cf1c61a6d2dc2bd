// From a schema's text to its program: every keyword is checked and turned into the rules of one Node.
//
// Subschemas are compiled from a queue, so neither a long chain of references nor a cycle of them recurses here.
#pragma once

#include <map>
#include <unordered_map>
#include <vector>

#include "json/schema_program.h"
#include "json/schema_source.h"

namespace lumenflow::json {

class SchemaCompiler {
 public:
  SchemaCompiler(const Value& schema, const SchemaOptions& options);

  // INVALID_CONFIGURATION with every problem found, up to a limit.
  Result<std::unique_ptr<SchemaProgram>> run();

 private:
  friend struct KeywordTable;

  // The node of a subschema; it is filled when its turn comes.
  Node* node_for(const Value& schema);
  void compile_queued();
  void compile(const Value& schema, Node& node);
  void compile_dynamic_anchors();
  void refuse_cycles();
  void problem(std::string_view below, std::string reason);

  // Parts of a keyword's value; each reports what is wrong and then gives nothing.
  std::optional<std::size_t> count(const Value& value);
  std::optional<Value> number(const Value& value);
  std::optional<std::vector<std::string>> names(const Value& value, std::string_view below);
  std::vector<const Node*> list(const Value& value);
  const Object* map(const Value& value);
  std::optional<Pattern> pattern(std::string_view text, std::string_view below);

  // One per keyword, or per family of them.
  void on_type(Node& node, const Value& value);
  void on_enum(Node& node, const Value& value);
  void on_const(Node& node, const Value& value);
  void on_multiple_of(Node& node, const Value& value);
  template <std::optional<Value> NumberRules::*kBound>
  void on_bound(Node& node, const Value& value);
  template <std::size_t StringRules::*kLimit>
  void on_string_limit(Node& node, const Value& value);
  template <std::size_t ArrayRules::*kLimit>
  void on_array_limit(Node& node, const Value& value);
  template <std::size_t ObjectRules::*kLimit>
  void on_object_limit(Node& node, const Value& value);
  void on_pattern(Node& node, const Value& value);
  void on_format(Node& node, const Value& value);
  void on_unique_items(Node& node, const Value& value);
  void on_prefix_items(Node& node, const Value& value);
  template <const Node* ArrayRules::*kPart>
  void on_array_part(Node& node, const Value& value);
  template <const Node* ObjectRules::*kPart>
  void on_object_part(Node& node, const Value& value);
  template <const Node* Node::*kPart>
  void on_part(Node& node, const Value& value);
  template <std::vector<const Node*> Node::*kParts>
  void on_parts(Node& node, const Value& value);
  void on_properties(Node& node, const Value& value);
  void on_pattern_properties(Node& node, const Value& value);
  void on_required(Node& node, const Value& value);
  void on_dependent_required(Node& node, const Value& value);
  void on_dependent_schemas(Node& node, const Value& value);
  void on_dependencies(Node& node, const Value& value);
  void on_ref(Node& node, const Value& value);
  void on_dynamic_ref(Node& node, const Value& value);
  void on_write_only(Node& node, const Value& value);
  template <bool (Value::*kIsRight)() const>
  void on_annotation(Node& node, const Value& value);
  void on_map_of_schemas(Node& node, const Value& value);
  void on_content_schema(Node& node, const Value& value);

  const SchemaOptions& options_;
  Problems problems_;
  SchemaSource source_;
  std::unique_ptr<SchemaProgram> program_;
  std::unordered_map<const Value*, Node*> nodes_;
  std::vector<std::pair<const Value*, Node*>> queue_;  // the same in the order in which they were asked for
  std::size_t compiled_ = 0;                           // of the queue
  std::map<std::string, std::uint32_t, std::less<>> dynamic_numbers_;  // of the anchors that some $dynamicRef names

  const SchemaSource::Place* place_ = nullptr;  // of the subschema that is being compiled
  std::string_view keyword_;
};

}  // namespace lumenflow::json
