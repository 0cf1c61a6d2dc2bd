#include "mcp/names.h"

#include <gtest/gtest.h>

namespace lumenflow::mcp {
namespace {

TEST(Names, AColonIsTwoUnderscoresUnlessTheToolNamesItself) {
  EXPECT_EQ(tool_name("task:create", ""), "task__create");
  EXPECT_EQ(tool_name("acme-demo:run_job", ""), "acme-demo__run_job");
  EXPECT_EQ(tool_name("acme:x", "test_x"), "test_x");
}

TEST(Names, WhatOnlyReadsSaysNothingOfDestruction) {
  EXPECT_EQ(json::serialize(annotations({.reads_only = true}, "T")),
            R"({"title":"T","readOnlyHint":true,"openWorldHint":false})");
  EXPECT_EQ(json::serialize(annotations({.may_destroy = true, .idempotent = true, .open_world = true}, "")),
            R"({"readOnlyHint":false,"destructiveHint":true,"idempotentHint":true,"openWorldHint":true})");
}

}  // namespace
}  // namespace lumenflow::mcp
