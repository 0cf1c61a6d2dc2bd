// Strict parsing on Boost.JSON's event parser. What it lacks and we add: exact numbers (its own conversion loses the
// last bit of one random double in six and accepts 1e999), integers beyond 64 bits, and no duplicate keys.
#include <algorithm>
#include <boost/json/basic_parser_impl.hpp>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>

#include "base/check.h"
#include "base/encoding.h"
#include "lumenflow/json.h"

namespace lumenflow::json {
namespace {

constexpr std::string_view kUnpairedSurrogate = "an unpaired surrogate is no Unicode character";

constexpr std::size_t kDepthLimit = 1000;     // Boost's parser, our serialiser and the destructor recurse
constexpr std::size_t kPairwiseKeysMax = 16;  // beyond that many keys sorting beats comparing each with each

struct Key {
  std::string text;
  std::size_t offset;
};

// Why our own rules refuse the text; Boost's reasons travel in its error code.
struct Refusal {
  std::size_t offset;
  std::string reason;
};

// Receives Boost's events. Finished values wait on a stack until their container ends.
class Builder {
 public:
  static constexpr std::size_t max_object_size = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t max_array_size = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t max_key_size = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t max_string_size = std::numeric_limits<std::size_t>::max();

  explicit Builder(std::string_view text) : text_(text) {
    values_.reserve(32);
    keys_.reserve(32);
  }

  Value take() { return std::move(values_.back()); }
  const std::optional<Refusal>& refusal() const { return refusal_; }

  using Code = boost::json::error_code;
  using Chars = boost::json::string_view;

  bool on_document_begin(Code&) { return true; }
  bool on_document_end(Code&) { return true; }
  bool on_object_begin(Code&) { return true; }
  bool on_array_begin(Code&) { return true; }
  bool on_comment_part(Chars, Code&) { return true; }
  bool on_comment(Chars, Code&) { return true; }

  bool on_object_end(std::size_t count, Code&) {
    if (const Key* duplicate = find_duplicate(count))
      return refuse(duplicate->offset, "the key \"" + duplicate->text + "\" occurs twice in one object");
    const auto keys = keys_.end() - static_cast<std::ptrdiff_t>(count);
    const auto values = values_.end() - static_cast<std::ptrdiff_t>(count);
    std::vector<Member> members;
    members.reserve(count);
    for (std::size_t i = 0; i < count; ++i)
      members.push_back(Member{std::move(keys[static_cast<std::ptrdiff_t>(i)].text),
                               std::move(values[static_cast<std::ptrdiff_t>(i)])});
    keys_.erase(keys, keys_.end());
    values_.erase(values, values_.end());
    values_.emplace_back(Object(std::move(members)));
    return true;
  }

  bool on_array_end(std::size_t count, Code&) {
    const auto values = values_.end() - static_cast<std::ptrdiff_t>(count);
    Array array(std::make_move_iterator(values), std::make_move_iterator(values_.end()));
    values_.erase(values, values_.end());
    values_.emplace_back(std::move(array));
    return true;
  }

  bool on_key_part(Chars part, std::size_t, Code&) { return append_part(part); }
  bool on_key(Chars part, std::size_t, Code&) {
    note_offset(part);
    if (partial_.empty()) {
      keys_.push_back(Key{std::string(part.data(), part.size()), offset_});
    } else {
      append_part(part);
      keys_.push_back(Key{std::exchange(partial_, {}), offset_});
    }
    return true;
  }

  bool on_string_part(Chars part, std::size_t, Code&) { return append_part(part); }
  bool on_string(Chars part, std::size_t, Code&) {
    if (partial_.empty()) {
      values_.emplace_back(std::string(part.data(), part.size()));
    } else {
      append_part(part);
      values_.emplace_back(std::exchange(partial_, {}));
    }
    return true;
  }

  bool on_number_part(Chars part, Code&) { return append_part(part); }
  bool on_int64(std::int64_t value, Chars part, Code&) {
    if (value == 0 && (partial_.starts_with('-') || part.starts_with('-')))
      values_.emplace_back(-0.0);
    else
      values_.emplace_back(value);
    partial_.clear();
    return true;
  }
  bool on_uint64(std::uint64_t value, Chars, Code&) {
    partial_.clear();
    values_.emplace_back(value);
    return true;
  }
  bool on_double(double rough, Chars part, Code&) {
    note_offset(part);
    if (partial_.empty()) return on_literal({part.data(), part.size()}, rough);
    append_part(part);
    const std::string literal = std::exchange(partial_, {});
    return on_literal(literal, rough);
  }

  bool on_bool(bool value, Code&) {
    values_.emplace_back(value);
    return true;
  }
  bool on_null(Code&) {
    values_.emplace_back(nullptr);
    return true;
  }

 private:
  bool refuse(std::size_t offset, std::string reason) {
    refusal_ = Refusal{offset, std::move(reason)};
    return false;
  }

  bool append_part(Chars part) {
    note_offset(part);
    partial_.append(part.data(), part.size());
    return true;
  }

  // Boost hands out text either from the input or, behind an escape, from a buffer of its own.
  void note_offset(Chars part) {
    const std::less_equal<const char*> ordered;
    if (ordered(text_.data(), part.data()) && ordered(part.data(), text_.data() + text_.size()))
      offset_ = static_cast<std::size_t>(part.data() - text_.data());
  }

  bool on_literal(std::string_view literal, double rough) {
    double value = 0;
    const auto [end, error] = std::from_chars(literal.data(), literal.data() + literal.size(), value);
    if (error == std::errc::result_out_of_range) {
      if (std::fabs(rough) >= 1) return refuse(offset_, "the number is beyond what a double can hold");
      value = std::copysign(0.0, rough);  // underflow
    }
    if (!std::isfinite(value)) return refuse(offset_, "the number is beyond what a double can hold");
    if (literal.find_first_of(".eE") == std::string_view::npos)
      values_.emplace_back(BigInteger{std::string(literal)});
    else
      values_.emplace_back(value);
    return true;
  }

  // Among the last `count` keys; null when they are unique.
  const Key* find_duplicate(std::size_t count) const {
    const Key* const first = keys_.data() + (keys_.size() - count);
    if (count <= kPairwiseKeysMax) {
      for (std::size_t i = 1; i < count; ++i)
        for (std::size_t k = 0; k < i; ++k)
          if (first[i].text == first[k].text) return &first[i];
      return nullptr;
    }
    std::vector<const Key*> sorted(count);
    for (std::size_t i = 0; i < count; ++i) sorted[i] = first + i;
    std::sort(sorted.begin(), sorted.end(), [](const Key* a, const Key* b) { return a->text < b->text; });
    const auto same =
        std::adjacent_find(sorted.begin(), sorted.end(), [](const Key* a, const Key* b) { return a->text == b->text; });
    return same == sorted.end() ? nullptr : std::max(same[0], same[1]);
  }

  std::string_view text_;
  std::vector<Value> values_;
  std::vector<Key> keys_;
  std::string partial_;     // of the string or number that is arriving in parts
  std::size_t offset_ = 0;  // of the last key or number whose place is known
  std::optional<Refusal> refusal_;
};

// The library says only where; what stands there says why.
std::string syntax_reason(std::string_view text, std::size_t offset) {
  constexpr std::size_t kEscapeBytes = 6;
  const auto byte = static_cast<unsigned char>(offset < text.size() ? text[offset] : 0);
  const std::string_view around = text.substr(offset - std::min<std::size_t>(offset, 3), 4);
  const bool not_ascii =
      std::ranges::any_of(around, [](char each) { return static_cast<unsigned char>(each) >= 0x80; });
  if (not_ascii && !is_valid_utf8(text)) return "the text is not UTF-8";
  if (byte < 0x20) return "a control character, which a string holds only as an escape";
  if (offset >= kEscapeBytes) {
    const std::string_view before = text.substr(offset - kEscapeBytes, kEscapeBytes);
    const bool high = std::string_view("dD").find(before[2]) != std::string_view::npos &&
                      std::string_view("89abAB").find(before[3]) != std::string_view::npos;
    if (before.starts_with("\\u") && high) return std::string(kUnpairedSurrogate);
  }
  if (byte >= 0x7f) return "syntax error";
  return std::string("'") + text[offset] + "' is not expected here";
}

std::string reason_of(const boost::json::error_code& code, std::size_t depth_max, std::string_view text,
                      std::size_t offset) {
  using boost::json::error;
  if (code == error::syntax) return syntax_reason(text, offset);
  if (code == error::incomplete) return "the text ends within a value";
  if (code == error::too_deep) return "more than " + std::to_string(depth_max) + " nested arrays and objects";
  if (code == error::illegal_leading_surrogate || code == error::illegal_trailing_surrogate ||
      code == error::expected_utf16_escape)
    return std::string(kUnpairedSurrogate);
  if (code == error::exponent_overflow) return "the number is beyond what a double can hold";
  return code.message();
}

Error malformed(std::size_t offset, std::string_view reason) {
  std::string message = "at byte ";
  message.append(std::to_string(offset)).append(": ").append(reason);
  return Error(ErrorCode::kMalformedJson, std::move(message));
}

}  // namespace

Result<Value> parse(std::string_view text, const ParseLimits& limits) {
  if (text.starts_with("\xef\xbb\xbf")) return malformed(0, "a byte order mark, which JSON does not have");
  boost::json::parse_options options;
  options.max_depth = std::min(limits.depth_max, kDepthLimit);
  boost::json::basic_parser<Builder> parser(options, text);
  boost::json::error_code code;
  const std::size_t consumed = parser.write_some(false, text.data(), text.size(), code);
  if (const std::optional<Refusal>& refusal = parser.handler().refusal())
    return malformed(refusal->offset, refusal->reason);
  if (code) return malformed(consumed, reason_of(code, options.max_depth, text, consumed));
  if (consumed < text.size()) return malformed(consumed, "something follows the value");
  return parser.handler().take();
}

}  // namespace lumenflow::json
