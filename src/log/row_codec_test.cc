#include "log/row_codec.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "base/encoding.h"
#include "log/merkle.h"
#include "log/test_support.h"

namespace lumenflow::log {
namespace {

std::string encoded(const std::vector<std::string>& entries) {
  std::string blob;
  std::vector<Hash256> leaves;
  encode_row({entries, {}}, blob, leaves);
  return blob;
}

// docs/formats/log.md, "Golden bytes". If this test fails, logs in the field would no longer be read or verify.
TEST(LogFormat, GoldenBytes) {
  std::string blob;
  std::vector<Hash256> leaves;
  encode_row({{R"({"kind":"call.requested"})", R"({"kind":"call.finished"})"}, "not part of it"}, blob, leaves);
  ASSERT_EQ(leaves.size(), 2u);
  EXPECT_EQ(to_hex(leaves[0]), "1eb093e2420a321fa6e9cb5d26a4b7d8940f17d6515aeaf1c5877c793bc84237");
  EXPECT_EQ(to_hex(leaves[1]), "be30fe80cc612cc873d504579ff10238f38a5ca9decb888c85655da69ba7646e");
  EXPECT_EQ(to_hex(node_hash(leaves[0], leaves[1])),
            "d2113f626fdae609359ba589690feb853e46434e7f348bd0318ec7ee897d2f70");
  EXPECT_EQ(to_hex(as_bytes(blob)),
            "0102"
            "19"
            "1eb093e2420a321fa6e9cb5d26a4b7d8940f17d6515aeaf1c5877c793bc84237"
            "7b226b696e64223a2263616c6c2e726571756573746564227d"
            "18"
            "be30fe80cc612cc873d504579ff10238f38a5ca9decb888c85655da69ba7646e"
            "7b226b696e64223a2263616c6c2e66696e6973686564227d");
}

TEST(RowCodec, RoundTripsWhateverTheBytes) {
  rc::check([](const std::vector<std::string>& drawn) {
    std::vector<std::string> entries;
    for (const std::string& entry : drawn)
      if (!entry.empty()) entries.push_back(entry);
    RC_PRE(!entries.empty());
    const std::string blob = encoded(entries);
    const auto decoded = decode_row(blob);
    RC_ASSERT(decoded.ok());
    RC_ASSERT(decoded->size() == entries.size());
    for (std::size_t i = 0; i < entries.size(); ++i) {
      RC_ASSERT((*decoded)[i].bytes == entries[i]);
      RC_ASSERT((*decoded)[i].leaf == leaf_hash(entries[i]));
    }
  });
}

TEST(RowCodec, RefusesEveryTruncationAndAnythingAfterTheEnd) {
  const std::string blob = encoded({"one", std::string(300, 'x'), "three"});
  for (std::size_t size = 0; size < blob.size(); ++size) EXPECT_FALSE(decode_row(blob.substr(0, size)).ok()) << size;
  EXPECT_FALSE(decode_row(blob + "x").ok());
  EXPECT_TRUE(decode_row(blob).ok());
}

TEST(RowCodec, RefusesWhatTheEncoderDoesNotWrite) {
  const std::string entry = std::string("\x01") + std::string(32, 'h') + "e";
  EXPECT_TRUE(decode_row("\x01\x01" + entry).ok());
  EXPECT_FALSE(decode_row("\x02\x01" + entry).ok()) << "another format";
  EXPECT_FALSE(decode_row(std::string("\x01\x00", 2)).ok()) << "no entry";
  EXPECT_FALSE(decode_row(std::string("\x01\x81\x00", 3) + entry).ok()) << "a varint longer than needed";
  EXPECT_FALSE(decode_row(std::string("\x01\x01\x00", 3) + std::string(32, 'h')).ok()) << "an empty entry";
  EXPECT_FALSE(decode_row("\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f").ok()) << "more than 64 bits";
  EXPECT_FALSE(decode_row("\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01").ok()) << "more entries than allowed";
}

TEST(RowCodec, ChecksRows) {
  EXPECT_EQ(code_of(check_row({})), "INVALID_INPUT");
  EXPECT_EQ(code_of(check_row({{"a", ""}, {}})), "INVALID_INPUT");
  EXPECT_EQ(code_of(check_row({std::vector<std::string>(kRowEntriesMax + 1, "a"), {}})), "INVALID_INPUT");
  EXPECT_EQ(code_of(check_row({std::vector<std::string>(kRowEntriesMax, "a"), {}})), "ok");
  EXPECT_EQ(code_of(check_row({{std::string(kRowBytesMax, 'a')}, {}})), "ok");
  EXPECT_EQ(code_of(check_row({{std::string(kRowBytesMax, 'a'), "b"}, {}})), "INVALID_INPUT");
}

}  // namespace
}  // namespace lumenflow::log
