#include "agent-runtime/providers/wire_format.h"

#include <algorithm>
#include <utility>

namespace lumenflow::agent_runtime {
namespace {

constexpr std::size_t kQuotedBytesMax = 300;
constexpr std::size_t kCallsMax = 128;

std::string_view code_of(std::string_view type) {
  if (type.find("rate_limit") != type.npos || type == "insufficient_quota") return "PROVIDER_RATE_LIMITED";
  if (type == "authentication_error" || type == "permission_error" || type == "invalid_api_key")
    return "PROVIDER_AUTHENTICATION_FAILED";
  return "PROVIDER_HTTP_ERROR";
}

}  // namespace

ProviderError malformed(std::string what) { return {"PROVIDER_MALFORMED_RESPONSE", std::move(what), {}}; }

std::string excerpt(std::string_view text) {
  std::string line;
  for (const char c : text) {
    if (line.size() >= kQuotedBytesMax && (static_cast<unsigned char>(c) & 0xc0) != 0x80) {
      line += " …";
      break;
    }
    line += static_cast<unsigned char>(c) < ' ' || c == '\x7f' ? ' ' : c;
  }
  // Whatever is no UTF-8 in it is replaced as JSON text replaces it.
  const json::Value safe = json::parse(json::serialize(json::Value(line))).value_or(json::Value(""));
  return safe.as_string();
}

ProviderError said_error(const json::Value& error) {
  const std::string* text = error.if_string();
  const std::string_view type = json::string_or(error, "type", json::string_or(error, "code", ""));
  const std::string_view message = text != nullptr ? std::string_view(*text) : json::string_or(error, "message", "");
  return {std::string(code_of(type)),
          "the provider ended its answer with an error: " +
              excerpt(type.empty() ? message : std::string(type) + ": " + std::string(message)),
          {}};
}

std::variant<std::vector<ToolRequest>, ProviderError> requests_of(std::vector<ReadCall> calls) {
  if (calls.size() > kCallsMax) return malformed("the model asks for more than 128 tools at once");
  std::vector<ToolRequest> requests;
  for (ReadCall& call : calls) {
    if (call.name.empty()) return malformed("the model asks for a tool without a name");
    const bool blank = call.input.find_first_not_of(" \t\r\n") == std::string::npos;
    Result<json::Value> input = blank ? json::Value(json::Object{}) : json::parse(call.input);
    if (!input.ok() || !input->is_object())
      return malformed("the model's arguments for the tool " + excerpt(call.name) + " are no JSON object" +
                       (input.ok() ? "" : ": " + excerpt(input.error().message())));
    requests.push_back({std::move(call.id), std::move(call.name), *std::move(input)});
  }
  return requests;
}

bool is_sound(const json::Value& usage, std::initializer_list<std::string_view> counts) {
  constexpr std::int64_t kTokensMax = 1'000'000'000;
  return std::ranges::all_of(counts, [&](std::string_view key) {
    const json::Value* said = usage.find(key);
    if (said == nullptr || said->is_null()) return true;
    const std::int64_t count = json::integer_or(usage, key, -1);
    return count >= 0 && count <= kTokensMax;
  });
}

std::uint64_t count_or(const json::Value& object, std::string_view key, std::uint64_t fallback) {
  const std::int64_t count = json::integer_or(object, key, -1);
  return count < 0 ? fallback : static_cast<std::uint64_t>(count);
}

}  // namespace lumenflow::agent_runtime
