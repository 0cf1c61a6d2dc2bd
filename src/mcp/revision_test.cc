#include "mcp/revision.h"

#include <gtest/gtest.h>

#include "mcp/rpc_error.h"

namespace lumenflow::mcp {
namespace {

TEST(Revision, AnInitializeIsAnsweredWithWhatItAskedForOrTheLatestThatHasOne) {
  EXPECT_EQ(negotiate("2025-06-18"), Revision::k2025_06_18);
  EXPECT_EQ(negotiate("2025-11-25"), Revision::k2025_11_25);
  EXPECT_EQ(negotiate("2026-07-28"), Revision::k2025_11_25);
  EXPECT_EQ(negotiate("1999-01-01"), Revision::k2025_11_25);
  for (const Revision revision : kRevisions) EXPECT_EQ(revision_of(name(revision)), revision);
  EXPECT_FALSE(revision_of("draft"));
}

TEST(RpcError, SaysTheCodeOfTheTableAndTheRevisionsOwnNumber) {
  const RpcError old = rpc_error(Error(ErrorCode::kNotFound, "no"), Revision::k2025_11_25);
  EXPECT_EQ(old.code, kResourceNotFound);
  EXPECT_EQ(json::string_or(old.data, "code", ""), "NOT_FOUND");
  EXPECT_EQ(rpc_error(Error(ErrorCode::kNotFound, "no"), Revision::k2026_07_28).code, kInvalidParams);
  const RpcError unsupported = unsupported_version("1900-01-01");
  EXPECT_EQ(unsupported.data.find("supported")->as_array().front(), json::Value("2026-07-28"));
}

}  // namespace
}  // namespace lumenflow::mcp
