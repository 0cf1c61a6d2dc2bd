// Replacing what a schema marks `writeOnly`, wherever any subschema that may apply says so.
#include "json/schema_redact.h"

#include <algorithm>

namespace lumenflow::json {
namespace {

using Nodes = std::vector<const Node*>;

class Redactor {
 public:
  Redactor(const SchemaProgram& program, const std::function<Value(const Value&)>& replace)
      : program_(program), replace_(replace) {}

  Value redact(const Nodes& schemas, const Value& value) const {
    const Nodes applicable = in_place(schemas);
    if (std::any_of(applicable.begin(), applicable.end(), [](const Node* node) { return node->write_only; }))
      return replace_(value);
    if (const Object* object = value.if_object()) return redact(applicable, *object);
    if (const Array* array = value.if_array()) return redact(applicable, *array);
    return value;
  }

 private:
  Value redact(const Nodes& schemas, const Object& object) const {
    std::vector<Member> members;
    members.reserve(object.size());
    for (const Member& member : object) {
      const Nodes children = of_member(schemas, member.key);
      members.push_back({member.key, children.empty() ? member.value : redact(children, member.value)});
    }
    return Object(std::move(members));
  }

  Value redact(const Nodes& schemas, const Array& array) const {
    Array items;
    items.reserve(array.size());
    for (std::size_t i = 0; i < array.size(); ++i) {
      const Nodes children = of_item(schemas, i);
      items.push_back(children.empty() ? array[i] : redact(children, array[i]));
    }
    return items;
  }

  // These and all that look at the same value through them; a $dynamicRef may mean any of its anchors.
  Nodes in_place(const Nodes& schemas) const {
    Nodes nodes;  // each once, or deep instances would multiply them
    const auto add = [&nodes](const Node* node) {
      if (node != nullptr && std::find(nodes.begin(), nodes.end(), node) == nodes.end()) nodes.push_back(node);
    };
    for (const Node* schema : schemas) add(schema);
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      const Node& node = *nodes[i];
      for (const Node* next : {node.ref, node.dynamic_ref, node.condition, node.consequence, node.alternative})
        add(next);
      for (const Nodes* parts : {&node.all_of, &node.any_of, &node.one_of})
        for (const Node* part : *parts) add(part);
      if (node.object)
        for (const auto& [name, schema] : node.object->dependent_schemas) add(schema);
      if (!node.dynamic_anchor) continue;
      for (const auto& anchors : program_.dynamic_anchors)
        for (const auto& [number, anchored] : anchors)
          if (number == *node.dynamic_anchor) add(anchored);
    }
    return nodes;
  }

  static Nodes of_member(const Nodes& schemas, const std::string& key) {
    Nodes children;
    for (const Node* node : schemas) {
      const std::size_t before = children.size();
      if (node->object) {
        std::size_t expected = 0;
        const NameRule* rule = node->object->names.find(key, expected);
        if (rule != nullptr && rule->schema != nullptr) children.push_back(rule->schema);
        for (const auto& [pattern, schema] : node->object->patterns)
          if (pattern.matches(key)) children.push_back(schema);
        if (children.size() == before && node->object->additional != nullptr)
          children.push_back(node->object->additional);
      }
      if (children.size() == before && node->unevaluated_properties != nullptr)
        children.push_back(node->unevaluated_properties);
    }
    return children;
  }

  static Nodes of_item(const Nodes& schemas, std::size_t index) {
    Nodes children;
    for (const Node* node : schemas) {
      const std::size_t before = children.size();
      if (node->array) {
        if (index < node->array->prefix.size())
          children.push_back(node->array->prefix[index]);
        else if (node->array->items != nullptr)
          children.push_back(node->array->items);
        if (node->array->contains != nullptr) children.push_back(node->array->contains);
      }
      if (children.size() == before && node->unevaluated_items != nullptr) children.push_back(node->unevaluated_items);
    }
    return children;
  }

  const SchemaProgram& program_;
  const std::function<Value(const Value&)>& replace_;
};

}  // namespace

Value redact_marked(const SchemaProgram& program, const Value& instance,
                    const std::function<Value(const Value&)>& replace) {
  return Redactor(program, replace).redact({program.root}, instance);
}

}  // namespace lumenflow::json
