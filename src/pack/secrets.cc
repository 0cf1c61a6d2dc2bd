#include "pack/secrets.h"

#include <algorithm>
#include <string_view>

#include "base/secret_shapes.h"

namespace lumenflow::pack {
namespace {

bool is_reference(std::string_view text) {
  return text.starts_with("env:") || text.starts_with("file:") || text.starts_with("keyring:") || text == "keyring";
}

bool is_secret(std::string_view key, std::string_view text) {
  if (text.empty() || is_reference(text)) return false;
  return is_telling_name(key) || text.find("PRIVATE KEY-----") != std::string_view::npos ||
         !find_secrets_in(text, SecretSearch::kShapes).empty();
}

void search(const json::Value& value, std::string_view key, const std::string& pointer,
            std::vector<SecretLiteral>& out) {
  if (const std::string* text = value.if_string()) {
    if (is_secret(key, *text)) out.push_back({pointer, *text});
  } else if (const json::Array* array = value.if_array()) {
    for (std::size_t i = 0; i < array->size(); ++i) search((*array)[i], key, pointer + "/" + std::to_string(i), out);
  } else if (const json::Object* object = value.if_object()) {
    for (const json::Member& member : *object)
      search(member.value, member.key, pointer + "/" + json::escape_pointer_token(member.key), out);
  }
}

std::string trimmed(std::string_view text) {
  constexpr std::string_view kEdges = " \t-{,}\"'";
  const std::size_t start = text.find_first_not_of(kEdges);
  if (start == std::string_view::npos) return {};
  return std::string(text.substr(start, text.find_last_not_of(kEdges) + 1 - start));
}

// Also where messages and snippets have cut the secret short.
std::string masked(std::string text, const std::vector<SecretLiteral>& secrets) {
  constexpr std::string_view kMask = "***";
  constexpr std::size_t kBeginningBytes = 48, kSizeMin = 3;
  for (const SecretLiteral& secret : secrets) {
    const std::string& value = secret.value;
    if (value.size() < kSizeMin) continue;
    const std::string beginning = value.substr(0, kBeginningBytes);
    for (std::size_t at = 0; (at = text.find(beginning, at)) != std::string::npos; at += kMask.size()) {
      const auto differs =
          std::mismatch(value.begin(), value.end(), text.begin() + static_cast<std::ptrdiff_t>(at), text.end());
      text.replace(at, static_cast<std::size_t>(differs.first - value.begin()), kMask);
    }
  }
  return text;
}

}  // namespace

std::vector<SecretLiteral> find_secrets(const json::Value& root) {
  std::vector<SecretLiteral> out;
  search(root, "", "", out);
  return out;
}

std::vector<SecretLiteral> find_secrets(const Diagnostics& diagnostics) {
  std::vector<SecretLiteral> out;
  for (const Diagnostic& item : diagnostics.items()) {
    const std::size_t colon = item.snippet.find(':');
    if (colon == std::string::npos) continue;
    search(trimmed(item.snippet.substr(colon + 1)), trimmed(item.snippet.substr(0, colon)), "", out);
  }
  return out;
}

Diagnostics without_secrets(const Diagnostics& diagnostics, const std::vector<SecretLiteral>& secrets) {
  Diagnostics out;
  for (const Diagnostic& item : diagnostics.items())
    out.add(item.code, item.place, masked(item.message, secrets), masked(item.help, secrets),
            masked(item.snippet, secrets));
  return out;
}

}  // namespace lumenflow::pack
