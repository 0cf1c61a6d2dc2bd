#include "mounts/content_parts.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "base/encoding.h"
#include "base/time.h"

namespace lumenflow::mounts {
namespace {

bool is_text(const json::Value& object, std::string_view key) {
  const json::Value* const value = object.find(key);
  return value != nullptr && value->is_string();
}

bool is_text_if_there(const json::Value& object, std::string_view key) {
  return object.find(key) == nullptr || is_text(object, key);
}

bool is_object_if_there(const json::Value& object, std::string_view key) {
  const json::Value* const value = object.find(key);
  return value == nullptr || value->is_object();
}

bool is_bytes(const json::Value& object, std::string_view key) {
  return is_text(object, key) && from_base64(object.find(key)->as_string()).has_value();
}

bool is_number_if_there(const json::Value& object, std::string_view key, double least, double most) {
  const json::Value* const value = object.find(key);
  return value == nullptr || (value->is_number() && value->as_double() >= least && value->as_double() <= most);
}

bool has_annotations(const json::Value& part) {
  const json::Value* const annotations = part.find("annotations");
  if (annotations == nullptr) return true;
  if (!annotations->is_object() || !is_number_if_there(*annotations, "priority", 0, 1)) return false;
  if (!is_text_if_there(*annotations, "lastModified")) return false;
  if (const json::Value* const time = annotations->find("lastModified");
      time != nullptr && !parse_rfc3339(time->as_string()).ok())
    return false;
  const json::Value* const audience = annotations->find("audience");
  if (audience == nullptr) return true;
  const auto is_role = [](const json::Value& role) {
    return role.is_string() && (role.as_string() == "user" || role.as_string() == "assistant");
  };
  return audience->is_array() && std::ranges::all_of(audience->as_array(), is_role);
}

bool has_icons(const json::Value& part) {
  const json::Value* const icons = part.find("icons");
  const auto is_icon = [](const json::Value& icon) { return icon.is_object() && is_text(icon, "src"); };
  return icons == nullptr || (icons->is_array() && std::ranges::all_of(icons->as_array(), is_icon));
}

std::string resource_fault(const json::Value* resource) {
  if (resource == nullptr || !resource->is_object()) return "a resource without its 'resource'";
  if (!is_text(*resource, "uri")) return "a resource without a 'uri'";
  if (!is_text(*resource, "text") && !is_bytes(*resource, "blob"))
    return "a resource with neither 'text' nor a 'blob' in base64";
  if (!is_text_if_there(*resource, "mimeType") || !is_object_if_there(*resource, "_meta"))
    return "a resource whose 'mimeType' or '_meta' is of another type";
  return {};
}

}  // namespace

std::string part_fault(const json::Value& part) {
  if (!part.is_object()) return "a part is no object";
  if (!is_text(part, "type")) return "a part has no 'type'";
  if (!has_annotations(part) || !is_object_if_there(part, "_meta"))
    return "a part's 'annotations' or '_meta' are not the protocol's";
  const std::string& type = part.find("type")->as_string();
  if (type == "text") return is_text(part, "text") ? std::string() : "a text without its 'text'";
  if (type == "image" || type == "audio")
    return is_bytes(part, "data") && is_text(part, "mimeType")
               ? std::string()
               : "an image or audio without 'data' in base64 and 'mimeType'";
  if (type == "resource") return resource_fault(part.find("resource"));
  if (type != "resource_link") return "a part is of a type that the protocol does not have";
  constexpr std::array<std::string_view, 3> kOptional{"title", "description", "mimeType"};
  const auto fits = [&](std::string_view key) { return is_text_if_there(part, key); };
  if (!is_text(part, "uri") || !is_text(part, "name")) return "a link to a resource without 'uri' and 'name'";
  if (!std::ranges::all_of(kOptional, fits) || !has_icons(part) || !is_number_if_there(part, "size", 0, 1e18))
    return "a link to a resource has a member of another type";
  return {};
}

}  // namespace lumenflow::mounts
