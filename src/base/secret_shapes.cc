#include "base/secret_shapes.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace lumenflow {
namespace {

constexpr std::string_view kTellingNames[] = {
    "password",    "passwd",     "passphrase", "secret",     "token",       "apikey", "api_key",
    "private_key", "access_key", "secret_key", "credential", "credentials", "bearer",
};

// What a provider's token begins with, and how long it is at least.
struct Shape {
  std::string_view prefix;
  std::size_t size_min;
  bool plain = false;  // letters and digits alone follow
};
constexpr Shape kShapes[] = {
    {"sk-", 20},
    {"sk_live_", 24, true},
    {"sk_test_", 24, true},
    {"rk_live_", 24, true},
    {"ghp_", 30, true},
    {"gho_", 30, true},
    {"ghu_", 30, true},
    {"ghs_", 30, true},
    {"ghr_", 30, true},
    {"github_pat_", 30},
    {"glpat-", 20},
    {"xoxb-", 20},
    {"xoxp-", 20},
    {"xoxa-", 20},
    {"xoxs-", 20},
    {"npm_", 30, true},
    {"AIza", 35},
    {"AKIA", 20, true},
    {"ASIA", 20, true},
    {"hf_", 30, true},
    {"SG.", 40},
    {"ya29.", 30},
    {"dop_v1_", 40, true},
    {"pypi-", 40},
    {"SK", 34, true},
    {"AGE-SECRET-KEY-1", 50, true},
};
constexpr std::size_t kWebTokenMin = 30;
constexpr std::size_t kSchemeValueMin = 16;  // after Bearer, Basic
constexpr std::size_t kAssignedMin = 6;

enum : std::uint8_t {
  kWordChar = 1,  // of tokens
  kAlphanumeric = 2,
  kFirst = 4,  // a shape, a web token or a scheme may begin with it, or a private key or URL be there
  kBase64Char = 8,
};

constexpr std::array<std::uint8_t, 256> make_classes() {
  std::array<std::uint8_t, 256> classes{};
  for (int c = 0; c < 256; ++c) {
    const bool alphanumeric = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    std::uint8_t bits = 0;
    if (alphanumeric) bits |= kAlphanumeric | kBase64Char | kWordChar;
    if (c == '_' || c == '-' || c == '.') bits |= kWordChar | kBase64Char;
    if (c == '+' || c == '/' || c == '=' || c == '~') bits |= kBase64Char;
    classes[static_cast<std::size_t>(c)] = bits;
  }
  for (const Shape& shape : kShapes) classes[static_cast<std::uint8_t>(shape.prefix[0])] |= kFirst;
  for (const char c : {'e', '-', ':', '=', 'B', 'b'}) classes[static_cast<std::uint8_t>(c)] |= kFirst;
  return classes;
}
constexpr std::array<std::uint8_t, 256> kClasses = make_classes();

// By the first character of what may be there: which characters may be second, as bits by their last five bits. Nearly
// all of a text is told apart by these two tables.
constexpr std::array<std::uint32_t, 256> make_seconds() {
  std::array<std::uint32_t, 256> seconds{};
  const auto may_follow = [&seconds](char first, char second) {
    seconds[static_cast<std::uint8_t>(first)] |= std::uint32_t{1} << (static_cast<std::uint8_t>(second) & 31);
  };
  for (const Shape& shape : kShapes) may_follow(shape.prefix[0], shape.prefix[1]);
  for (const char b : {'b', 'B'})
    for (const char second : {'e', 'a'}) may_follow(b, second);  // Bearer, Basic, in any case
  may_follow('e', 'y');
  may_follow('-', '-');
  may_follow(':', '/');
  seconds[static_cast<std::uint8_t>('=')] = ~std::uint32_t{0};
  return seconds;
}
constexpr std::array<std::uint32_t, 256> kSeconds = make_seconds();

// Whether something of `shape_at` can begin at `at`.
bool may_begin(std::string_view text, std::size_t at) {
  const char next = at + 1 < text.size() ? text[at + 1] : '\0';
  return ((kSeconds[static_cast<std::uint8_t>(text[at])] >> (static_cast<std::uint8_t>(next) & 31)) & 1) != 0;
}

bool is(char c, std::uint8_t bits) { return (kClasses[static_cast<std::uint8_t>(c)] & bits) != 0; }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

// Whether a JSON escape (\n, \u001b) ends before `at`: its letter belongs to no word.
bool is_after_escape(std::string_view text, std::size_t at) {
  return (at >= 2 && text[at - 2] == '\\') || (at >= 6 && text[at - 6] == '\\' && text[at - 5] == 'u');
}

// Where the word begins that ends before `end`.
std::size_t begin_of_word(std::string_view text, std::size_t end) {
  std::size_t at = end;
  while (at > 0 && is(text[at - 1], kWordChar) && !is_after_escape(text, at)) --at;
  return at;
}

std::size_t run_of(std::string_view text, std::uint8_t bits) {
  std::size_t size = 0;
  while (size < text.size() && is(text[size], bits)) ++size;
  return size;
}

bool starts_with_any_case(std::string_view text, std::string_view lower_case) {
  return text.size() >= lower_case.size() &&
         std::equal(lower_case.begin(), lower_case.end(), text.begin(), [](char a, char b) { return a == lower(b); });
}

// Each of these: how many bytes from the beginning of `rest` are a secret, after `skipped` that are not; 0 for none.
struct Found {
  std::size_t skipped = 0;
  std::size_t size = 0;
};

bool is_lower_hex(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

Found token_at(std::string_view rest) {
  const bool web = rest.starts_with("eyJ");
  const Shape* shape = nullptr;
  if (!web) {
    const auto* const found =
        std::ranges::find_if(kShapes, [&](const Shape& candidate) { return rest.starts_with(candidate.prefix); });
    if (found == std::ranges::end(kShapes)) return {};
    shape = found;
  }
  const std::size_t size = shape != nullptr && shape->plain
                               ? shape->prefix.size() + run_of(rest.substr(shape->prefix.size()), kAlphanumeric)
                               : run_of(rest, kWordChar);
  if (web) {
    const std::ptrdiff_t dots = std::ranges::count(rest.substr(0, size), '.');
    return {0, size >= kWebTokenMin && dots >= 2 ? size : 0};
  }
  // SK and 32 hex digits, neither more nor other letters: "SK" begins many a word
  if (shape->prefix == "SK" && (size != shape->size_min || !is_lower_hex(rest.substr(2, size - 2)))) return {};
  return {0, size >= shape->size_min ? size : 0};
}

// -----BEGIN … PRIVATE KEY----- to its end; where that is missing, to the end of the text or JSON string.
Found private_key_at(std::string_view rest) {
  constexpr std::string_view kBegin = "-----BEGIN ", kName = "PRIVATE KEY", kEnd = "-----END ", kDashes = "-----";
  constexpr std::size_t kNameMax = 64;
  if (!rest.starts_with(kBegin) || rest.substr(0, kNameMax).find(kName) == std::string_view::npos) return {};
  std::size_t size = 0;
  for (; size < rest.size() && rest[size] != '"'; ++size) {
    if (rest[size] == '\\') {
      if (size + 1 >= rest.size() || rest[size + 1] == '"') break;
      ++size;
      if (size == rest.size()) break;
    }
  }
  const std::string_view inside = rest.substr(0, size);
  const std::size_t end = inside.find(kEnd);
  if (end == std::string_view::npos) return {0, size};
  const std::size_t dashes = inside.find(kDashes, end + kEnd.size());
  return {0, dashes == std::string_view::npos ? size : dashes + kDashes.size()};
}

// ://user:password@host
Found url_password_at(std::string_view rest) {
  if (!rest.starts_with("://")) return {};
  std::size_t end = 3, colon = 0, at = 0;
  for (; end < rest.size(); ++end) {
    const char c = rest[end];
    if (c == '/' || c == '"' || c == '\\' || c == '<' || c == '>' || static_cast<unsigned char>(c) <= ' ') break;
    if (c == ':' && colon == 0) colon = end;
    if (c == '@') at = end;
  }
  if (colon == 0 || at == 0 || colon + 1 >= at) return {};
  return {colon + 1, at - colon - 1};
}

// Bearer …, Basic …
Found scheme_at(std::string_view rest) {
  for (const std::string_view scheme : {"bearer ", "basic "}) {
    if (!starts_with_any_case(rest, scheme)) continue;
    const std::size_t size = run_of(rest.substr(scheme.size()), kBase64Char);
    return {scheme.size(), size >= kSchemeValueMin ? size : 0};
  }
  return {};
}

// `at` is the '=' of DB_PASSWORD=…, as an environment is printed: capitals, and no blank before what they are.
Found environment_at(std::string_view text, std::size_t at) {
  constexpr std::size_t kValueMin = 8;
  const std::size_t name_at = begin_of_word(text, at);
  const std::string_view name = text.substr(name_at, at - name_at);
  const bool of_connection = name == "AccountKey" || name == "SharedAccessKey";  // of Azure's connection strings
  const bool capitals = std::ranges::none_of(name, [](char c) { return c >= 'a' && c <= 'z'; });
  if (name.empty() || (!of_connection && (!capitals || !is_telling_name(name)))) return {};
  const std::size_t size = run_of(text.substr(at + 1), kBase64Char);
  return {1, size >= kValueMin ? size : 0};
}

// Whether `at` lies in a member's value that is random by nature; the JSON may stand in a JSON string itself.
bool is_within_random(std::string_view text, std::size_t at) {
  const auto is_base64url = [](char c) { return is(c, kAlphanumeric) || c == '-' || c == '_'; };
  std::size_t begin = at, end = at;
  while (begin > 0 && is_base64url(text[begin - 1])) --begin;
  while (end < text.size() && is_base64url(text[end])) ++end;
  std::size_t name_end = begin;
  while (name_end > 0 && std::string_view("\"\\: ").find(text[name_end - 1]) != std::string_view::npos) --name_end;
  if (text.substr(name_end, begin - name_end).find(':') == std::string_view::npos) return false;
  const std::size_t name_at = begin_of_word(text, name_end);
  return is_random_by_nature(text.substr(name_at, name_end - name_at), text.substr(begin, end - begin));
}

Found shape_at(std::string_view text, std::size_t at) {
  const std::string_view rest = text.substr(at);
  switch (rest[0]) {
    case '-':
      return private_key_at(rest);
    case ':':
      return url_password_at(rest);
    case '=':
      return environment_at(text, at);
    default:
      break;
  }
  if (at > 0 && is(text[at - 1], kAlphanumeric) && !is_after_escape(text, at)) return {};  // in the middle of a word
  const Found token = token_at(rest);
  if (token.size == 0) return scheme_at(rest);
  return is_within_random(text, at) ? Found() : token;
}

// `at` is a ':' or '=' behind a telling name: what is assigned.
Found assigned_at(std::string_view text, std::size_t at) {
  std::size_t name_end = at;
  while (name_end > 0 && (text[name_end - 1] == '"' || text[name_end - 1] == '\'' || text[name_end - 1] == '\\' ||
                          text[name_end - 1] == ' '))
    --name_end;
  const std::size_t name_at = begin_of_word(text, name_end);
  if (name_at == name_end || !is_telling_name(text.substr(name_at, name_end - name_at))) return {};
  std::size_t from = at + 1;
  while (from < text.size() && (text[from] == ' ' || text[from] == '"' || text[from] == '\'' || text[from] == '\\'))
    ++from;
  std::size_t end = from;
  while (end < text.size() && static_cast<unsigned char>(text[end]) > ' ' && text[end] != '"' && text[end] != '\'' &&
         text[end] != '\\' && text[end] != ',' && text[end] != ';' && text[end] != '}')
    ++end;
  const std::string_view value = text.substr(from, end - from);
  const bool quoted = from > at + 1 && text[from - 1] != ' ';
  const bool has_digit = std::ranges::any_of(value, [](char c) { return c >= '0' && c <= '9'; });
  if (text[at] == ':' && !quoted && !has_digit) return {};  // "token: expired" is a sentence
  const bool reference = value.starts_with("env:") || value.starts_with("file:") || value.starts_with("keyring:");
  return {from - at, value.size() >= kAssignedMin && !reference ? value.size() : 0};
}

}  // namespace

std::vector<SecretSpan> find_secrets_in(std::string_view text, SecretSearch search) {
  std::vector<SecretSpan> spans;
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at];
    if (!is(c, kFirst)) {
      ++at;
      continue;
    }
    Found found;
    if (may_begin(text, at)) found = shape_at(text, at);
    if (found.size == 0 && search == SecretSearch::kAssignments && (c == '=' || c == ':'))
      found = assigned_at(text, at);
    if (found.size == 0) {
      ++at;
      continue;
    }
    spans.push_back({at + found.skipped, found.size});
    at += found.skipped + found.size;
  }
  return spans;
}

std::optional<std::string> replace_secrets(std::string_view text, SecretSearch search,
                                           const std::function<std::string(std::string_view secret)>& instead) {
  const std::vector<SecretSpan> spans = find_secrets_in(text, search);
  if (spans.empty()) return std::nullopt;
  std::string out;
  out.reserve(text.size());
  std::size_t at = 0;
  for (const SecretSpan& span : spans) {
    out.append(text.substr(at, span.at - at)).append(instead(text.substr(span.at, span.size)));
    at = span.at + span.size;
  }
  return out.append(text.substr(at));
}

bool is_random_by_nature(std::string_view name, std::string_view value) {
  constexpr std::size_t kSignatureChars = 86, kDigestChars = 43;  // of 64 and 32 bytes, without padding
  const bool as_long = name == "signature"    ? value.size() == kSignatureChars
                       : name == "thumbprint" ? value.size() == kDigestChars
                                              : false;
  return as_long && std::ranges::all_of(value, [](char c) { return is(c, kAlphanumeric) || c == '-' || c == '_'; });
}

bool is_telling_name(std::string_view name) {
  std::string words(name);
  std::ranges::transform(words, words.begin(), [](char c) { return c == '-' ? '_' : lower(c); });
  return std::ranges::any_of(kTellingNames, [&](std::string_view word) {
    return words.ends_with(word) && (words.size() == word.size() || words[words.size() - word.size() - 1] == '_');
  });
}

}  // namespace lumenflow
