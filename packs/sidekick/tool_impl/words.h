// The words of a text, for search: in every script, whatever the case and the accents.
//
// A word is a run of letters, marks and digits (Unicode general categories L, M and N), compatibility-decomposed and
// case-folded, without the combining diacritical marks U+0300 to U+036F; so "Café", "CAFE" and "cafe\u0301" are one
// word. Scripts that are written without spaces (Han, kana, Thai, Lao, Khmer, Myanmar) give each character, and each
// pair of neighbours, because only a dictionary could tell their words. Pure functions; text that is not UTF-8 ends at
// its first wrong byte.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace lumenflow::sidekick {

enum class WordKind : std::uint8_t { kWord, kCharacter, kPair };

// In order; of an unspaced run A B C: A, AB, B, BC, C. Words are cut at 128 bytes.
void for_each_word(std::string_view text, const std::function<void(std::string_view word, WordKind kind)>& take);

// The whole text as its words are compared, what stands between them included; replaces what was in `out`. Bytes that
// are not UTF-8 stay as they are.
void fold_text_into(std::string_view text, std::string& out);
std::string fold_text(std::string_view text);

// What a query asks for: each word once, and of unspaced runs the pairs, or the character that stands alone.
std::vector<std::string> query_words(std::string_view query);

}  // namespace lumenflow::sidekick
