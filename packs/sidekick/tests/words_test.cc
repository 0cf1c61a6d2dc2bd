#include "sidekick/tool_impl/words.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lumenflow::sidekick {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> words(std::string_view text) {
  std::vector<std::string> found;
  for_each_word(text, [&](std::string_view word, WordKind kind) {
    found.push_back(std::string(kind == WordKind::kPair ? "+" : "") + std::string(word));
  });
  return found;
}

TEST(Words, AreRunsOfLettersAndDigitsWithoutCase) {
  EXPECT_THAT(words("Buy 2l milk, e-mail Bob!"), ElementsAre("buy", "2l", "milk", "e", "mail", "bob"));
  EXPECT_THAT(words(""), IsEmpty());
  EXPECT_THAT(words(" \t—…!? "), IsEmpty());
  EXPECT_THAT(words("snake_case"), ElementsAre("snake", "case"));
}

TEST(Words, AreTheSameWithAndWithoutAccents) {
  EXPECT_EQ(words("Café"), words("CAFE"));
  EXPECT_EQ(words("cafe\u0301"), words("café"));
  EXPECT_EQ(words("ŁÓDŹ"), words("łódź"));
  EXPECT_EQ(words("Straße"), words("STRASSE"));
  EXPECT_EQ(words("ΣΊΣΥΦΟΣ"), words("σισυφος"));
  EXPECT_EQ(words("ЁЛКА"), words("елка"));
  EXPECT_EQ(words("ﬁne Ⅻ"), words("fine xii")) << "compatibility characters";
}

TEST(Words, KeepTheMarksThatAreVowels) {
  EXPECT_NE(words("कि"), words("का"));
  EXPECT_EQ(words("हिन्दी भाषा").size(), 2u);
  EXPECT_THAT(words("السلام عليكم"), ElementsAre("السلام", "عليكم"));
}

TEST(Words, GiveCharactersAndPairsWhereScriptsHaveNoSpaces) {
  EXPECT_THAT(words("東京都 Tokyo"), ElementsAre("東", "+東京", "京", "+京都", "都", "tokyo"));
  EXPECT_THAT(words("2026年"), ElementsAre("2026", "年"));
  EXPECT_THAT(words("ｶﾀ").size(), 3u) << "halfwidth too";
}

TEST(Words, OfAQueryAreTheirPairsAndEachWordOnce) {
  EXPECT_THAT(query_words("Milk milk 東京都 MILK 水"), ElementsAre("milk", "東京", "京都", "水"));
  EXPECT_THAT(query_words("?!"), IsEmpty());
}

TEST(Words, AreCutAndEndAtBytesThatAreNoText) {
  EXPECT_EQ(words(std::string(1000, 'x')).at(0).size(), 128u);
  EXPECT_THAT(words("good \xC3 bad"), ElementsAre("good"));
}

}  // namespace
}  // namespace lumenflow::sidekick
