#include "mounts/header_values.h"

#include <algorithm>
#include <set>

#include "base/encoding.h"

namespace lumenflow::mounts {
namespace {

constexpr std::string_view kMark = "x-mcp-header";
constexpr std::string_view kBegin = "=?base64?", kEnd = "?=";
constexpr int kDepthMax = 64;

bool is_token(std::string_view text) {  // RFC 9110, 5.6.2
  return !text.empty() && text.size() <= 128 && std::ranges::all_of(text, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
  });
}

// How often the mark stands anywhere in a schema.
std::size_t marks_in(const json::Value& value, int depth) {
  if (depth > kDepthMax) return 0;
  std::size_t count = 0;
  if (const json::Array* array = value.if_array())
    for (const json::Value& item : *array) count += marks_in(item, depth + 1);
  if (const json::Object* object = value.if_object())
    for (const json::Member& member : *object)
      count += (member.key == kMark ? 1 : 0) + marks_in(member.value, depth + 1);
  return count;
}

struct Marked {
  std::vector<std::string> path;
  std::string header;
  std::string type;
};

void find_marked(const json::Value& schema, std::vector<std::string> path, std::vector<Marked>& found) {
  const json::Value* const properties = schema.find("properties");
  if (properties == nullptr || !properties->is_object() || path.size() > kDepthMax) return;
  for (const json::Member& property : properties->as_object()) {
    std::vector<std::string> here = path;
    here.push_back(property.key);
    if (const json::Value* mark = property.value.find(kMark))
      found.push_back({here, mark->is_string() ? mark->as_string() : std::string(),
                       std::string(json::string_or(property.value, "type", ""))});
    find_marked(property.value, std::move(here), found);
  }
}

}  // namespace

std::string header_value(std::string_view text) {
  const auto plain = [](char c) { return (c >= ' ' && c <= '~') || c == '\t'; };
  const bool padded =
      !text.empty() && (text.front() == ' ' || text.front() == '\t' || text.back() == ' ' || text.back() == '\t');
  if (std::ranges::all_of(text, plain) && !padded && !text.empty() &&
      !(text.starts_with(kBegin) && text.ends_with(kEnd)))
    return std::string(text);
  return std::string(kBegin) + to_base64(text) + std::string(kEnd);
}

std::vector<std::pair<std::string, std::string>> parameter_headers(const json::Value& input_schema,
                                                                   const json::Value& arguments) {
  std::vector<Marked> marked;
  find_marked(input_schema, {}, marked);
  std::vector<std::pair<std::string, std::string>> headers;
  for (const Marked& mark : marked) {
    const json::Value* value = &arguments;
    for (const std::string& key : mark.path) value = value == nullptr ? nullptr : value->find(key);
    if (value == nullptr || value->is_null() || value->is_array() || value->is_object()) continue;
    headers.emplace_back("Mcp-Param-" + mark.header,
                         header_value(value->is_string() ? value->as_string() : json::serialize(*value)));
  }
  return headers;
}

Status check_parameter_headers(const json::Value& input_schema) {
  const auto unfit = [](std::string what) {
    return Error(ErrorCode::kInvalidOutput, "its x-mcp-header " + std::move(what));
  };
  std::vector<Marked> marked;
  find_marked(input_schema, {}, marked);
  if (marked.size() != marks_in(input_schema, 0)) return unfit("stands where no argument can be found by its path");
  std::set<std::string> names;
  for (const Marked& mark : marked) {
    if (!is_token(mark.header)) return unfit("is no name of a header");
    std::string lower = mark.header;
    std::ranges::transform(lower, lower.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
    if (!names.insert(lower).second) return unfit("stands twice");
    if (mark.type != "string" && mark.type != "integer" && mark.type != "boolean")
      return unfit("is on what is neither string, integer nor boolean");
  }
  return {};
}

}  // namespace lumenflow::mounts
