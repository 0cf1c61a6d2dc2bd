#include "catalogue/payload_shape.h"

#include <algorithm>

namespace lumenflow::catalogue {
namespace {

constexpr std::size_t kShapesMax = 1000;  // beyond them everything is JSON, or references could multiply without end

class Shaper {
 public:
  explicit Shaper(const json::Value& root) : root_(root), follows_(root.find("$id") == nullptr) {}

  Shape shape(const json::Value& schema) {
    if (++shapes_ > kShapesMax) return {};
    if (const json::Value* reference = schema.find("$ref"); reference != nullptr) return referred(*reference);
    const std::string_view type = json::string_or(schema, "type", "");
    if (type == "string") return {Shape::Kind::kText, {}, {}};
    if (type == "integer") return {Shape::Kind::kInteger, {}, {}};
    if (type == "number") return {Shape::Kind::kNumber, {}, {}};
    if (type == "boolean") return {Shape::Kind::kBoolean, {}, {}};
    if (type == "array") return list(schema);
    if (type == "object") return object(schema);
    return {};
  }

 private:
  // Within the schema; one that leads back to where it came from is JSON.
  Shape referred(const json::Value& reference) {
    const std::string* target = reference.if_string();
    if (target == nullptr || !target->starts_with('#') || !follows_) return {};
    const json::Value* found = root_.at_pointer(std::string_view(*target).substr(1));
    if (found == nullptr || std::ranges::find(followed_, found) != followed_.end()) return {};
    followed_.push_back(found);
    Shape out = shape(*found);
    followed_.pop_back();
    return out;
  }

  static bool is_required(const json::Array* required, const std::string& name) {
    return required != nullptr && std::ranges::any_of(*required, [&name](const json::Value& each) {
             return each.if_string() != nullptr && *each.if_string() == name;
           });
  }

  Shape object(const json::Value& schema) {
    const json::Value* properties = schema.find("properties");
    const json::Value* additional = schema.find("additionalProperties");
    const bool named = properties != nullptr && properties->is_object() && !properties->as_object().empty();
    // Without names there is nothing to make members of; unless nothing may be in it, when the struct is empty.
    if (!named && (additional == nullptr || *additional != json::Value(false))) return {};
    Shape out{Shape::Kind::kObject, {}, {}};
    if (!named) return out;
    const json::Value* required = schema.find("required");
    const json::Array* names = required == nullptr ? nullptr : required->if_array();
    out.members.reserve(properties->as_object().size());
    for (const json::Member& member : properties->as_object())
      if (member.value != json::Value(false))
        out.members.push_back({member.key, is_required(names, member.key), shape(member.value)});
    return out;
  }

  Shape list(const json::Value& schema) {
    const json::Value* items = schema.find("items");
    if (items == nullptr || schema.find("prefixItems") != nullptr) return {};
    Shape item = shape(*items);
    if (item.kind == Shape::Kind::kBoolean) return {};  // std::vector<bool> hands out no references
    Shape out{Shape::Kind::kList, {}, {}};
    out.items.push_back(std::move(item));
    return out;
  }

  const json::Value& root_;
  const bool follows_;  // an $id changes what a reference means
  std::vector<const json::Value*> followed_;
  std::size_t shapes_ = 0;
};

}  // namespace

Shape shape_of(const json::Value* schema) { return schema == nullptr ? Shape() : Shaper(*schema).shape(*schema); }

}  // namespace lumenflow::catalogue
