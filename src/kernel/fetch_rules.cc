#include "kernel/fetch_rules.h"

#include <algorithm>
#include <string>
#include <string_view>

namespace lumenflow::kernel {
namespace {

// Whether `text` stands anywhere in `value` under a key with that end.
bool says(const json::Value& value, std::string_view key_end, std::string_view text) {
  if (const json::Array* items = value.if_array())
    return std::ranges::any_of(*items, [&](const json::Value& item) { return says(item, key_end, text); });
  const json::Object* members = value.if_object();
  if (members == nullptr) return false;
  return std::ranges::any_of(*members, [&](const json::Member& member) {
    const std::string* said = member.value.if_string();
    return said == nullptr ? says(member.value, key_end, text) : member.key.ends_with(key_end) && *said == text;
  });
}

Error unnamed(std::string_view what, const std::string& text, std::string_view key_end) {
  return {ErrorCode::kScopeDenied, "the pack's section of lumenflow.yaml does not name the " + std::string(what) +
                                       " '" + text + "' under a key that ends in '" + std::string(key_end) + "'"};
}

}  // namespace

Status check_named(const pack::HttpRequest& request, const json::Value& section) {
  for (const pack::HttpHeader& header : request.headers)
    if (!header.environment.empty() && !says(section, "_env", header.environment))
      return unnamed("variable", header.environment, "_env");
  if (!request.base_url.empty() && !says(section, "url", request.base_url))
    return unnamed("URL", request.base_url, "url");
  if (!request.base_url_env.empty() && !says(section, "url_env", request.base_url_env))
    return unnamed("variable", request.base_url_env, "url_env");
  return {};
}

}  // namespace lumenflow::kernel
