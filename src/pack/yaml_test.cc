#include "pack/yaml.h"

#include <gmock/gmock.h>

namespace lumenflow::pack {
namespace {

using ::testing::HasSubstr;

struct Read {
  bool ok = false;
  YamlDocument document;
  Diagnostics diagnostics;

  std::string first_message() const { return diagnostics.items().empty() ? "" : diagnostics.items().front().message; }
  std::string places() const {
    std::string out;
    for (const Diagnostic& item : diagnostics.items())
      out += std::to_string(item.place.line) + ":" + std::to_string(item.place.column) + " ";
    return out;
  }
};

Read read(std::string text) {
  Read out;
  out.ok = parse_yaml("manifest.yaml", std::move(text), "LF1001", out.document, out.diagnostics);
  EXPECT_EQ(out.ok, out.diagnostics.items().empty());
  return out;
}

std::string place(const SourcePlace& place) { return std::to_string(place.line) + ":" + std::to_string(place.column); }

json::Value value_of(std::string text) {
  const Read out = read("v: " + text + "\n");
  EXPECT_TRUE(out.ok) << text << ": " << out.first_message();
  return out.ok ? *out.document.value.find("v") : json::Value();
}

TEST(Yaml, ReadsScalarsByTheCoreSchema) {
  EXPECT_EQ(value_of("null"), json::Value());
  EXPECT_EQ(value_of("~"), json::Value());
  EXPECT_EQ(value_of(""), json::Value());
  EXPECT_EQ(value_of("True"), json::Value(true));
  EXPECT_EQ(value_of("010"), json::Value(10));
  EXPECT_EQ(value_of("-0"), json::Value(0));
  EXPECT_EQ(value_of("+12"), json::Value(12));
  EXPECT_EQ(value_of("0o17"), json::Value(15));
  EXPECT_EQ(value_of("0x1F"), json::Value(31));
  EXPECT_EQ(value_of("1.5e3"), json::Value(1500.0));
  EXPECT_EQ(value_of(".5"), json::Value(0.5));
  EXPECT_EQ(value_of("18446744073709551615"), json::Value(std::uint64_t{18446744073709551615u}));
  EXPECT_EQ(value_of("-000123456789012345678901234567890").if_big_integer()->digits, "-123456789012345678901234567890");
}

TEST(Yaml, LeavesWhatOtherVersionsTakeForBooleansAsText) {
  for (const char* word :
       {"on", "off", "yes", "no", "y", "n", "1_000", "0b1", "1.2.3", "12:30:45", "2026-03-01", "+", "."})
    EXPECT_EQ(value_of(word), json::Value(word));
}

TEST(Yaml, QuotedScalarsAreText) {
  EXPECT_EQ(value_of("\"12\""), json::Value("12"));
  EXPECT_EQ(value_of("'true'"), json::Value("true"));
  EXPECT_EQ(value_of("|\n  a\n  b\n"), json::Value("a\nb\n"));
  EXPECT_EQ(value_of("!!str 12"), json::Value("12"));
}

TEST(Yaml, SingleQuotedTextIsUnquotedAndFolded) {
  EXPECT_EQ(value_of("''"), json::Value(""));
  EXPECT_EQ(value_of("'it''s'"), json::Value("it's"));
  EXPECT_EQ(value_of("'" + std::string(80, '\'') + "'"), json::Value(std::string(40, '\'')));
  EXPECT_EQ(value_of("' a  \n  b\t\n\n\n  c '"), json::Value(" a b\n\nc "));
  EXPECT_EQ(value_of("'a\r\n  b'"), json::Value("a b"));
  EXPECT_EQ(value_of("'a\\nb\"'"), json::Value("a\\nb\""));
  EXPECT_EQ(value_of("['x', 'y''', z]"), json::Value(json::Array{"x", "y'", "z"}));
}

TEST(Yaml, RefusesNumbersThatJsonCannotHold) {
  for (const char* text : {".inf", "-.Inf", ".nan", "1e999", "0x1ffffffffffffffff"})
    EXPECT_FALSE(read("v: " + std::string(text)).ok) << text;
}

TEST(Yaml, RemembersWhereEverythingStood) {
  const Read out = read("id: acme\ntools:\n  - {name: \"é\", title: x}\n  - name: b\nempty:\n");
  ASSERT_TRUE(out.ok);
  EXPECT_EQ(place(out.document.place_of("/id")), "1:5");
  EXPECT_EQ(place(out.document.place_of_key("/id")), "1:1");
  EXPECT_EQ(place(out.document.place_of("/tools/0")), "3:5");
  EXPECT_EQ(place(out.document.place_of("/tools/0/name")), "3:12") << "the quote, not what is inside";
  EXPECT_EQ(place(out.document.place_of("/tools/0/title")), "3:24");
  EXPECT_EQ(place(out.document.place_of_key("/tools/0/title")), "3:17");
  EXPECT_EQ(place(out.document.place_of("/tools/1/name")), "4:11");
  EXPECT_EQ(place(out.document.place_of("/tools/1/nothing/there")), "4:5");
  EXPECT_EQ(place(out.document.place_of("/absent")), "1:1");
  EXPECT_EQ(out.document.line_at({"", 4, 1}), "  - name: b");
  EXPECT_EQ(out.document.line_at({"", 99, 1}), "");
}

TEST(Yaml, WhatEndsWithTheTextStandsOnItsLastLine) {
  EXPECT_EQ(place(read(">-\n").document.place_of("")), "1:1");
  EXPECT_EQ(place(read("id: acme\ntitle: >-\n").document.place_of("/title")), "2:1");
}

TEST(Yaml, KeysWithSlashesAndTildesHaveEscapedPointers) {
  const Read out = read("\"a/b~c\": 1\n");
  ASSERT_TRUE(out.ok);
  EXPECT_EQ(place(out.document.place_of("/a~1b~0c")), "1:10");
}

TEST(Yaml, ToleratesAByteOrderMarkAndWindowsLineEnds) {
  const Read out = read("\xef\xbb\xbfid: a\r\nslug: b\r\n");
  ASSERT_TRUE(out.ok);
  EXPECT_EQ(place(out.document.place_of("/slug")), "2:7");
  EXPECT_EQ(out.document.line_at({"", 1, 1}), "id: a");
  const Read old = read("id: a\rslug: b\r");
  ASSERT_TRUE(old.ok);
  EXPECT_EQ(place(old.document.place_of("/slug")), "2:7");
  EXPECT_EQ(old.document.line_at({"", 2, 1}), "slug: b");
}

TEST(Yaml, RefusesEveryDuplicateKeyAndSaysWhereTheFirstStood) {
  const Read out = read("a: 1\nb: {c: 1, c: 2}\na: [3]\nd: 4\na: {x: 1}\n");
  EXPECT_FALSE(out.ok);
  EXPECT_EQ(out.places(), "2:11 3:1 5:1 ");
  EXPECT_THAT(out.diagnostics.items()[1].help, HasSubstr("line 1"));
}

TEST(Yaml, RefusesKeysThatAreNoStrings) {
  const Read out = read("1: a\ntrue: b\n? [x, y]\n: {q: 1}\n? {m: n}\n: z\nok: fine\n");
  EXPECT_FALSE(out.ok);
  EXPECT_EQ(out.places(), "1:1 2:1 3:3 5:3 ");
}

TEST(Yaml, QuotedNumbersAreFineAsKeys) { EXPECT_TRUE(read("\"1\": a\n'true': b\n").ok); }

TEST(Yaml, RefusesMergeKeysAndGoesOn) {
  const Read out = read("a: &x {p: 1}\nb: {<<: *x, p: 2}\nc:\n  <<: [*x]\n  \"<<\": fine\n");
  EXPECT_EQ(out.places(), "2:5 4:3 ");
  EXPECT_THAT(out.first_message(), HasSubstr("merge keys"));
}

TEST(Yaml, PointsAtTheTabThatIndents) {
  EXPECT_EQ(read("a:\n\tb: 1\n").places(), "2:1 ");
  EXPECT_EQ(read("a:\n  - x: 1\n  \ty: 2\n").places(), "3:3 ");
  EXPECT_TRUE(read("a:\tb\nc: [1,\t2]\t# tabs that do not indent\n").ok);
}

TEST(Yaml, CountsColumnsInCharactersForEveryFault) {
  EXPECT_EQ(read("é: {日本: 1, 日本: 2}\n").places(), "1:12 ");
  EXPECT_EQ(read("a: [🚀, *x]\n").places(), "1:8 ");
  EXPECT_EQ(read("'ключ': 1\n'ключ': 2\n\"ключ\": 3\n").places(), "2:1 3:1 ");
  EXPECT_EQ(read("größe: \"öff\nb: 1\n").places().substr(0, 2), read("groesse: \"oeff\nb: 1\n").places().substr(0, 2));
}

TEST(Yaml, ExpandsAliases) {
  const Read out = read("a: &x {p: [1, 2]}\nb: *x\nc: [*x, &y z, *y]\n");
  ASSERT_TRUE(out.ok) << out.first_message();
  EXPECT_EQ(*out.document.value.at_pointer("/b/p/1"), json::Value(2));
  EXPECT_EQ(*out.document.value.at_pointer("/c/2"), json::Value("z"));
  EXPECT_EQ(place(out.document.place_of("/b/p/1")), "2:4");
}

TEST(Yaml, RefusesAliasesThatLeadNowhereOrIntoThemselves) {
  EXPECT_THAT(read("a: *nowhere\n").first_message(), HasSubstr("no anchor"));
  EXPECT_THAT(read("a: &x [*x]\n").first_message(), HasSubstr("inside"));
  EXPECT_FALSE(read("a: &x k\n*x : 1\n").ok);
}

TEST(Yaml, StopsAtAnAliasBomb) {
  std::string text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 12; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + before;
    for (int j = 0; j < 9; ++j) text += ", " + before;
    text += "]\n";
  }
  EXPECT_THAT(read(text).first_message(), HasSubstr("grows beyond"));
}

TEST(Yaml, StopsAtAnAliasBombOfLongText) {
  std::string text = "a: &a " + std::string(500'000, 'x') + "\nb:\n";
  for (int i = 0; i < 1000; ++i) text += "- *a\n";
  EXPECT_THAT(read(text).first_message(), HasSubstr("grows beyond"));
}

TEST(Yaml, BoundsDepthAlsoThroughAliases) {
  const auto nested = [](int levels, const std::string& inside) {
    return std::string(static_cast<std::size_t>(levels), '[') + inside +
           std::string(static_cast<std::size_t>(levels), ']');
  };
  EXPECT_TRUE(read("a: " + nested(63, "1") + "\n").ok);
  EXPECT_THAT(read("a: " + nested(64, "1") + "\n").first_message(), HasSubstr("deeper"));
  EXPECT_THAT(read("a: &a " + nested(40, "1") + "\nb: " + nested(40, "*a") + "\n").first_message(),
              HasSubstr("deeper"));
  EXPECT_FALSE(read(std::string(100'000, '[')).ok);
}

TEST(Yaml, RefusesASecondDocument) {
  const Read out = read("a: 1\n---\nb: 2\n");
  EXPECT_THAT(out.first_message(), HasSubstr("second document"));
  EXPECT_EQ(out.diagnostics.items()[0].place.line, 2);
}

TEST(Yaml, RefusesWhatIsNotText) {
  EXPECT_THAT(read("").first_message(), HasSubstr("empty"));
  EXPECT_THAT(read("# nothing but a comment\n").first_message(), HasSubstr("empty"));
  EXPECT_EQ(read("a: 1\nb: \xc3\x28\n").places(), "2:4 ");
  EXPECT_EQ(read(std::string("a: \0", 4)).places(), "1:4 ");
  EXPECT_THAT(read("a: " + std::string(kYamlBytesMax, 'x')).first_message(), HasSubstr("1 MiB"));
}

TEST(Yaml, ReportsSyntaxWithItsPlace) {
  const Read out = read("a: 1\nb: \"open\nc: 2\n");
  EXPECT_FALSE(out.ok);
  EXPECT_THAT(out.first_message(), HasSubstr("not YAML"));
  EXPECT_FALSE(read("a: b: c\n").ok);
  EXPECT_FALSE(read("a:\n\t- b\n").ok);
}

TEST(Yaml, RefusesTagsBeyondTheCoreSchema) {
  EXPECT_FALSE(read("a: !include other.yaml\n").ok);
  EXPECT_FALSE(read("a: !!binary aGk=\n").ok);
  EXPECT_FALSE(read("a: !!int x\n").ok);
  EXPECT_TRUE(read("a: !!int 3\nb: !!map {c: 1}\nd: !!seq [1]\n").ok);
}

}  // namespace
}  // namespace lumenflow::pack
