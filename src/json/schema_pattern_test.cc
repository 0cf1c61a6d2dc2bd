#include "json/schema_pattern.h"

#include <gtest/gtest.h>

namespace lumenflow::json {
namespace {

bool matches(std::string_view pattern, std::string_view text) {
  const Result<Pattern> compiled = Pattern::compile(pattern);
  if (!compiled.ok()) ADD_FAILURE() << pattern << ": " << compiled.error().message();
  return compiled.ok() && compiled->matches(text);
}

std::string pattern_refusal(std::string_view pattern) {
  const Result<Pattern> compiled = Pattern::compile(pattern);
  return compiled.ok() ? "compiled" : compiled.error().message();
}

TEST(Pattern, MatchesAnywhereUnlessAnchored) {
  EXPECT_TRUE(matches("b", "abc"));
  EXPECT_FALSE(matches("^b", "abc"));
  EXPECT_TRUE(matches("^abc$", "abc"));
  EXPECT_FALSE(matches("^abc$", "abc\n"));
  EXPECT_TRUE(matches("", ""));
  EXPECT_TRUE(matches("^a{2,3}(?:b|c)?$", "aab"));
}

TEST(Pattern, MeansWhatEcmaScriptMeans) {
  EXPECT_FALSE(matches("^\\d$", "\u0661"));  // ASCII digits only
  EXPECT_TRUE(matches("^\\W$", "é"));
  for (const char* space : {" ", "\t", "\v", "\u00a0", "\u2028", "\ufeff", "\u3000"}) {
    EXPECT_TRUE(matches("^\\s$", space));
    EXPECT_TRUE(matches("^[\\s]$", space));
    EXPECT_FALSE(matches("^\\S$", space));
    EXPECT_FALSE(matches("^[x\\S]$", space));
  }
  EXPECT_TRUE(matches("^[\\S]$", "é"));
  EXPECT_FALSE(matches("^.$", "\u2028"));
  EXPECT_FALSE(matches("^.$", "\r"));
  EXPECT_TRUE(matches("^.$", "😀"));
  EXPECT_TRUE(matches("^\\cC\\x41\\u00e9\\u{1F600}\\ud83d\\ude00$",
                      "\x03"
                      "Aé😀😀"));
  EXPECT_TRUE(matches("^[\\b]$", "\b"));
  EXPECT_TRUE(matches("^\\0$", std::string_view("\0", 1)));
  EXPECT_TRUE(matches("^[^]$", "\n"));
  EXPECT_FALSE(matches("[]", "a"));
  EXPECT_TRUE(matches("^[[]$", "["));
  EXPECT_FALSE(matches("^[[:alpha:]]$", "b"));
  EXPECT_TRUE(matches("^[[:alpha:]]$", "a]"));
  EXPECT_TRUE(matches("^\\/\\-\\$\\_$", "/-$_"));
  EXPECT_TRUE(matches("^(?<year>\\d{4})$", "2026"));
  EXPECT_TRUE(matches("^a{$", "a{"));
}

TEST(Pattern, KnowsUnicodeProperties) {
  EXPECT_TRUE(matches("^\\p{Letter}\\p{Lu}\\p{digit}$", "éÉ\u0661"));
  EXPECT_TRUE(matches("^\\p{Script=Greek}\\p{sc=Cyrillic}\\p{gc=Nd}$", "πж1"));
  EXPECT_TRUE(matches("^[\\p{L}\\d]+\\P{L}$", "aé1-"));
  EXPECT_TRUE(matches("^\\p{ASCII}\\P{ASCII}[\\p{Any}]$", "aéa"));
  EXPECT_NE(pattern_refusal("\\p{Nonsense}"), "compiled");
  EXPECT_NE(pattern_refusal("\\pL"), "compiled");
}

TEST(Pattern, NamesWhatLinearTimeExcludes) {
  for (const char* pattern : {"(?=a)", "(?!a)"})
    EXPECT_EQ(pattern_refusal(pattern), "the pattern uses look-ahead, which matching in linear time excludes");
  for (const char* pattern : {"(?<=a)", "(?<!a)"})
    EXPECT_EQ(pattern_refusal(pattern), "the pattern uses look-behind, which matching in linear time excludes");
  for (const char* pattern : {"(a)\\1", "(?<n>a)\\k<n>"})
    EXPECT_EQ(pattern_refusal(pattern), "the pattern uses a back-reference, which matching in linear time excludes");
}

TEST(Pattern, RefusesWhatEcmaScriptRefuses) {
  for (const char* pattern : {"(",    ")",        "[",    "a**",   "\\",          "\\a",    "\\A",     "\\z",
                              "\\Q",  "\\C",      "\\x4", "\\u12", "\\u{110000}", "\\u{}",  "\\ud800", "\\c1",
                              "\\01", "(?P<n>a)", "(?<n", "[\\B]", "[b-a]",       "a{3,2}", "\\p{L"})
    EXPECT_NE(pattern_refusal(pattern), "compiled") << pattern;
}

TEST(Pattern, TakesLinearTime) {
  const std::string text(100000, 'a');
  EXPECT_FALSE(matches("^(a+)+$", text + "!"));
  EXPECT_FALSE(matches("(x+x+)+y", std::string(100000, 'x')));
}

}  // namespace
}  // namespace lumenflow::json
