#include "sidekick/tool_impl/words.h"

#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <utility>

namespace lumenflow::sidekick {
namespace {

constexpr std::size_t kWordBytesMax = 128;

struct CodePoints {
  utf8proc_int32_t first;
  utf8proc_int32_t last;
};

// Blocks of Unicode that hold scripts without spaces between words, ascending.
constexpr std::array<CodePoints, 11> kUnspaced{{{0x0E00, 0x0EFF},      // Thai, Lao
                                                {0x1000, 0x109F},      // Myanmar
                                                {0x1780, 0x17FF},      // Khmer
                                                {0x3005, 0x3007},      // ideographic iteration mark and zero
                                                {0x3041, 0x30FF},      // Hiragana, Katakana
                                                {0x31F0, 0x31FF},      // Katakana phonetic extensions
                                                {0x3400, 0x4DBF},      // CJK extension A
                                                {0x4E00, 0x9FFF},      // CJK unified ideographs
                                                {0xF900, 0xFAFF},      // CJK compatibility ideographs
                                                {0xFF66, 0xFF9F},      // halfwidth Katakana
                                                {0x20000, 0x3FFFF}}};  // CJK extensions B and on

bool is_unspaced(utf8proc_int32_t c) {
  if (c < kUnspaced.front().first) return false;
  const auto after = std::upper_bound(kUnspaced.begin(), kUnspaced.end(), c,
                                      [](utf8proc_int32_t v, const CodePoints& block) { return v < block.first; });
  return after != kUnspaced.begin() && c <= (after - 1)->last;
}

bool is_word_character(utf8proc_int32_t c) {
  const utf8proc_category_t category = utf8proc_category(c);
  return category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_NO;  // L*, M*, N*, in this order
}

bool is_diacritic(utf8proc_int32_t c) { return c >= 0x0300 && c <= 0x036F; }

void append_folded(utf8proc_int32_t c, std::string& out) {
  std::array<utf8proc_int32_t, 32> folded;  // the longest decomposition has 18
  int boundary = 0;
  const utf8proc_ssize_t count = utf8proc_decompose_char(
      c, folded.data(), folded.size(),
      static_cast<utf8proc_option_t>(UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE),
      &boundary);
  for (utf8proc_ssize_t i = 0; i < std::min<utf8proc_ssize_t>(count, folded.size()); ++i) {
    const utf8proc_int32_t each = folded[static_cast<std::size_t>(i)];
    if (is_diacritic(each)) continue;
    std::array<utf8proc_uint8_t, 4> bytes;
    const utf8proc_ssize_t size = utf8proc_encode_char(each, bytes.data());
    out.append(reinterpret_cast<const char*>(bytes.data()), static_cast<std::size_t>(size));
  }
}

// Cuts what comes character by character into words.
class Splitter {
 public:
  explicit Splitter(const std::function<void(std::string_view, WordKind)>& take) : take_(take) {}

  void ascii(char c) {
    const bool is_upper = c >= 'A' && c <= 'Z';
    if (!is_upper && !(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9')) return end();
    previous_.clear();
    if (word_.size() < kWordBytesMax) word_ += is_upper ? static_cast<char>(c | 0x20) : c;
  }
  void other(utf8proc_int32_t c) {
    if (!is_word_character(c)) return end();
    if (is_unspaced(c)) return unspaced(c);
    previous_.clear();
    if (word_.size() < kWordBytesMax) append_folded(c, word_);
  }
  void end() {
    if (!word_.empty()) take_(word_, WordKind::kWord);
    word_.clear();
    previous_.clear();
  }

 private:
  void unspaced(utf8proc_int32_t c) {
    if (!word_.empty()) take_(word_, WordKind::kWord);
    word_.clear();
    character_.clear();
    append_folded(c, character_);
    if (!previous_.empty()) take_(previous_ + character_, WordKind::kPair);
    take_(character_, WordKind::kCharacter);
    std::swap(previous_, character_);
  }

  const std::function<void(std::string_view, WordKind)>& take_;
  std::string word_;
  std::string character_;
  std::string previous_;  // the character before in an unspaced run
};

}  // namespace

void for_each_word(std::string_view text, const std::function<void(std::string_view word, WordKind kind)>& take) {
  Splitter splitter(take);
  while (!text.empty()) {
    if (static_cast<unsigned char>(text.front()) < 0x80) {
      splitter.ascii(text.front());
      text.remove_prefix(1);
      continue;
    }
    utf8proc_int32_t c = 0;
    const utf8proc_ssize_t size = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                                   static_cast<utf8proc_ssize_t>(text.size()), &c);
    if (size <= 0) break;
    splitter.other(c);
    text.remove_prefix(static_cast<std::size_t>(size));
  }
  splitter.end();
}

void fold_text_into(std::string_view text, std::string& out) {
  out.clear();
  out.reserve(text.size());
  while (!text.empty()) {
    const char c = text.front();
    utf8proc_int32_t point = 0;
    utf8proc_ssize_t size = 1;
    if (static_cast<unsigned char>(c) < 0x80)
      out += c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
    else if ((size = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                      static_cast<utf8proc_ssize_t>(text.size()), &point)) > 0)
      append_folded(point, out);
    else
      out += c;
    text.remove_prefix(static_cast<std::size_t>(std::max<utf8proc_ssize_t>(size, 1)));
  }
}

std::string fold_text(std::string_view text) {
  std::string out;
  fold_text_into(text, out);
  return out;
}

std::vector<std::string> query_words(std::string_view query) {
  std::vector<std::pair<std::string, WordKind>> found;
  for_each_word(query, [&](std::string_view word, WordKind kind) { found.emplace_back(word, kind); });
  std::vector<std::string> words;
  const auto is_pair = [&](std::size_t i) { return i < found.size() && found[i].second == WordKind::kPair; };
  for (std::size_t i = 0; i < found.size(); ++i) {
    auto& [word, kind] = found[i];
    if (kind == WordKind::kCharacter && (is_pair(i + 1) || (i > 0 && is_pair(i - 1)))) continue;
    if (std::find(words.begin(), words.end(), word) == words.end()) words.push_back(word);
  }
  return words;
}

}  // namespace lumenflow::sidekick
