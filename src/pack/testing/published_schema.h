// A published schema beside the parser it describes. For tests only.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "base/files.h"
#include "json/schema.h"
#include "support/source_tree.h"

namespace lumenflow::pack::samples {

// The document in schemas/NAME; a test failure and null when it cannot be read.
inline json::Value published_document(const std::string& name) {
  const Result<std::string> text = PosixFiles().read(lumenflow::testing::source_path("schemas/" + name), 1 << 20);
  EXPECT_TRUE(text.ok()) << name;
  Result<json::Value> value = text.ok() ? json::parse(*text) : Result<json::Value>(text.error());
  EXPECT_TRUE(value.ok()) << name;
  return value.ok() ? *std::move(value) : json::Value();
}

inline std::string reasons(const json::Schema& schema, const json::Value& value) {
  std::string out;
  for (const ErrorDetail& detail : schema.validate(value)) out += detail.pointer + " " + detail.reason + "\n";
  return out;
}

// The pointers of properties without a description; those under `if` are conditions, not properties.
inline std::string undescribed(const json::Value& schema, const std::string& pointer = "") {
  std::string out;
  if (const json::Array* array = schema.if_array())
    for (std::size_t i = 0; i < array->size(); ++i) out += undescribed((*array)[i], pointer + "/" + std::to_string(i));
  const json::Object* object = schema.if_object();
  if (object == nullptr) return out;
  for (const json::Member& member : *object) {
    const bool properties = member.key == "properties" && member.value.is_object();
    if (member.key == "if" || member.key == "default") continue;
    if (properties)
      for (const json::Member& property : member.value.as_object())
        if (json::string_or(property.value, "description", "").size() < 5) out += pointer + "/" + property.key + "\n";
    out += undescribed(member.value, pointer + "/" + member.key);
  }
  return out;
}

}  // namespace lumenflow::pack::samples
