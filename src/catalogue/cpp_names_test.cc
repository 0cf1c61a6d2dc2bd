#include "catalogue/cpp_names.h"

#include <gtest/gtest.h>

namespace lumenflow::catalogue {
namespace {

TEST(CppNames, DifferentIdsGetDifferentNames) {
  EXPECT_EQ(enumerator("sample:reactor-primed"), "kSample_ReactorPrimed");
  EXPECT_NE(enumerator("a-b:c"), enumerator("a:b-c"));
  EXPECT_NE(enumerator("a:b-1"), enumerator("a:b1"));
  EXPECT_NE(enumerator("a1:b"), enumerator("a-1:b"));
  EXPECT_EQ(pascal_name("a-1-b"), "A_1B");
  EXPECT_EQ(snake_name("sample-pack"), "sample_pack");
}

TEST(CppNames, AreNoWordsOfTheLanguage) {
  EXPECT_EQ(snake_name("new"), "new_");
  EXPECT_EQ(snake_name("co-await"), "co_await_");
  EXPECT_EQ(snake_name("linux"), "linux_");
  Names names{"kType"};
  EXPECT_EQ(names.member("class"), "class_");
  EXPECT_EQ(names.member("kType"), "kType_2");
}

TEST(CppNames, OfMembersAreUniqueWhateverTheyAreCalled) {
  Names names{};
  EXPECT_EQ(names.member("max temp"), "max_temp");
  EXPECT_EQ(names.member("max-temp"), "max_temp_2");
  EXPECT_EQ(names.member("max_temp"), "max_temp_3");
  EXPECT_EQ(names.member("größe"), "gr_e");
  EXPECT_EQ(names.member("日本"), "value");
  EXPECT_EQ(names.member(""), "value_2");
  EXPECT_EQ(names.member("3d"), "n3d");
  EXPECT_EQ(names.member("__x"), "x");
  EXPECT_EQ(names.type("max temp"), "MaxTemp");
}

TEST(CppNames, LiteralsHoldAnyBytes) {
  std::string text = "x = ";
  append_part(CppLiteral{"a\"\\\n?é1"}, text);
  EXPECT_EQ(text, R"(x = "a\"\\\012\077\303\2511")");
}

}  // namespace
}  // namespace lumenflow::catalogue
