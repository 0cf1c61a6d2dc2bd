#include "catalogue/cpp_names.h"

#include <algorithm>
#include <vector>

namespace lumenflow::catalogue {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
char upper(char c) { return is_lower(c) ? static_cast<char>(c - 'a' + 'A') : c; }

// Keywords of C++20 and later, and macros that common headers define; in byte order.
constexpr std::string_view kWords[] = {"EOF",
                                       "NULL",
                                       "alignas",
                                       "alignof",
                                       "and",
                                       "and_eq",
                                       "asm",
                                       "assert",
                                       "atomic_cancel",
                                       "atomic_commit",
                                       "atomic_noexcept",
                                       "auto",
                                       "bitand",
                                       "bitor",
                                       "bool",
                                       "break",
                                       "case",
                                       "catch",
                                       "char",
                                       "char16_t",
                                       "char32_t",
                                       "char8_t",
                                       "class",
                                       "co_await",
                                       "co_return",
                                       "co_yield",
                                       "compl",
                                       "concept",
                                       "const",
                                       "const_cast",
                                       "consteval",
                                       "constexpr",
                                       "constinit",
                                       "continue",
                                       "contract_assert",
                                       "decltype",
                                       "default",
                                       "delete",
                                       "do",
                                       "double",
                                       "dynamic_cast",
                                       "else",
                                       "enum",
                                       "errno",
                                       "explicit",
                                       "export",
                                       "extern",
                                       "false",
                                       "float",
                                       "for",
                                       "friend",
                                       "goto",
                                       "i386",
                                       "if",
                                       "inline",
                                       "int",
                                       "linux",
                                       "long",
                                       "major",
                                       "makedev",
                                       "minor",
                                       "mutable",
                                       "namespace",
                                       "new",
                                       "noexcept",
                                       "not",
                                       "not_eq",
                                       "nullptr",
                                       "offsetof",
                                       "operator",
                                       "or",
                                       "or_eq",
                                       "private",
                                       "protected",
                                       "public",
                                       "reflexpr",
                                       "register",
                                       "reinterpret_cast",
                                       "requires",
                                       "return",
                                       "short",
                                       "signed",
                                       "sizeof",
                                       "static",
                                       "static_assert",
                                       "static_cast",
                                       "stderr",
                                       "stdin",
                                       "stdout",
                                       "struct",
                                       "switch",
                                       "synchronized",
                                       "template",
                                       "this",
                                       "thread_local",
                                       "throw",
                                       "true",
                                       "try",
                                       "typedef",
                                       "typeid",
                                       "typename",
                                       "union",
                                       "unix",
                                       "unsigned",
                                       "using",
                                       "virtual",
                                       "void",
                                       "volatile",
                                       "wchar_t",
                                       "while",
                                       "xor",
                                       "xor_eq"};
static_assert(std::ranges::is_sorted(kWords));

std::string no_word(std::string name) {
  if (std::ranges::binary_search(kWords, std::string_view(name))) name += '_';
  return name;
}

// The runs of ASCII letters and digits, each handed over with its first character; "value" where there are none.
template <class Begin>
std::string words_of(std::string_view id, Begin begin) {
  std::string out;
  bool within = false;
  for (const char c : id) {
    const bool belongs = is_digit(c) || is_lower(c) || is_upper(c);
    if (belongs && within) out += c;
    if (belongs && !within) begin(out, c);
    within = belongs;
  }
  return out.empty() ? words_of("value", begin) : out;
}

}  // namespace

std::string snake_name(std::string_view dashed) {
  std::string out(dashed);
  std::ranges::replace(out, '-', '_');
  return no_word(std::move(out));
}

std::string pascal_name(std::string_view dashed) {
  std::string out;
  bool begins = true;
  for (const char c : dashed) {
    if (begins && is_digit(c)) out += '_';  // or "a-1" and "a1" were one
    if (c != '-') out += begins ? upper(c) : c;
    begins = c == '-';
  }
  return out;
}

std::string enumerator(std::string_view type) {
  const std::size_t colon = type.find(':');
  return "k" + pascal_name(type.substr(0, colon)) + "_" + pascal_name(type.substr(colon + 1));
}

bool Names::take(const std::string& name) {
  return std::ranges::find(reserved_, name) == reserved_.end() && taken_.insert(name).second;
}

std::string Names::free(std::string name) {
  if (take(name)) return name;
  if (name.ends_with('_')) name.pop_back();
  for (int i = 2;; ++i)
    if (std::string next = name + "_" + std::to_string(i); take(next)) return next;
}

std::string Names::member(std::string_view id) {
  std::string out = words_of(id, [](std::string& name, char first) {
    if (!name.empty()) name += '_';
    name += first;
  });
  if (is_digit(out.front())) out.insert(0, "n");
  return free(no_word(std::move(out)));
}

std::string Names::type(std::string_view id) {
  std::string out = words_of(id, [](std::string& name, char first) { name += upper(first); });
  if (is_digit(out.front())) out.insert(0, "N");
  return free(no_word(std::move(out)));
}

void append_part(CppLiteral part, std::string& out) {
  static constexpr char kDigits[] = "01234567";
  // Octal ends after three digits; '?' might begin a trigraph.
  const auto is_plain = [](char c) { return c >= 0x20 && c < 0x7f && c != '"' && c != '\\' && c != '?'; };
  out += '"';
  for (const char *at = part.text.data(), *const end = at + part.text.size(); at != end;) {
    const char* const special = std::find_if_not(at, end, is_plain);
    out.append(at, special);
    at = special;
    if (at == end) break;
    const auto byte = static_cast<unsigned char>(*at++);
    if (byte == '"' || byte == '\\')
      out.append({'\\', static_cast<char>(byte)});
    else
      out.append({'\\', kDigits[byte >> 6], kDigits[(byte >> 3) & 7], kDigits[byte & 7]});
  }
  out += '"';
}

}  // namespace lumenflow::catalogue
