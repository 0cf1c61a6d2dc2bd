#include "conformance/pattern_sample.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace lumenflow::conformance {
namespace {

constexpr std::size_t kGroupDepthMax = 32;
constexpr std::size_t kTextMax = 100'000;
constexpr std::uint32_t kFirst = 0x20, kLast = 0x7e;  // what negated classes choose from

using Range = std::pair<std::uint32_t, std::uint32_t>;
using Ranges = std::vector<Range>;

struct Piece {
  enum class Kind : std::uint8_t { kCharacter, kSequence, kChoice, kNothing } kind = Kind::kNothing;
  Ranges characters;
  std::vector<Piece> parts;  // of a sequence, or the alternatives of a choice
  std::size_t turns_min = 1, turns_max = 1;
};

const Ranges kDigits{{'0', '9'}};
const Ranges kWord{{'a', 'z'}, {'A', 'Z'}, {'0', '9'}, {'_', '_'}};
const Ranges kSpace{{' ', ' '}, {'\t', '\t'}, {'\n', '\n'}};

bool holds(const Ranges& ranges, std::uint32_t c) {
  return std::ranges::any_of(ranges, [c](const Range& range) { return range.first <= c && c <= range.second; });
}

Ranges all_but(const Ranges& ranges) {
  Ranges out;
  for (std::uint32_t c = kFirst; c <= kLast; ++c)
    if (!holds(ranges, c)) out.emplace_back(c, c);
  for (const std::uint32_t c : {0xe9u, 0x20acu})  // for those who leave out all of ASCII
    if (out.empty() && !holds(ranges, c)) out.emplace_back(c, c);
  return out;
}

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  std::optional<Piece> read() {
    std::optional<Piece> piece = choice(0);
    if (!piece || at_ != text_.size()) return std::nullopt;
    return piece;
  }

 private:
  bool take(char c) {
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  std::optional<Piece> choice(std::size_t depth) {
    if (depth > kGroupDepthMax) return std::nullopt;
    Piece out{Piece::Kind::kChoice, {}, {}, 1, 1};
    do {
      std::optional<Piece> part = sequence(depth);
      if (!part) return std::nullopt;
      out.parts.push_back(*std::move(part));
    } while (take('|'));
    return out;
  }

  std::optional<Piece> sequence(std::size_t depth) {
    Piece out{Piece::Kind::kSequence, {}, {}, 1, 1};
    while (at_ < text_.size() && text_[at_] != '|' && text_[at_] != ')') {
      std::optional<Piece> part = atom(depth);
      if (!part || !quantifier(*part)) return std::nullopt;
      out.parts.push_back(*std::move(part));
    }
    return out;
  }

  std::optional<Piece> atom(std::size_t depth) {
    if (take('(')) return group(depth);
    if (take('[')) return character_class();
    if (take('^') || take('$')) return Piece{};
    if (take('.')) return characters(all_but({}));
    if (take('\\')) return escape();
    return characters(single(literal()));
  }

  std::optional<Piece> group(std::size_t depth) {
    if (take('?')) {
      if (take('<')) {
        if (at_ < text_.size() && (text_[at_] == '=' || text_[at_] == '!')) return std::nullopt;
        const std::size_t end = text_.find('>', at_);
        if (end == std::string_view::npos) return std::nullopt;
        at_ = end + 1;
      } else if (!take(':')) {
        return std::nullopt;
      }
    }
    std::optional<Piece> inner = choice(depth + 1);
    if (!inner || !take(')')) return std::nullopt;
    return inner;
  }

  static Piece characters(Ranges ranges) { return {Piece::Kind::kCharacter, std::move(ranges), {}, 1, 1}; }
  static Ranges single(std::uint32_t c) { return {{c, c}}; }

  // One code point of UTF-8; the pattern has been compiled, so it is well-formed.
  std::uint32_t literal() {
    const auto lead = static_cast<unsigned char>(text_[at_++]);
    const int more = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : lead >= 0xc0 ? 1 : 0;
    std::uint32_t c = more == 0 ? lead : lead & (0x3fu >> more);
    for (int i = 0; i < more && at_ < text_.size(); ++i) c = c << 6 | (static_cast<unsigned char>(text_[at_++]) & 0x3f);
    return c;
  }

  std::optional<Ranges> escaped() {
    if (at_ >= text_.size()) return std::nullopt;
    const char c = text_[at_++];
    switch (c) {
      case 'd':
        return kDigits;
      case 'D':
        return all_but(kDigits);
      case 'w':
        return kWord;
      case 'W':
        return all_but(kWord);
      case 's':
        return kSpace;
      case 'S':
        return all_but(kSpace);
      case 'n':
        return single('\n');
      case 't':
        return single('\t');
      case 'r':
        return single('\r');
      case 'f':
        return single('\f');
      case 'v':
        return single('\v');
      case '0':
        return single(0);
      case 'x':
        return hex(2);
      case 'u':
        return hex(4);
      default:
        break;
    }
    if ((c >= '1' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) return std::nullopt;
    return single(static_cast<unsigned char>(c));
  }

  std::optional<Ranges> hex(std::size_t digits) {
    if (at_ + digits > text_.size()) return std::nullopt;
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < digits; ++i) {
      const char c = text_[at_++];
      const std::size_t digit = std::string_view("0123456789abcdef").find(c >= 'A' && c <= 'F' ? c - 'A' + 'a' : c);
      if (digit == std::string_view::npos) return std::nullopt;
      value = value * 16 + static_cast<std::uint32_t>(digit);
    }
    return single(value);
  }

  std::optional<Piece> escape() {
    if (take('b') || take('B')) return Piece{};
    std::optional<Ranges> ranges = escaped();
    if (!ranges) return std::nullopt;
    return characters(*std::move(ranges));
  }

  std::optional<Piece> character_class() {
    const bool negated = take('^');
    Ranges ranges;
    while (at_ < text_.size() && text_[at_] != ']') {
      std::optional<Ranges> first = take('\\') ? escaped() : single(literal());
      if (!first) return std::nullopt;
      const bool to_follows =
          first->size() == 1 && at_ + 1 < text_.size() && text_[at_] == '-' && text_[at_ + 1] != ']';
      if (to_follows) {
        ++at_;
        const std::optional<Ranges> last = take('\\') ? escaped() : single(literal());
        if (!last || last->size() != 1) return std::nullopt;
        first->front().second = last->front().second;
      }
      ranges.insert(ranges.end(), first->begin(), first->end());
    }
    if (!take(']')) return std::nullopt;
    return characters(negated ? all_but(ranges) : std::move(ranges));
  }

  std::optional<std::size_t> number() {
    std::size_t value = 0;
    const std::size_t begin = at_;
    while (at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9' && value < kTextMax)
      value = value * 10 + static_cast<std::size_t>(text_[at_++] - '0');
    return at_ == begin ? std::nullopt : std::optional(value);
  }

  bool quantifier(Piece& piece) {
    constexpr std::size_t kMany = SIZE_MAX;
    if (take('*')) {
      piece.turns_min = 0, piece.turns_max = kMany;
    } else if (take('+')) {
      piece.turns_max = kMany;
    } else if (take('?')) {
      piece.turns_min = 0;
    } else if (take('{')) {
      const std::optional<std::size_t> least = number();
      if (!least) return false;
      piece.turns_min = piece.turns_max = *least;
      if (take(',')) piece.turns_max = number().value_or(kMany);
      if (!take('}')) return false;
    } else {
      return true;
    }
    take('?');  // lazy or not, the same texts match
    return piece.turns_min <= piece.turns_max;
  }

  const std::string_view text_;
  std::size_t at_ = 0;
};

void append_utf8(std::uint32_t c, std::string& out) {
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xc0 | c >> 6);
    out += static_cast<char>(0x80 | (c & 63));
  } else {
    if (c >= 0x10000) out += static_cast<char>(0xf0 | c >> 18);
    out += static_cast<char>(c >= 0x10000 ? 0x80 | (c >> 12 & 63) : 0xe0 | c >> 12);
    out += static_cast<char>(0x80 | (c >> 6 & 63));
    out += static_cast<char>(0x80 | (c & 63));
  }
}

// False when it grows beyond all bounds, or when nothing can match.
bool write(const Piece& piece, Draw& draw, std::size_t eagerness, std::string& out) {
  const std::size_t more = std::min(piece.turns_max - piece.turns_min, eagerness);
  const std::size_t turns = piece.turns_min + draw.below(more + 1);
  for (std::size_t turn = 0; turn < turns; ++turn) {
    if (out.size() > kTextMax) return false;
    switch (piece.kind) {
      case Piece::Kind::kNothing:
        break;
      case Piece::Kind::kCharacter: {
        if (piece.characters.empty()) return false;
        const Range& range = draw.one_of(piece.characters);
        append_utf8(range.first + static_cast<std::uint32_t>(draw.below(range.second - range.first + 1)), out);
        break;
      }
      case Piece::Kind::kSequence:
        for (const Piece& part : piece.parts)
          if (!write(part, draw, eagerness, out)) return false;
        break;
      case Piece::Kind::kChoice:
        if (!write(draw.one_of(piece.parts), draw, eagerness, out)) return false;
        break;
    }
  }
  return true;
}

}  // namespace

std::optional<std::string> sample_of_pattern(std::string_view pattern, Draw& draw, std::size_t eagerness) {
  const std::optional<Piece> piece = Reader(pattern).read();
  std::string out;
  if (!piece || !write(*piece, draw, eagerness, out)) return std::nullopt;
  return out;
}

}  // namespace lumenflow::conformance
