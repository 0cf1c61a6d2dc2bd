#include "pack/compat.h"

#include <gmock/gmock.h>

#include "pack/schema_compat.h"
#include "pack/testing/manifest_samples.h"

namespace lumenflow::pack {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::string_view kBefore = R"(id: acme
version: 1.0.0
runtime: {type: process, command: [./run]}
config_key: acme_demo
config_schema: {type: object, properties: {limit: {type: integer}}}
tools:
  - name: 'acme:run'
    permission: read
    required_scopes: [{type: path, pattern: 'jobs/**', access: read}]
    input_schema: {type: object, additionalProperties: false, required: [a],
                   properties: {a: {type: string}, b: {enum: [x, y]}}}
    output_schema: {type: object, required: [n], properties: {n: {type: integer}}}
emitted_event_kinds: ['acme:done']
backpressure_policy: {'acme:done': queue}
event_schemas: {'acme:done': {type: object, required: [id], properties: {id: {type: string}}}}
)";

std::vector<std::string> changed(std::string_view from, std::string_view to) {
  const samples::Parsed before = samples::parse(std::string(kBefore));
  const samples::Parsed after = samples::parse(samples::replaced(std::string(kBefore), from, to));
  EXPECT_TRUE(before.manifest) << before.shown();
  EXPECT_TRUE(after.manifest) << after.shown();
  if (!before.manifest || !after.manifest) return {"unreadable"};
  const samples::SampleFiles files{std::string(kBefore)};
  std::vector<std::string> out;
  for (const PackChange& change : compare_packs(*before.manifest, files, *after.manifest, files))
    out.push_back((change.breaking ? "! " : "+ ") + change.subject + ": " + change.what);
  return out;
}

TEST(Compat, WhatIsAddedBreaksNothing) {
  EXPECT_THAT(changed("version: 1.0.0", "version: 1.0.1"), IsEmpty());
  EXPECT_THAT(changed("b: {enum: [x, y]}", "b: {enum: [x, y, z]}, c: {type: integer}"), IsEmpty());
  EXPECT_THAT(changed("required: [n], ", "required: [n, m], "), IsEmpty());
  EXPECT_THAT(changed("required: [a],", ""), IsEmpty());
  EXPECT_THAT(changed("permission: read", "permission: read\n    title: New"), IsEmpty());
  EXPECT_THAT(changed("limit: {type: integer}", "limit: {type: number}"), IsEmpty());
}

TEST(Compat, AToolThatIsGoneOrRenamedBreaks) {
  EXPECT_THAT(
      changed("'acme:run'", "'acme:execute'"),
      ElementsAre("! tool acme:run: it is gone, perhaps renamed to acme:execute", "+ tool acme:execute: it is new"));
}

TEST(Compat, ANarrowerInputBreaks) {
  EXPECT_THAT(changed("required: [a],", "required: [a, b],"),
              ElementsAre("! tool acme:run: the input /b must be there"));
  EXPECT_THAT(changed("a: {type: string}", "a: {type: string, maxLength: 9}"),
              ElementsAre("! tool acme:run: the input /a has the tighter limit maxLength 9"));
  EXPECT_THAT(changed("a: {type: string}", "a: {type: integer}"),
              ElementsAre("! tool acme:run: the input /a may not be of type string"));
  EXPECT_THAT(changed("b: {enum: [x, y]}", "b: {enum: [x]}"),
              ElementsAre("! tool acme:run: the input /b may not be \"y\""));
  EXPECT_THAT(changed(", b: {enum: [x, y]}", ""), ElementsAre("! tool acme:run: the input /b is not known"));
}

TEST(Compat, AWiderOutputOrPayloadBreaks) {
  EXPECT_THAT(changed("required: [n], ", ""), ElementsAre("! tool acme:run: the output /n must be there"));
  EXPECT_THAT(changed("n: {type: integer}", "n: {type: [integer, 'null']}"),
              ElementsAre("! tool acme:run: the output /n may not be of type null"));
  EXPECT_THAT(changed("id: {type: string}", "id: {type: [string, integer]}"),
              ElementsAre("! kind acme:done: the payload /id may not be of type integer"));
  EXPECT_THAT(
      changed("event_schemas: {'acme:done': {type: object, required: [id], properties: {id: {type: string}}}}", ""),
      ::testing::Not(IsEmpty()));
}

TEST(Compat, MoreRightsAndApprovalsBreak) {
  EXPECT_THAT(changed("    permission: read\n    required_scopes: [{type: path, pattern: 'jobs/**', access: read}]",
                      "    permission: write\n    required_scopes: [{type: path, pattern: 'jobs/**', access: write}]"),
              ElementsAre("! tool acme:run: the permission is raised from read to write",
                          "! tool acme:run: callers need the scope tools:write instead of tools:read",
                          "! tool acme:run: it needs the further scope "
                          "{\"type\":\"path\",\"pattern\":\"jobs/**\",\"access\":\"write\"}"));
  EXPECT_THAT(changed("config_key:", "surfaces_required: [http, mcp]\nconfig_key:"),
              ElementsAre("! pack: it needs the further surface mcp"));
}

TEST(Compat, AKindThatIsGoneOrOfAnotherClassBreaks) {
  EXPECT_THAT(changed("backpressure_policy: {'acme:done': queue}", "backpressure_policy: {'acme:done': ephemeral}"),
              ElementsAre("! kind acme:done: its class is ephemeral instead of queue"));
}

TEST(SchemaCompat, EverythingTakesItself) {
  for (const char* text : {"true", "false", "{}", R"({"type":"object","required":["a"],"additionalProperties":false})",
                           R"({"anyOf":[{"type":"string"},{"const":7}]})", R"({"items":{"enum":[1,2]},"maxItems":3})"})
    EXPECT_THAT(not_taken_by(*json::parse(text), *json::parse(text)), IsEmpty()) << text;
}

TEST(SchemaCompat, SeesWhatTakesLess) {
  struct Case {
    const char *wider, *narrower;
    bool takes;
  };
  for (const Case& each :
       {Case{R"({"type":"number"})", R"({"type":"integer"})", true},
        Case{R"({"type":"integer"})", R"({"type":"number"})", false}, Case{R"({"type":"string"})", "{}", false},
        Case{"{}", R"({"type":"string"})", true}, Case{R"({"enum":["a","b"]})", R"({"const":"a"})", true},
        Case{R"({"type":"string"})", R"({"enum":["a"]})", true},
        Case{R"({"enum":["a"]})", R"({"type":"string"})", false}, Case{R"({"minimum":1})", R"({"minimum":2})", true},
        Case{R"({"minimum":2})", R"({"minimum":1})", false},
        Case{R"({"items":{"type":"string"}})", R"({"items":{"type":"integer"}})", false},
        Case{R"({"items":{"type":"string"}})", R"({"type":"string"})", true},
        Case{R"({"additionalProperties":false})", R"({"type":"object"})", false},
        Case{R"({"additionalProperties":{"type":"string"}})", R"({"properties":{"a":{"type":"integer"}}})", false},
        Case{R"({"pattern":"^a"})", R"({"pattern":"^a$"})", false}, Case{"false", "{}", false},
        Case{"{}", "false", true}})
    EXPECT_EQ(not_taken_by(*json::parse(each.wider), *json::parse(each.narrower)).empty(), each.takes)
        << each.wider << " " << each.narrower;
}

}  // namespace
}  // namespace lumenflow::pack
