#include "journal/call_row.h"

#include <gtest/gtest.h>

#include "journal/entry.h"
#include "log/memory_log.h"

namespace lumenflow::journal {
namespace {

constexpr std::string_view kInput = R"({"title":"x"})";
constexpr std::string_view kResult = R"({"data":{},"success":true})";

class CallRowTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(files_->make_directories("/blobs").ok()); }

  log::Row row(std::string input, std::string result) {
    CallRequested requested;
    requested.receipt = "rcpt-1";
    requested.input_hash = sha256(kInput);
    CallFinished finished;
    finished.receipt = requested.receipt;
    finished.output_hash = sha256(kResult);
    return {{encode(requested), encode(finished)}, *encode_body({std::move(input), std::move(result)}, blobs_)};
  }
  std::string code_of(const log::Row& row) {
    const auto decoded = decode_row({Position(7), row.entries, row.body}, blobs_);
    return decoded.ok() ? "" : std::string(name(decoded.error().code()));
  }

  std::unique_ptr<Files> files_ = make_memory_files();
  BlobStore blobs_{*files_, "/blobs"};
  const Ed25519KeyPair key_ = ed25519_from_seed(std::string(32, 'k'));
};

TEST_F(CallRowTest, GivesWhatTheHashesConfirm) {
  const log::Row whole = row(std::string(kInput), std::string(kResult));
  const auto decoded = decode_row({Position(7), whole.entries, whole.body}, blobs_);
  ASSERT_TRUE(decoded.ok());
  EXPECT_EQ(decoded->entries.size(), 2u);
  EXPECT_EQ(decoded->body.input, kInput);
  EXPECT_EQ(decoded->body.result, kResult);
}

TEST_F(CallRowTest, ABodyThatWasChangedIsNotServed) {
  EXPECT_EQ(code_of(row("{}", std::string(kResult))), "JOURNAL_DAMAGED");
  EXPECT_EQ(code_of(row(std::string(kInput), "{}")), "JOURNAL_DAMAGED");
  log::Row garbage = row(std::string(kInput), std::string(kResult));
  garbage.body.pop_back();
  EXPECT_EQ(code_of(garbage), "JOURNAL_DAMAGED");
}

TEST_F(CallRowTest, ABodyThatIsGoneDoesNotKeepTheRowFromBeingRead) {
  EXPECT_EQ(code_of(row("", "")), "");
  log::Row none = row(std::string(kInput), std::string(kResult));
  none.body.clear();
  EXPECT_EQ(code_of(none), "");
}

TEST_F(CallRowTest, ABodyThatIsGoneIsReported) {
  for (const bool whole : {true, false}) {
    const std::unique_ptr<log::Log> log = log::make_memory_log("log-a");
    log::Row gone = row(std::string(kInput), std::string(kResult));
    gone.body = whole ? std::string() : *encode_body({std::string(kInput), {}}, blobs_);
    ASSERT_TRUE(log->append(gone).ok());
    ASSERT_TRUE(log->commit().ok());
    const auto found = verify_bodies(*log, blobs_, key_.public_key);
    ASSERT_TRUE(found.ok());
    EXPECT_EQ(found->first_bad, 1u);
    EXPECT_NE(found->what.find(whole ? "input is gone, and no retention" : "result is gone, and no retention"),
              std::string::npos)
        << found->what;
  }
}

TEST_F(CallRowTest, AWholeLogIsCheckedAndTheFirstBadRowNamed) {
  const std::unique_ptr<log::Log> log = log::make_memory_log("log-a");
  const auto append = [&](const log::Row& added) {
    ASSERT_TRUE(log->append(added).ok());
    ASSERT_TRUE(log->commit().ok());
  };
  append(row(std::string(kInput), std::string(kResult)));
  append({{R"({"type":"workspace.opened"})"}, {}});
  const auto before = verify_bodies(*log, blobs_, key_.public_key);
  ASSERT_TRUE(before.ok());
  EXPECT_EQ(before->first_bad, 0u);
  EXPECT_EQ(before->checked, 1u);
  append(row(std::string(kInput), "{}"));
  const auto after = verify_bodies(*log, blobs_, key_.public_key);
  ASSERT_TRUE(after.ok());
  EXPECT_EQ(after->first_bad, 4u);
  EXPECT_NE(after->what.find("position 4"), std::string::npos);
}

}  // namespace
}  // namespace lumenflow::journal
