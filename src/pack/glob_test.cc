#include <gmock/gmock.h>

#include "pack/scope.h"

namespace lumenflow::pack {
namespace {

using ::testing::HasSubstr;

Glob glob(std::string_view pattern) {
  Result<Glob> compiled = Glob::compile(pattern);
  EXPECT_TRUE(compiled.ok()) << compiled.error().to_string();
  return *std::move(compiled);
}

void expect(std::string_view pattern, std::initializer_list<const char*> matching,
            std::initializer_list<const char*> others) {
  const Glob compiled = glob(pattern);
  for (const char* path : matching) EXPECT_TRUE(compiled.matches(path)) << pattern << " on " << path;
  for (const char* path : others) EXPECT_FALSE(compiled.matches(path)) << pattern << " on " << path;
}

TEST(Glob, LiteralMatchesItself) {
  expect("docs/a.md", {"docs/a.md"}, {"docs/a_md", "docs/a.md/x", "docs", "xdocs/a.md"});
}

TEST(Glob, StarStaysWithinASegmentAndMatchesDotFiles) {
  expect("src/*.cc", {"src/a.cc", "src/.cc", "src/.hidden.cc"}, {"src/x/a.cc", "a.cc", "src/a.h"});
  expect("src/*", {"src/a", "src/.env"}, {"src", "src/", "src/a/b", "src/..", "src/."});
  expect("a*b*c", {"abc", "axbxc", "abbcc"}, {"ab", "abcd", "a/bc"});
}

TEST(Glob, TwoStarsAreAnyDepthIncludingDotFolders) {
  expect("**", {"a", "a/b/c", ".git/config", "a/.b/c"}, {"", "/a", "a/", "a//b", "../a", "a/../b", "./a"});
  expect("docs/**", {"docs/a", "docs/.x/b", "docs/a/b/c"}, {"docs", "docs/", "docs2/a", "x/docs/a"});
  expect("**/x", {"x", "a/x", "a/.b/x"}, {"ax", "a/xx", "x/a"});
  expect("a/**/b", {"a/b", "a/x/b", "a/x/y/b"}, {"ab", "a/xb", "a/b/c"});
  expect("**/**/*.md", {"a.md", "x/a.md", "x/y/z/a.md"}, {"a.txt"});
}

TEST(Glob, QuestionMarkIsOneCharacterAndNotOneByte) {
  expect("a?c", {"abc", "a.c", "aéc", "a📦c"}, {"ac", "abbc", "a/c"});
}

TEST(Glob, BracesAreAlternatives) {
  expect("{a,b}/{c,d}.x", {"a/c.x", "a/d.x", "b/c.x", "b/d.x"}, {"a/b.x", "c.x", "{a,b}/c.x"});
  expect("{src/**,docs/{a,b}*.md}", {"src/x/y", "docs/a1.md", "docs/b.md"}, {"docs/c.md", "src"});
  expect("a{,/**}", {"a", "a/b", "a/b/c"}, {"ab", "b"});
  expect("{**,a}/b", {"b", "x/b", "a/b"}, {"a", "b/x"});
  expect("a,b", {"a,b"}, {"a", "b"});
}

TEST(Glob, BracketsAreSets) {
  expect("[a-c]x", {"ax", "bx", "cx"}, {"dx", "x", "abx"});
  expect("[!a-c]x", {"dx", "Ax", "äx"}, {"ax", "/x", "x"});
  expect("[]a]", {"]", "a"}, {"b"});
  expect("[!]a]", {"b"}, {"]", "a"});
  expect("[a-]", {"a", "-"}, {"b"});
  expect("[*?{},]", {"*", "?", "{", "}", ","}, {"a"});
  expect("x[+-9]y", {"x.y", "x0y"}, {"x/y"});  // '/' is never in a set, whatever the range spans
  expect("[α-ω]", {"β"}, {"b", "Ω"});
}

TEST(Glob, LeadingDotSlashIsLeftOut) { expect("./docs/*", {"docs/a"}, {"./docs/a"}); }

TEST(Glob, NeverMatchesWhatIsNoNormalPath) {
  for (const char* pattern : {"**", "**/*", "*", "?*", "[!x]*", "*/**"}) {
    const Glob compiled = glob(pattern);
    for (const std::string_view path :
         {std::string_view(""), std::string_view(".."), std::string_view("../a"), std::string_view("a/.."),
          std::string_view("/a"), std::string_view("a//b"), std::string_view("a\0b", 3), std::string_view("a\xff"),
          std::string_view("a\xed\xa0\x80")})
      EXPECT_FALSE(compiled.matches(path)) << pattern << " on " << path;
  }
}

TEST(Glob, RefusesWhatIsMalformedAndSaysWhere) {
  struct Case {
    std::string_view pattern;
    const char* why;
  };
  const Case cases[] = {{"", "empty"},
                        {"/etc/**", "offset 0"},
                        {"a/../b", "offset 2"},
                        {"..", "leave"},
                        {"{a,..}/b", "leave"},
                        {"a//b", "offset 2"},
                        {"a/", "empty segment"},
                        {"a/./b", "offset 2"},
                        {".", "no segment"},
                        {"a{b", "without '}'"},
                        {"a}b", "offset 1"},
                        {"a[b", "without ']'"},
                        {"[]", "without ']'"},
                        {"[z-a]", "offset 1"},
                        {"[a/b]", "offset 2"},
                        {"[^a]", "[!abc]"},
                        {"[[:alpha:]]", "named"},
                        {"a***b", "offset 1"},
                        {"a**", "whole segment"},
                        {"**.ts", "**/*.ts"},
                        {"a\\*", "[*]"},
                        {"a\xff", "UTF-8"},
                        {"{a,}", "empty"},
                        {"[.][.]/x", "no path"},
                        {"./", "empty segment"},
                        {"a{*,b}*", "beside"},
                        {std::string_view("a\0b", 3), "offset 1"}};
  for (const Case& c : cases) {
    const Result<Glob> compiled = Glob::compile(c.pattern);
    ASSERT_FALSE(compiled.ok()) << c.pattern;
    EXPECT_EQ(compiled.error().code(), ErrorCode::kInvalidInput) << c.pattern;
    EXPECT_THAT(compiled.error().message(), HasSubstr(c.why)) << c.pattern;
  }
}

TEST(Glob, RefusesMonstrousPatterns) {
  std::string exponential = "*a";
  for (int i = 0; i < 40; ++i) exponential += '?';
  std::string braces, nested;
  for (int i = 0; i < 20; ++i) braces += "{a,b}";
  for (int i = 0; i < 2000; ++i) nested += '{';
  for (int i = 0; i < 2000; ++i) nested += '}';
  for (const std::string& pattern : {exponential, braces, nested, std::string(5000, 'a')}) {
    const Result<Glob> compiled = Glob::compile(pattern);
    ASSERT_FALSE(compiled.ok()) << pattern.substr(0, 40);
    EXPECT_EQ(compiled.error().code(), ErrorCode::kInvalidInput);
  }
}

// Quadratic or worse backtracking would take minutes.
TEST(Glob, MatchesLongPathsInOnePass) {
  const Glob compiled = glob("**/*a*a*a*a*a*b/**/*a*a*a*a*b");
  std::string path;
  for (int i = 0; i < 100'000; ++i) path += i % 50 == 49 ? '/' : 'a';
  EXPECT_FALSE(compiled.matches(path + "a"));
}

TEST(Intersection, IsDecided) {
  struct Case {
    const char *a, *b;
    bool common;
  };
  for (const Case& c : {Case{"docs/**", "**/*.md", true}, Case{"docs/**", "src/**", false},
                        Case{"docs/*", "docs/**/x", true}, Case{"a*", "*b", true}, Case{"*.md", "**/x/*.md", false},
                        Case{"a?", "a", false}, Case{"[a-m]", "[m-z]", true}, Case{"[a-m]", "[n-z]", false},
                        Case{"[!a]", "a", false}, Case{"{a,b}/x", "{b,c}/*", true}, Case{"{a,b}/x", "{c,d}/*", false},
                        Case{"docs/**", "docs", false}, Case{"*é*", "[à-ö]", true}, Case{".?", ".[.]", false}}) {
    const Result<Glob> a = Glob::compile(c.a), b = Glob::compile(c.b);
    if (!a.ok() || !b.ok()) {
      EXPECT_FALSE(c.common) << c.a << " and " << c.b;
      continue;
    }
    EXPECT_EQ(intersection_nonempty({&*a, &*b}), c.common) << c.a << " and " << c.b;
  }
}

TEST(Intersection, OfAllAtOnceIsLessThanPairByPair) {
  const Glob a = glob("{x,y}"), b = glob("{y,z}"), c = glob("{x,z}");
  EXPECT_TRUE(intersection_nonempty({&a, &b}));
  EXPECT_TRUE(intersection_nonempty({&b, &c}));
  EXPECT_TRUE(intersection_nonempty({&a, &c}));
  EXPECT_FALSE(intersection_nonempty({&a, &b, &c}));
  EXPECT_FALSE(intersection_nonempty({}));
}

}  // namespace
}  // namespace lumenflow::pack
