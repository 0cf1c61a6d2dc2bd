// What is written as SARIF has the shape that SARIF 2.1.0 (OASIS standard, section 3) asks of the parts that are used.
#include <gtest/gtest.h>

#include "fixtures.h"
#include "json/schema.h"

namespace lumenflow::testing {
namespace {

// In our own words: 3.13 sarifLog, 3.14 run, 3.19 toolComponent, 3.49 reportingDescriptor, 3.27 result, 3.29
// physicalLocation, 3.30 region.
constexpr std::string_view kShape = R"({
  "type": "object", "additionalProperties": false, "required": ["version", "runs"],
  "properties": {
    "$schema": {"type": "string", "format": "uri"},
    "version": {"const": "2.1.0"},
    "runs": {"type": "array", "minItems": 1, "maxItems": 1, "items": {
      "type": "object", "additionalProperties": false, "required": ["tool", "results", "columnKind"],
      "properties": {
        "tool": {"type": "object", "additionalProperties": false, "required": ["driver"], "properties": {
          "driver": {"type": "object", "additionalProperties": false, "required": ["name", "version", "rules"],
            "properties": {
              "name": {"const": "lumenflow"}, "version": {"type": "string", "minLength": 1},
              "rules": {"type": "array", "uniqueItems": true, "items": {"$ref": "#/$defs/rule"}}}}}},
        "columnKind": {"const": "unicodeCodePoints"},
        "results": {"type": "array", "items": {"$ref": "#/$defs/result"}}}}}},
  "$defs": {
    "text": {"type": "object", "additionalProperties": false, "required": ["text"],
      "properties": {"text": {"type": "string", "minLength": 1}}},
    "rule": {"type": "object", "additionalProperties": false,
      "required": ["id", "name", "shortDescription", "help", "defaultConfiguration"],
      "properties": {
        "id": {"type": "string", "pattern": "^LF[0-9]{4}$"}, "name": {"type": "string"},
        "shortDescription": {"$ref": "#/$defs/text"}, "help": {"$ref": "#/$defs/text"},
        "defaultConfiguration": {"type": "object", "properties": {"level": {"enum": ["warning", "error"]}}}}},
    "result": {"type": "object", "additionalProperties": false,
      "required": ["ruleId", "ruleIndex", "level", "message", "locations"],
      "properties": {
        "ruleId": {"type": "string"}, "ruleIndex": {"type": "integer", "minimum": 0},
        "level": {"enum": ["warning", "error"]}, "message": {"$ref": "#/$defs/text"},
        "locations": {"type": "array", "minItems": 1, "items": {
          "type": "object", "additionalProperties": false, "required": ["physicalLocation"], "properties": {
            "physicalLocation": {"type": "object", "additionalProperties": false, "required": ["artifactLocation"],
              "properties": {
                "artifactLocation": {"type": "object", "additionalProperties": false, "required": ["uri"],
                  "properties": {"uri": {"type": "string", "pattern": "^([A-Za-z0-9._~/-]|%[0-9A-F]{2}|file:)+$"}}},
                "region": {"type": "object", "additionalProperties": false,
                  "required": ["startLine", "startColumn", "endColumn"],
                  "properties": {
                    "startLine": {"type": "integer", "minimum": 1}, "startColumn": {"type": "integer", "minimum": 1},
                    "endColumn": {"type": "integer", "minimum": 2},
                    "snippet": {"$ref": "#/$defs/text"}}}}}}}}}}}})";

class Sarif : public ::testing::Test {
 protected:
  Sarif() : schema_(json::Schema::compile(*json::parse(kShape))) { EXPECT_TRUE(schema_.ok()); }
  void expect_shape(const json::Value& sarif, const std::string& what) {
    for (const ErrorDetail& detail : schema_->validate(sarif)) ADD_FAILURE() << what << detail.pointer << detail.reason;
    const json::Array& rules = sarif.at_pointer("/runs/0/tool/driver/rules")->as_array();
    for (const json::Value& result : sarif.at_pointer("/runs/0/results")->as_array())
      EXPECT_EQ(*rules.at(static_cast<std::size_t>(result.find("ruleIndex")->as_integer())).find("id"),
                *result.find("ruleId"));
  }
  Result<json::Schema> schema_;
};

TEST_F(Sarif, HasTheShapeWhateverIsReported) {
  for (const std::string& fixture : fixture_names()) {
    const pack::Diagnostics found = diagnose(fixture);
    const json::Value sarif = render_sarif(found, "1.2.3");
    expect_shape(sarif, fixture);
    EXPECT_EQ(sarif.at_pointer("/runs/0/results")->as_array().size(), found.items().size());
  }
  expect_shape(render_sarif(pack::Diagnostics(), "1.2.3"), "nothing");
}

TEST_F(Sarif, PathsAreUriReferences) {
  pack::Diagnostics diagnostics;
  for (const char* file : {"/srv/ana/my packs/größe.yaml", "a:b/manifest.yaml", "100%/manifest.yaml"})
    diagnostics.add("LF1004", {file, 1, 1}, "bad");
  const json::Value sarif = render_sarif(diagnostics, "1");
  expect_shape(sarif, "paths");
  const auto uri = [&](int i) {
    return sarif
        .at_pointer("/runs/0/results/" + std::to_string(i) + "/locations/0/physicalLocation/artifactLocation/uri")
        ->as_string();
  };
  EXPECT_EQ(uri(0), "file:///srv/ana/my%20packs/gr%C3%B6%C3%9Fe.yaml");
  EXPECT_EQ(uri(1), "a%3Ab/manifest.yaml");
  EXPECT_EQ(uri(2), "100%25/manifest.yaml");
}

}  // namespace
}  // namespace lumenflow::testing
