#include "catalogue/declarations.h"

#include <gmock/gmock.h>

#include "catalogue/testing/catalogue_samples.h"

namespace lumenflow::catalogue {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view kFile = "packs/acme/content/event-types.json";

// What is said of a manifest whose entries these are, with a schema beside it.
std::string said_of(const std::string& entries, PackFolder more = {}) {
  more["content/event-types.json"] = "{\"packSlug\": \"acme\", \"eventTypes\": [\n" + entries + "\n]}";
  more.emplace("content/s.json", R"({"type": "object"})");
  Faults faults;
  const std::vector<Declaration> declared = check_pack(pack_input("acme", std::move(more), {"acme:done"}), faults);
  std::vector<const Declaration*> all;
  for (const Declaration& each : declared) all.push_back(&each);
  check_duplicates(all, faults);
  return shown(faults);
}

std::string entry(const std::string& more) {
  return R"({"namespace": "acme", "name": "done", "version": 1, "schema": "./s.json")" + more + "}";
}

TEST(EventManifest, OfGoodTypesIsReadWithoutAFault) {
  Faults faults;
  PackFolder folder = one_type("acme", "done", R"({"type": "object"})", 3);
  const auto declared = check_pack(pack_input("acme", folder), faults);
  ASSERT_TRUE(faults.empty()) << shown(faults);
  ASSERT_EQ(declared.size(), 1u);
  EXPECT_EQ(declared[0].event.type, "acme:done");
  EXPECT_EQ(declared[0].event.version, 3);
  EXPECT_EQ(declared[0].event.schema_path, "./done.json");
  EXPECT_EQ(declared[0].event.capacity, 256u);
  EXPECT_EQ(declared[0].event.soft_limit, 192u);
  EXPECT_EQ(declared[0].event.schema_digest.size(), 64u);
}

TEST(EventManifest, AnIntegerIsOneAsItIsWritten) {
  for (const char* version : {"1.0", "1e3", "0", "-1", "\"1\"", "null", "9007199254740992", "99999999999999999999"}) {
    const std::string said = said_of(R"({"namespace": "acme", "name": "done", "version": )" + std::string(version) +
                                     R"(, "schema": "s.json"})");
    EXPECT_THAT(said, HasSubstr("LF1064 at " + std::string(kFile) + ":2:")) << version;
  }
  EXPECT_EQ(said_of(R"({"namespace": "acme", "name": "done", "version": 9007199254740991, "schema": "s.json"})"), "");
}

TEST(EventManifest, IdsAreOfDashedWordsWithinTheirLengths) {
  for (const std::string bad : {"Acme", "a_b", "a--b", "-a", "a-", "1a", "", "a:b", "ä"}) {
    EXPECT_THAT(said_of(R"({"namespace": ")" + bad + R"(", "name": "done", "version": 1, "schema": "s.json"})"),
                HasSubstr("LF1065"))
        << bad;
    EXPECT_THAT(said_of(R"({"namespace": "acme", "name": ")" + bad + R"(", "version": 1, "schema": "s.json"})"),
                HasSubstr("LF1065"))
        << bad;
  }
  const auto of_length = [](std::size_t space, std::size_t name) {
    return said_of(R"({"namespace": ")" + std::string(space, 'a') + R"(", "name": ")" + std::string(name, 'b') +
                   R"(", "version": 1, "schema": "s.json"})");
  };
  EXPECT_EQ(of_length(32, 48), "");
  EXPECT_THAT(of_length(33, 48), HasSubstr("LF1065"));
  EXPECT_THAT(of_length(32, 49), HasSubstr("LF1065"));
  EXPECT_THAT(said_of(R"({"namespace": "kernel", "name": "x", "version": 1, "schema": "s.json"})"),
              HasSubstr("'kernel' is reserved"));
}

TEST(EventManifest, EveryFaultIsReportedAtOnce) {
  const std::string said = said_of(
      R"({"namespace": "Acme", "name": "done", "version": 1.5, "schema": "gone.json", "colour": 1},
7,
{"name": "x", "capacity": 0, "softLimit": 3, "kind": "acme:other"})");
  for (const char* code : {"LF1062", "LF1063", "LF1064", "LF1065", "LF1067", "LF1075"})
    EXPECT_THAT(said, HasSubstr(code));
  EXPECT_THAT(said, HasSubstr(":2:15: 'Acme' is no event namespace"));
  EXPECT_THAT(said, HasSubstr(":3:1: an event type must be an object, not 7"));
}

TEST(EventManifest, LimitsAreWithinOneAnother) {
  EXPECT_EQ(said_of(entry(R"(, "capacity": 4, "softLimit": 4)")), "");
  EXPECT_THAT(said_of(entry(R"(, "capacity": 4, "softLimit": 5)")), HasSubstr("above the capacity of 4"));
  EXPECT_THAT(said_of(entry(R"(, "capacity": 0)")), HasSubstr("LF1064"));
}

TEST(EventManifest, KindsAreThoseOfTheManifest) {
  EXPECT_EQ(said_of(entry(R"(, "kind": "acme:done")")), "");
  EXPECT_THAT(said_of(entry(R"(, "kind": "acme:gone")")), HasSubstr("LF1075"));
}

TEST(EventManifest, TypesThatOnlyCaseTellsApartAreOne) {
  const std::string said =
      said_of(entry("") + ",\n" + R"({"namespace": "acme", "name": "Done", "version": 1, "schema": "s.json"})");
  EXPECT_THAT(said,
              HasSubstr("LF1066 at packs/acme/content/event-types.json:3:1: the event type 'acme:Done' is declared "
                        "at packs/acme/content/event-types.json:3:1 and as 'acme:done' at "
                        "packs/acme/content/event-types.json:2:1"));
}

TEST(EventManifest, SchemasStayInThePack) {
  const auto with = [&](const std::string& path) {
    return said_of(R"({"namespace": "acme", "name": "done", "version": 1, "schema": ")" + path + "\"}",
                   {{"shared/s.json", "true"}, {"content/link.json", "ESCAPE"}, {"content/folder", "FOLDER"}});
  };
  EXPECT_EQ(with("./s.json"), "");
  EXPECT_EQ(with("../shared/s.json"), "");
  for (const char* path : {"../../s.json", "/etc/passwd", "a/../../../s.json", "link.json", "", "..", "a\\\\b"})
    EXPECT_THAT(with(path), HasSubstr("LF1069")) << path;
  EXPECT_THAT(with("none.json"), HasSubstr("LF1067"));
  EXPECT_THAT(with("folder"), HasSubstr("LF1068"));
}

TEST(EventManifest, ASchemasFaultsAreInItsOwnFile) {
  EXPECT_THAT(said_of(entry(""), {{"content/s.json", "{\n  \"type\": \"objekt\"}"}}),
              HasSubstr("LF1070 at packs/acme/content/s.json:2:11: the schema is not valid"));
  EXPECT_THAT(said_of(entry(""), {{"content/s.json", "{\n,}"}}),
              HasSubstr("LF1070 at packs/acme/content/s.json:2:1: the schema is not JSON"));
  EXPECT_THAT(said_of(entry(""), {{"content/s.json", R"({"const": 9007199254740993})"}}),
              HasSubstr("no canonical form"));
}

TEST(EventManifest, WhatIsNoJsonIsSaidWithItsPlace) {
  Faults faults;
  check_pack(pack_input("acme", {{"content/event-types.json", "{\"packSlug\": \"acme\",\n \"packSlug\": \"acme\"}"}}),
             faults);
  EXPECT_THAT(shown(faults), HasSubstr("LF1061 at packs/acme/content/event-types.json:2:"));
}

TEST(BaseList, TakesNullAndRefusesTheRest) {
  const auto said = [](const std::string& text) {
    Faults faults;
    const ReadFile nothing = [](std::string_view) { return Error(ErrorCode::kNotFound, ""); };
    read_base_list("base.json", text, nothing, faults);
    return shown(faults);
  };
  EXPECT_EQ(
      said(R"([{"type": "a:b", "version": 1, "packSlug": null, "schema": null}, {"type": "kernel:x", "version": 2}])"),
      "");
  EXPECT_THAT(said(R"({"type": "a:b"})"), HasSubstr("LF1064"));
  EXPECT_THAT(said(R"([{"type": "a:b", "version": 1, "channel": 0}])"), HasSubstr("LF1062"));
  EXPECT_THAT(said(R"([{"type": "ab", "version": 1}])"), HasSubstr("LF1065"));
  EXPECT_THAT(said(R"([{"type": "a:b", "version": 1.0}])"), HasSubstr("LF1064"));
  EXPECT_THAT(said(R"([{"type": "a:b", "version": 1, "schema": "gone.json"}])"), HasSubstr("LF1067"));
}

}  // namespace
}  // namespace lumenflow::catalogue
