#include "pack/glob_pattern.h"

#include <algorithm>
#include <string>

#include "base/encoding.h"

namespace lumenflow::pack::glob {
namespace {

constexpr char32_t kLast = 0x10ffff;

struct Token {
  enum class Kind : std::uint8_t { kChar, kSet, kStar, kGlobstar, kOpen, kComma, kClose } kind;
  std::size_t offset;
  char32_t c = 0;  // of kChar
  CodePointSet set;
};
using Tokens = std::vector<Token>;

Error malformed(std::string_view pattern, std::size_t offset, std::string_view why) {
  return Error(ErrorCode::kInvalidInput,
               "glob '" + std::string(pattern) + "' at offset " + std::to_string(offset) + ": " + std::string(why));
}

// Sorts, joins, and takes out NUL and '/'.
CodePointSet normal(CodePointSet ranges) {
  std::sort(ranges.begin(), ranges.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  CodePointSet joined;
  for (const CodePointRange& range : ranges) {
    if (!joined.empty() && range.first <= joined.back().last + 1)
      joined.back().last = std::max(joined.back().last, range.last);
    else
      joined.push_back(range);
  }
  CodePointSet out;
  const auto keep = [&out](char32_t first, char32_t last) {
    if (first <= last) out.push_back({first, last});
  };
  for (const auto& [first, last] : joined) {
    keep(std::max<char32_t>(first, 1), std::min<char32_t>(last, '/' - 1));
    keep(std::max<char32_t>(first, '/' + 1), last);
  }
  return out;
}

CodePointSet complement(const CodePointSet& set) {
  CodePointSet out;
  char32_t from = 0;
  for (const auto& [first, last] : set) {
    if (from < first) out.push_back({from, first - 1});
    from = last + 1;
  }
  if (from <= kLast) out.push_back({from, kLast});
  return normal(std::move(out));
}

class Tokenizer {
 public:
  explicit Tokenizer(std::string_view pattern) : pattern_(pattern) {}

  Result<Tokens> run() {
    while (at_ < pattern_.size()) {
      const std::size_t offset = at_;
      const char32_t c = take();
      switch (c) {
        case '\0':
          return malformed(pattern_, offset, "NUL is not allowed");
        case '\\':
          return malformed(pattern_, offset, "there are no escapes; write [*] for a literal '*'");
        case '?':
          tokens_.push_back({Token::Kind::kSet, offset, 0, complement({})});
          break;
        case '*':
          LUMENFLOW_TRY(stars(offset));
          break;
        case '[':
          LUMENFLOW_TRY(bracket(offset));
          break;
        case '{':
          if (++depth_ > kBraceDepthMax) return malformed(pattern_, offset, "braces are nested too deep");
          tokens_.push_back({Token::Kind::kOpen, offset, 0, {}});
          break;
        case '}':
          if (--depth_ < 0) return malformed(pattern_, offset, "'}' without '{'; write [}] for a literal one");
          tokens_.push_back({Token::Kind::kClose, offset, 0, {}});
          break;
        case ',':
          if (depth_ > 0) {
            tokens_.push_back({Token::Kind::kComma, offset, 0, {}});
            break;
          }
          [[fallthrough]];
        default:
          tokens_.push_back({Token::Kind::kChar, offset, c, {}});
      }
    }
    if (depth_ > 0) return malformed(pattern_, pattern_.size(), "'{' without '}'");
    return std::move(tokens_);
  }

 private:
  char32_t take() { return *next_code_point(pattern_, at_); }  // the pattern is valid UTF-8
  char peek() const { return at_ < pattern_.size() ? pattern_[at_] : '\0'; }

  Status stars(std::size_t offset) {
    std::size_t count = 1;
    for (; peek() == '*'; ++at_) ++count;
    if (count > 2) return malformed(pattern_, offset, "write '*' or '**'");
    tokens_.push_back({count == 1 ? Token::Kind::kStar : Token::Kind::kGlobstar, offset, 0, {}});
    return {};
  }

  // POSIX 2.13.1 without classes: a ']' or '-' in first place is literal, a '-' in last place too.
  Status bracket(std::size_t offset) {
    const bool negated = peek() == '!';
    if (negated) ++at_;
    if (peek() == '^') return malformed(pattern_, at_, "negate with '!': [!abc]");
    CodePointSet ranges;
    for (bool first_place = true;; first_place = false) {
      if (at_ >= pattern_.size()) return malformed(pattern_, offset, "'[' without ']'");
      if (peek() == ']' && !first_place) break;
      const std::size_t at = at_;
      const char32_t first = take();
      if (first == '/' || first == '\0') return malformed(pattern_, at, "a set never holds '/' or NUL");
      if (first == '\\') return malformed(pattern_, at, "there are no escapes");
      if (first == '[' && (peek() == ':' || peek() == '.' || peek() == '='))
        return malformed(pattern_, at, "there are no named classes; write [a-z]");
      char32_t last = first;
      if (peek() == '-' && at_ + 1 < pattern_.size() && pattern_[at_ + 1] != ']') {
        ++at_;
        last = take();
      }
      if (last < first) return malformed(pattern_, at, "the range ends before it starts");
      ranges.push_back({first, last});
    }
    ++at_;
    CodePointSet set = normal(std::move(ranges));
    if (negated) set = complement(set);
    tokens_.push_back({Token::Kind::kSet, offset, 0, std::move(set)});
    return {};
  }

  std::string_view pattern_;
  std::size_t at_ = 0;
  int depth_ = 0;
  Tokens tokens_;
};

// Multiplies the braces out. Depth and count are limited, so neither recursion nor memory run away.
class Expansion {
 public:
  Expansion(std::string_view pattern, const Tokens& tokens) : pattern_(pattern), tokens_(tokens) {}

  // Up to the ',' or '}' that ends this alternative, or the end.
  Result<std::vector<Tokens>> sequence() {
    std::vector<Tokens> out(1);
    for (; at_ < tokens_.size(); ++at_) {
      const Token& token = tokens_[at_];
      if (token.kind == Token::Kind::kComma || token.kind == Token::Kind::kClose) break;
      if (token.kind != Token::Kind::kOpen) {
        for (Tokens& alternative : out) alternative.push_back(token);
        LUMENFLOW_TRY(check_size(out, token.offset));
        continue;
      }
      std::vector<Tokens> inner;
      do {
        ++at_;
        LUMENFLOW_TRY_ASSIGN(std::vector<Tokens> more, sequence());
        std::move(more.begin(), more.end(), std::back_inserter(inner));
        LUMENFLOW_TRY(check_size(inner, token.offset));
      } while (tokens_[at_].kind == Token::Kind::kComma);  // braces are balanced, so a token follows
      if (out.size() * inner.size() > kAlternativesMax) return too_many(token.offset);
      std::vector<Tokens> product;
      for (const Tokens& head : out)
        for (const Tokens& tail : inner) {
          product.push_back(head);
          product.back().insert(product.back().end(), tail.begin(), tail.end());
        }
      out = std::move(product);
      LUMENFLOW_TRY(check_size(out, token.offset));
    }
    return out;
  }

 private:
  Error too_many(std::size_t offset) const {
    return malformed(pattern_, offset, "the braces stand for too many patterns; write several scopes");
  }
  Status check_size(const std::vector<Tokens>& alternatives, std::size_t offset) const {
    std::size_t items = 0;
    for (const Tokens& alternative : alternatives) items += alternative.size();
    if (alternatives.size() > kAlternativesMax || items > kItemsMax) return too_many(offset);
    return {};
  }

  std::string_view pattern_;
  const Tokens& tokens_;
  std::size_t at_ = 0;
};

bool is_char(const Token& token, char32_t c) { return token.kind == Token::Kind::kChar && token.c == c; }

using TokenSpan = std::pair<const Token*, const Token*>;

bool is_dots(const TokenSpan& segment, std::ptrdiff_t count) {
  return segment.second - segment.first == count &&
         std::all_of(segment.first, segment.second, [](const Token& token) { return is_char(token, '.'); });
}

void append_segment(const TokenSpan& segment, bool is_last, Sequence& out) {
  if (segment.first->kind == Token::Kind::kGlobstar) {
    out.push_back({is_last ? Item::Kind::kAnything : Item::Kind::kFolders, {}});
    return;
  }
  for (const Token* token = segment.first; token != segment.second; ++token) {
    if (token->kind == Token::Kind::kStar)
      out.push_back({Item::Kind::kSegmentRest, {}});
    else
      out.push_back(
          {Item::Kind::kOne, token->kind == Token::Kind::kSet ? token->set : CodePointSet{{token->c, token->c}}});
  }
  if (!is_last) out.push_back({Item::Kind::kOne, {{'/', '/'}}});
}

// One alternative: segments are checked here, where they are whole.
Result<Sequence> sequence_of(std::string_view pattern, const Tokens& tokens) {
  Sequence out;
  const Token* const end = tokens.data() + tokens.size();
  const Token* at = tokens.data();
  if (at == end) return malformed(pattern, 0, "a pattern or one of its alternatives is empty");
  if (is_char(*at, '/'))
    return malformed(pattern, at->offset, "patterns are relative to the workspace; leave out the '/'");
  for (bool more = true, first = true; more; first = false) {
    const TokenSpan segment{at, std::find_if(at, end, [](const Token& token) { return is_char(token, '/'); })};
    more = segment.second != end;
    at = more ? segment.second + 1 : end;
    const std::size_t offset = segment.first != end ? segment.first->offset : pattern.size();
    if (segment.first == segment.second)
      return malformed(pattern, offset, "empty segment; end with '/**' for all below");
    if (is_dots(segment, 2)) return malformed(pattern, offset, "'..' would leave the workspace");
    if (is_dots(segment, 1)) {
      if (first && more) continue;  // ./x is x
      return malformed(pattern, offset, "'.' is no segment of a normal path");
    }
    const auto globstar =
        std::find_if(segment.first, segment.second, [](const Token& t) { return t.kind == Token::Kind::kGlobstar; });
    if (globstar != segment.second && segment.second - segment.first > 1)
      return malformed(pattern, globstar->offset, "'**' must be a whole segment, as in **/*.ts");
    const auto stars = std::adjacent_find(segment.first, segment.second, [](const Token& a, const Token& b) {
      return a.kind == Token::Kind::kStar && b.kind == Token::Kind::kStar;
    });
    if (stars != segment.second)
      return malformed(pattern, stars->offset, "braces put '*' beside '*', which is not '**'");
    append_segment(segment, !more, out);
  }
  return out;
}

}  // namespace

bool contains(const CodePointSet& set, char32_t c) {
  const auto after =
      std::upper_bound(set.begin(), set.end(), c, [](char32_t x, const auto& range) { return x < range.first; });
  return after != set.begin() && c <= std::prev(after)->last;
}

Result<std::vector<Sequence>> parse(std::string_view pattern) {
  if (pattern.size() > kPatternBytesMax)
    return Error(ErrorCode::kInvalidInput, "a glob of " + std::to_string(pattern.size()) +
                                               " bytes is too long, at most " + std::to_string(kPatternBytesMax) +
                                               " are allowed");
  if (!is_valid_utf8(pattern)) return Error(ErrorCode::kInvalidInput, "a glob must be valid UTF-8");
  LUMENFLOW_TRY_ASSIGN(const Tokens tokens, Tokenizer(pattern).run());
  LUMENFLOW_TRY_ASSIGN(const std::vector<Tokens> alternatives, Expansion(pattern, tokens).sequence());
  std::vector<Sequence> out;
  out.reserve(alternatives.size());
  for (const Tokens& alternative : alternatives) {
    LUMENFLOW_TRY_ASSIGN(Sequence sequence, sequence_of(pattern, alternative));
    out.push_back(std::move(sequence));
  }
  return out;
}

std::optional<char32_t> next_code_point(std::string_view text, std::size_t& at) {
  const auto lead = static_cast<unsigned char>(text[at]);
  if (lead < 0x80) {
    ++at;
    return lead;
  }
  const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (at + length > text.size() || !is_valid_utf8(text.substr(at, length))) return std::nullopt;
  char32_t c = lead & (0x7fu >> length);
  for (std::size_t i = 1; i < length; ++i) c = c << 6 | (static_cast<unsigned char>(text[at + i]) & 0x3f);
  at += length;
  return c;
}

void append_utf8(char32_t c, std::string& out) {
  const auto put = [&out](char32_t byte) { out += static_cast<char>(byte); };
  const auto tail = [c](int shift) { return 0x80 | (c >> shift & 0x3f); };
  if (c < 0x80) return put(c);
  if (c < 0x800) return put(0xc0 | c >> 6), put(tail(0));
  if (c < 0x10000) return put(0xe0 | c >> 12), put(tail(6)), put(tail(0));
  put(0xf0 | c >> 18), put(tail(12)), put(tail(6)), put(tail(0));
}

}  // namespace lumenflow::pack::glob
