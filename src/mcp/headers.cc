#include "mcp/headers.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

#include "base/encoding.h"

namespace lumenflow::mcp {
namespace {

constexpr std::string_view kBegin = "=?base64?", kEnd = "?=";
constexpr int kSchemaDepthMax = 32;

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return out;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

bool is_header_text(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return (c >= 0x20 && c <= 0x7e) || c == '\t'; });
}

bool is_wrapped(std::string_view value) {
  return value.size() >= kBegin.size() + kEnd.size() && value.starts_with(kBegin) && value.ends_with(kEnd);
}

void collect(const json::Value& schema, std::vector<std::string>& path, std::vector<MirroredParam>& found) {
  const json::Value* const properties = schema.is_object() ? schema.find("properties") : nullptr;
  if (properties == nullptr || !properties->is_object() || path.size() > kSchemaDepthMax) return;
  for (const json::Member& property : properties->as_object()) {
    path.push_back(property.key);
    if (property.value.is_object())
      if (const std::string_view header = json::string_or(property.value, "x-mcp-header", ""); !header.empty())
        found.push_back({path, "mcp-param-" + lower(header)});
    collect(property.value, path, found);
    path.pop_back();
  }
}

const json::Value* value_at(const json::Value& arguments, const std::vector<std::string>& path) {
  const json::Value* at = &arguments;
  for (const std::string& key : path) {
    at = at->is_object() ? at->find(key) : nullptr;
    if (at == nullptr) return nullptr;
  }
  return at->is_null() ? nullptr : at;
}

// Integers are compared as numbers: 42.0 is 42.
bool says(const json::Value& value, const std::string& header) {
  if (const std::string* const text = value.if_string()) return *text == header;
  if (const bool* const truth = value.if_boolean()) return header == (*truth ? "true" : "false");
  if (json::serialize(value) == header) return true;
  double number = 0;
  const auto [end, fault] = std::from_chars(header.data(), header.data() + header.size(), number);
  return fault == std::errc() && end == header.data() + header.size() && value.is_number() &&
         std::abs(number) <= 9007199254740991.0 && value.as_double() == number;
}

std::string mismatch(std::string_view header, const std::string& what) {
  return "Header mismatch: " + std::string(header) + " " + what;
}

// One header that must say what the body says.
std::string fault_of(std::string_view shown, std::string_view name, std::string_view body, const HeaderOf& header,
                     bool encoded) {
  const std::optional<std::string_view> given = header(name);
  if (!given) return mismatch(shown, "is missing");
  const std::optional<std::string> value =
      encoded ? decode_header(*given) : std::optional(std::string(trimmed(*given)));
  if (!value || !is_header_text(*given)) return mismatch(shown, "has characters that a header cannot have");
  return *value == body ? std::string() : mismatch(shown, "is not what the body says");
}

}  // namespace

std::optional<std::string> decode_header(std::string_view value) {
  value = trimmed(value);
  if (!is_header_text(value)) return std::nullopt;
  if (!is_wrapped(value)) return std::string(value);
  value.remove_prefix(kBegin.size());
  value.remove_suffix(kEnd.size());
  std::optional<std::string> text = from_base64(value);
  return text && is_valid_utf8(*text) ? text : std::nullopt;
}

std::string encode_header(std::string_view value) {
  if (is_header_text(value) && trimmed(value) == value && !is_wrapped(value)) return std::string(value);
  return std::string(kBegin) + to_base64(value) + std::string(kEnd);
}

std::string_view named_by(std::string_view method) {
  if (method == "tools/call" || method == "prompts/get") return "name";
  if (method == "resources/read") return "uri";
  return method == "tasks/get" || method == "tasks/update" || method == "tasks/cancel" ? "taskId" : "";
}

std::string header_fault(const Message& message, const HeaderOf& header) {
  const json::Value* const version = message.meta(kMetaVersion);
  const std::string spoken = version != nullptr && version->is_string() ? version->as_string() : std::string();
  if (std::string fault = fault_of("MCP-Protocol-Version", "mcp-protocol-version", spoken, header, false);
      !fault.empty())
    return fault;
  if (std::string fault = fault_of("Mcp-Method", "mcp-method", message.method, header, false); !fault.empty())
    return fault;
  const std::string_view key = named_by(message.method);
  if (key.empty()) return {};
  const std::string_view name = json::string_or(message.params, key, "");
  // What the body does not have, its own check says.
  return name.empty() ? std::string() : fault_of("Mcp-Name", "mcp-name", name, header, true);
}

std::vector<MirroredParam> mirrored_params(const json::Value& input_schema) {
  std::vector<MirroredParam> found;
  std::vector<std::string> path;
  collect(input_schema, path, found);
  return found;
}

std::string param_header_fault(const json::Value& input_schema, const json::Value& arguments, const HeaderOf& header) {
  for (const MirroredParam& param : mirrored_params(input_schema)) {
    const json::Value* const value = value_at(arguments, param.path);
    const std::optional<std::string_view> given = header(param.header);
    if (value == nullptr && !given) continue;
    if (!given) return mismatch(param.header, "is missing");
    if (value == nullptr) return mismatch(param.header, "has no value in the arguments");
    const std::optional<std::string> text = decode_header(*given);
    if (!text) return mismatch(param.header, "has characters that a header cannot have");
    if (!says(*value, *text)) return mismatch(param.header, "is not what the arguments say");
  }
  return {};
}

}  // namespace lumenflow::mcp
