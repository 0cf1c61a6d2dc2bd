#include "pack/secrets.h"

#include <algorithm>
#include <string_view>

namespace lumenflow::pack {
namespace {

constexpr std::string_view kTellingNames[] = {
    "password",    "passwd",     "passphrase", "secret",     "token",       "apikey", "api_key",
    "private_key", "access_key", "secret_key", "credential", "credentials", "bearer",
};

// What a provider's token begins with, and how long it is at least.
struct Shape {
  std::string_view prefix;
  std::size_t size_min;
};
constexpr Shape kShapes[] = {
    {"sk-", 20},         {"ghp_", 30},   {"gho_", 30},  {"ghu_", 30},  {"ghs_", 30},  {"ghr_", 30},
    {"github_pat_", 30}, {"glpat-", 20}, {"xoxb-", 20}, {"xoxp-", 20}, {"xoxa-", 20}, {"xoxs-", 20},
    {"npm_", 30},        {"AIza", 35},   {"AKIA", 20},  {"ASIA", 20},
};

bool is_token_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
}

bool is_reference(std::string_view text) {
  return text.starts_with("env:") || text.starts_with("file:") || text.starts_with("keyring:") || text == "keyring";
}

bool is_telling(std::string_view key) {
  std::string name(key);
  std::ranges::transform(name, name.begin(), [](char c) {
    return c == '-' ? '_' : c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  });
  return std::ranges::any_of(kTellingNames, [&](std::string_view word) {
    return name.ends_with(word) && (name.size() == word.size() || name[name.size() - word.size() - 1] == '_');
  });
}

bool is_web_token(std::string_view word) {
  return word.starts_with("eyJ") && word.size() >= 30 && std::ranges::count(word, '.') == 2;
}

bool has_shaped_word(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at;
    while (end < text.size() && is_token_character(text[end])) ++end;
    const std::string_view word = text.substr(at, end - at);
    const bool shaped = std::ranges::any_of(
        kShapes, [&](const Shape& shape) { return word.starts_with(shape.prefix) && word.size() >= shape.size_min; });
    if (shaped || is_web_token(word)) return true;
    at = std::max(end, at + 1);
  }
  return false;
}

// https://user:password@host
bool has_password_in_url(std::string_view text) {
  const std::size_t scheme = text.find("://");
  if (scheme == std::string_view::npos) return false;
  const std::string_view rest = text.substr(scheme + 3);
  const std::string_view authority = rest.substr(0, rest.find('/'));
  const std::size_t at = authority.rfind('@');
  const std::size_t colon = authority.find(':');
  return at != std::string_view::npos && colon < at && colon + 1 < at;
}

bool is_secret(std::string_view key, std::string_view text) {
  if (text.empty() || is_reference(text)) return false;
  return is_telling(key) || text.find("PRIVATE KEY-----") != std::string_view::npos || has_shaped_word(text) ||
         has_password_in_url(text);
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
