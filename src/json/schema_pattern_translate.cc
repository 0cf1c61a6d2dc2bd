// ECMA-262 to RE2, one construct at a time (ECMA-262, 22.2.1; RE2's syntax page).
#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "json/schema_pattern.h"

namespace lumenflow::json {
namespace {

// WhiteSpace and LineTerminator of ECMA-262, and what is between them, as contents of a character class.
constexpr std::string_view kSpace =
    "\\t-\\r \\x{a0}\\x{1680}\\x{2000}-\\x{200a}\\x{2028}\\x{2029}\\x{202f}\\x{205f}\\x{3000}\\x{feff}";
constexpr std::string_view kNotSpace =
    "\\x{0}-\\x{8}\\x{e}-\\x{1f}\\x{21}-\\x{9f}\\x{a1}-\\x{167f}\\x{1681}-\\x{1fff}\\x{200b}-\\x{2027}\\x{202a}-\\x{"
    "202e}"
    "\\x{2030}-\\x{205e}\\x{2060}-\\x{2fff}\\x{3001}-\\x{fefe}\\x{ff00}-\\x{10ffff}";

struct PropertyName {
  std::string_view ecmascript, re2;
};

// Long names and aliases of general categories (PropertyValueAliases.txt); scripts have the same names in both.
constexpr std::array kCategories = std::to_array<PropertyName>({
    {"Letter", "L"},
    {"Cased_Letter", "LC"},
    {"Uppercase_Letter", "Lu"},
    {"Lowercase_Letter", "Ll"},
    {"Titlecase_Letter", "Lt"},
    {"Modifier_Letter", "Lm"},
    {"Other_Letter", "Lo"},
    {"Mark", "M"},
    {"Combining_Mark", "M"},
    {"Nonspacing_Mark", "Mn"},
    {"Spacing_Mark", "Mc"},
    {"Enclosing_Mark", "Me"},
    {"Number", "N"},
    {"Decimal_Number", "Nd"},
    {"digit", "Nd"},
    {"Letter_Number", "Nl"},
    {"Other_Number", "No"},
    {"Punctuation", "P"},
    {"punct", "P"},
    {"Connector_Punctuation", "Pc"},
    {"Dash_Punctuation", "Pd"},
    {"Open_Punctuation", "Ps"},
    {"Close_Punctuation", "Pe"},
    {"Initial_Punctuation", "Pi"},
    {"Final_Punctuation", "Pf"},
    {"Other_Punctuation", "Po"},
    {"Symbol", "S"},
    {"Math_Symbol", "Sm"},
    {"Currency_Symbol", "Sc"},
    {"Modifier_Symbol", "Sk"},
    {"Other_Symbol", "So"},
    {"Separator", "Z"},
    {"Space_Separator", "Zs"},
    {"Line_Separator", "Zl"},
    {"Paragraph_Separator", "Zp"},
    {"Other", "C"},
    {"Control", "Cc"},
    {"cntrl", "Cc"},
    {"Format", "Cf"},
    {"Surrogate", "Cs"},
    {"Private_Use", "Co"},
});

bool is_pattern_hex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

std::string code_point(std::uint32_t value) {
  char buffer[16];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value, 16);
  return "\\x{" + std::string(buffer, end.ptr) + "}";
}

class Translator {
 public:
  explicit Translator(std::string_view pattern) : rest_(pattern) {}

  Result<std::string> run() {
    while (!rest_.empty() && problem_.empty()) step();
    if (!problem_.empty()) return Error(ErrorCode::kInvalidConfiguration, "the pattern " + problem_);
    return std::move(out_);
  }

 private:
  void fail(std::string problem) {
    if (problem_.empty()) problem_ = std::move(problem);
  }

  bool take(std::string_view prefix) {
    if (!rest_.starts_with(prefix)) return false;
    rest_.remove_prefix(prefix.size());
    return true;
  }

  void step() {
    if (take("\\")) return escape(false);
    if (take("(?")) return group();
    if (take("(")) {
      out_ += "(?:";
      return;
    }
    if (take("[")) return character_class();
    if (take(".")) {
      out_ += "[^\\n\\r\\x{2028}\\x{2029}]";
      return;
    }
    out_ += rest_.front();
    rest_.remove_prefix(1);
  }

  void group() {
    if (rest_.starts_with("=") || rest_.starts_with("!"))
      return fail("uses look-ahead, which matching in linear time excludes");
    if (rest_.starts_with("<=") || rest_.starts_with("<!"))
      return fail("uses look-behind, which matching in linear time excludes");
    if (take("<")) {
      const std::size_t close = rest_.find('>');
      if (close == std::string_view::npos || close == 0) return fail("has a group whose name does not end");
      rest_.remove_prefix(close + 1);
      out_ += "(?:";
      return;
    }
    const std::size_t flags = std::min(rest_.find_first_not_of("ims-"), rest_.size());
    if (rest_.substr(flags, 1) != ":")
      return fail("has a group that ECMA-262 does not know: (?" + std::string(rest_.substr(0, 4)));
    out_.append("(?").append(rest_.substr(0, flags + 1));
    rest_.remove_prefix(flags + 1);
  }

  void character_class() {
    if (take("]")) {  // nothing at all
      out_ += "[^\\x{0}-\\x{10ffff}]";
      return;
    }
    if (take("^]")) {  // anything at all
      out_ += "[\\x{0}-\\x{10ffff}]";
      return;
    }
    out_ += '[';
    if (take("^")) out_ += '^';
    while (!take("]")) {
      if (rest_.empty()) return fail("has a character class that does not end");
      if (!problem_.empty()) return;
      if (take("\\")) {
        escape(true);
      } else {
        if (rest_.front() == '[' || rest_.front() == '^') out_ += '\\';  // no nested or POSIX classes
        out_ += rest_.front();
        rest_.remove_prefix(1);
      }
    }
    out_ += ']';
  }

  // Behind a backslash.
  void escape(bool in_class) {
    if (rest_.empty()) return fail("ends in a backslash");
    const char c = rest_.front();
    rest_.remove_prefix(1);
    switch (c) {
      case 'd':
      case 'D':
      case 'w':
      case 'W':
      case 't':
      case 'n':
      case 'v':
      case 'f':
      case 'r':
        out_.append("\\") += c;
        return;
      case 's':
      case 'S':
        return space(c == 'S', in_class);
      case 'b':
        out_ += in_class ? "\\x{8}" : "\\b";
        return;
      case 'B':
        if (in_class) return fail("has \\B in a character class");
        out_ += "\\B";
        return;
      case 'p':
      case 'P':
        return property(c, in_class);
      case 'x':
        return hexadecimal(2);
      case 'u':
        return unicode();
      case 'c':
        return control();
      case 'k':
        return fail("uses a back-reference, which matching in linear time excludes");
      case '0':
        if (!rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9') return fail("has an octal escape");
        out_ += "\\x{0}";
        return;
      default:
        return literal(c, in_class);
    }
  }

  void literal(char c, bool in_class) {
    if (c >= '1' && c <= '9')
      return fail(in_class ? "has an octal escape" : "uses a back-reference, which matching in linear time excludes");
    if (is_letter(c)) return fail(std::string("has an escape that ECMA-262 does not know: \\") + c);
    if (static_cast<unsigned char>(c) < 0x80)
      out_ += code_point(static_cast<unsigned char>(c));
    else
      out_ += c;
  }

  void space(bool negated, bool in_class) {
    if (!in_class) out_ += '[';
    out_ += negated ? kNotSpace : kSpace;
    if (!in_class) out_ += ']';
  }

  std::optional<std::uint32_t> digits(std::size_t count) {
    if (rest_.size() < count ||
        !std::all_of(rest_.begin(), rest_.begin() + static_cast<std::ptrdiff_t>(count), is_pattern_hex))
      return std::nullopt;
    std::uint32_t value = 0;
    std::from_chars(rest_.data(), rest_.data() + count, value, 16);
    rest_.remove_prefix(count);
    return value;
  }

  void hexadecimal(std::size_t count) {
    if (const auto value = digits(count))
      out_ += code_point(*value);
    else
      fail("has an incomplete \\x escape");
  }

  void unicode() {
    if (take("{")) {
      const std::size_t close = rest_.find('}');
      const auto value = close == 0 || close > 6 ? std::nullopt : digits(close);
      if (!value || *value > 0x10ffff || !take("}")) return fail("has a \\u{} escape that is no code point");
      out_ += code_point(*value);
      return;
    }
    const auto value = digits(4);
    if (!value) return fail("has an incomplete \\u escape");
    if (*value < 0xd800 || *value > 0xdfff) {
      out_ += code_point(*value);
      return;
    }
    if (*value <= 0xdbff && take("\\u"))
      if (const auto low = digits(4); low && *low >= 0xdc00 && *low <= 0xdfff) {
        out_ += code_point(0x10000 + ((*value - 0xd800) << 10) + (*low - 0xdc00));
        return;
      }
    fail("has a lone surrogate");
  }

  void control() {
    if (rest_.empty() || !is_letter(rest_.front())) return fail("has an incomplete \\c escape");
    out_ += code_point(static_cast<std::uint32_t>(rest_.front()) % 32);
    rest_.remove_prefix(1);
  }

  void property(char kind, bool in_class) {
    const std::size_t close = rest_.find('}');
    if (!take("{") || close == std::string_view::npos) return fail("has an incomplete \\p escape");
    std::string_view name = rest_.substr(0, close - 1);
    rest_.remove_prefix(close);
    if (name == "ASCII" || name == "Any") {
      const std::string_view ascii = kind == 'p' ? "\\x{0}-\\x{7f}" : "\\x{80}-\\x{10ffff}";
      if (name == "Any" && kind == 'P') return fail("uses \\P{Any}, which matches nothing");
      out_.append(in_class ? "" : "[").append(name == "Any" ? "\\x{0}-\\x{10ffff}" : ascii).append(in_class ? "" : "]");
      return;
    }
    for (const std::string_view prefix : {"General_Category=", "gc=", "Script=", "sc=", "Script_Extensions=", "scx="})
      if (name.starts_with(prefix)) {
        name.remove_prefix(prefix.size());
        break;
      }
    const auto* alias = std::find_if(kCategories.begin(), kCategories.end(),
                                     [name](const PropertyName& p) { return p.ecmascript == name; });
    if (alias != kCategories.end()) name = alias->re2;
    if (name == "LC") return fail("uses \\p{LC}, which the engine lacks: write [\\p{Lu}\\p{Ll}\\p{Lt}]");
    out_.append("\\").append(1, kind).append("{").append(name).append("}");
  }

  std::string_view rest_;
  std::string out_;
  std::string problem_;
};

}  // namespace

Result<std::string> translate_pattern(std::string_view ecmascript) { return Translator(ecmascript).run(); }

}  // namespace lumenflow::json
