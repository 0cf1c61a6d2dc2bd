#include "sidekick/tool_impl/text.h"

#include <gtest/gtest.h>

#include "sidekick/tool_impl/case_folding.h"

namespace lumenflow::sidekick {
namespace {

TEST(Text, TrimsWhatLooksEmpty) {
  EXPECT_EQ(trim("  buy milk \t\r\n"), "buy milk");
  EXPECT_EQ(trim("\u00a0\u3000buy\u2003milk\u2028\ufeff"), "buy\u2003milk");
  EXPECT_EQ(trim("à"), "à") << "its last byte alone would be a no-break space";
  EXPECT_EQ(trim(" \u3000 "), "");
  EXPECT_EQ(trim(""), "");
}

TEST(Text, SurvivesBytesThatAreNoUtf8) {
  EXPECT_EQ(trim("\xA0 x \x85"), "\xA0 x \x85");
  EXPECT_EQ(fold_case("A\xC3"), "a\xC3");
  EXPECT_EQ(fold_case("\xF0\x9F"
                      "B"),
            "\xF0\x9F"
            "b");
}

TEST(Text, FoldsCaseInEveryScriptThatHasIt) {
  EXPECT_EQ(fold_case("Quarterly REPORT 7"), "quarterly report 7");
  EXPECT_EQ(fold_case("ÀÉÎÕÜ ŁÓDŹ"), "àéîõü łódź");
  EXPECT_EQ(fold_case("ΣΊΣΥΦΟΣ"), fold_case("σίσυφος"));
  EXPECT_EQ(fold_case("МОСКВА"), "москва");
  EXPECT_EQ(fold_case("ԵՐԵՎԱՆ"), "երեվան");
  EXPECT_EQ(fold_case("𐐀"), "𐐨") << "four bytes";
  EXPECT_EQ(fold_case("ẞ"), "ß") << "two bytes for three";
  EXPECT_EQ(fold_case("日本 🎉"), "日本 🎉");
}

TEST(Text, FoldingTableIsAscendingAndFoldsOnce) {
  std::uint32_t end = 0x7F;
  for (const CaseFolding& range : kCaseFoldings) {
    EXPECT_GT(range.first, end);
    EXPECT_EQ((range.last - range.first) % range.stride, 0u);
    end = range.last;
  }
  const std::string once = fold_case("ǅ Ω K Å ᾈ Ɐ");
  EXPECT_EQ(fold_case(once), once);
}

}  // namespace
}  // namespace lumenflow::sidekick
