// A published schema beside the parser it describes. For tests only.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "base/files.h"
#include "json/schema.h"

namespace lumenflow::pack::testing {

// The document in schemas/NAME; a test failure and null when it cannot be read.
inline json::Value published_document(const std::string& name) {
  const Result<std::string> text = PosixFiles().read(std::string(LUMENFLOW_SOURCE_DIR) + "/schemas/" + name, 1 << 20);
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

}  // namespace lumenflow::pack::testing
