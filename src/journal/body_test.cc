#include "journal/body.h"

#include <gtest/gtest.h>

namespace lumenflow::journal {
namespace {

class BodyTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(files_->make_directories("/blobs").ok()); }
  std::unique_ptr<Files> files_ = make_memory_files();
  BlobStore blobs_{*files_, "/blobs"};
};

TEST_F(BodyTest, ComesBackAsItWent) {
  for (const Body& body :
       {Body{}, Body{"{}", ""}, Body{"", "{\"success\":true}"}, Body{std::string(70'000, 'i'), "r"}}) {
    const auto bytes = encode_body(body, blobs_);
    ASSERT_TRUE(bytes.ok());
    const auto again = decode_body(*bytes, blobs_);
    ASSERT_TRUE(again.ok());
    EXPECT_EQ(again->input, body.input);
    EXPECT_EQ(again->result, body.result);
  }
}

TEST_F(BodyTest, ABigPartIsAFileNamedByItsHash) {
  const std::string big(kInlineBytesMax + 1, 'x');
  const auto bytes = encode_body({big, big}, blobs_);
  ASSERT_TRUE(bytes.ok());
  EXPECT_LT(bytes->size(), 100u);
  EXPECT_EQ(files_->list("/blobs")->size(), 1u) << "the same content is one file";
}

TEST_F(BodyTest, ABlobWithOtherContentIsDamage) {
  const Hash256 hash = sha256("what it was");
  ASSERT_TRUE(blobs_.put(hash, "what it was").ok());
  const auto folders = files_->list("/blobs");
  const std::string folder = "/blobs/" + folders->front();
  const auto names = files_->list(folder);
  ASSERT_TRUE(files_->write_atomic(folder + "/" + names->front(), "what it is!", 0600).ok());
  const auto read = blobs_.get(hash);
  ASSERT_FALSE(read.ok());
  EXPECT_EQ(name(read.error().code()), "JOURNAL_DAMAGED");
}

TEST_F(BodyTest, EveryCutIsDamageAndNoneIsRead) {
  const auto bytes = encode_body({"{\"a\":1}", "{\"success\":true}"}, blobs_);
  for (std::size_t size = 1; size < bytes->size(); ++size)
    EXPECT_FALSE(decode_body(std::string_view(*bytes).substr(0, size), blobs_).ok()) << size;
  EXPECT_FALSE(decode_body(*bytes + "x", blobs_).ok());
}

}  // namespace
}  // namespace lumenflow::journal
