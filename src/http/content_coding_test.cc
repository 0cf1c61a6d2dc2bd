#include "http/content_coding.h"

#include <gtest/gtest.h>

namespace lumenflow::http {
namespace {

std::string code_of(const Result<std::string>& result) {
  return result.ok() ? "ok" : std::string(name(result.error().code()));
}

TEST(ContentCoding, WhatWasPackedComesBack) {
  std::string text;
  for (int i = 0; i < 40'000; ++i) text += std::to_string(i * 7919);
  for (const std::string& body : {std::string(), std::string("x"), text}) {
    EXPECT_EQ(decode_content(gzip(body), "gzip", 1 << 20).value(), body);
    EXPECT_EQ(decode_content(zstd(body), "zstd", 1 << 20).value(), body);
    EXPECT_EQ(decode_content(body, "", 1 << 20).value(), body);
    EXPECT_EQ(decode_content(body, "identity", 1 << 20).value(), body);
  }
}

TEST(ContentCoding, UnpacksNoFurtherThanTheLimit) {
  const std::string zeros(8 << 20, '\0');
  EXPECT_EQ(code_of(decode_content(gzip(zeros), "gzip", 1 << 20)), "BODY_TOO_LARGE");
  EXPECT_EQ(code_of(decode_content(zstd(zeros), "zstd", 1 << 20)), "BODY_TOO_LARGE");
  EXPECT_EQ(code_of(decode_content(zeros, "", 1 << 20)), "BODY_TOO_LARGE");
}

TEST(ContentCoding, RefusesWhatIsCutAlteredLongerOrUnknown) {
  const std::string text(100'000, 'a');
  for (const std::string_view coding : {"gzip", "zstd"}) {
    const std::string packed = coding == "gzip" ? gzip(text) : zstd(text);
    EXPECT_EQ(code_of(decode_content(packed.substr(0, packed.size() / 2), coding, 1 << 20)), "INVALID_REQUEST");
    EXPECT_EQ(code_of(decode_content(packed + "x", coding, 1 << 20)), "INVALID_REQUEST");
    EXPECT_EQ(code_of(decode_content("no such thing", coding, 1 << 20)), "INVALID_REQUEST");
    EXPECT_EQ(code_of(decode_content("", coding, 1 << 20)), "INVALID_REQUEST");
  }
  EXPECT_EQ(code_of(decode_content(text, "br", 1 << 20)), "UNSUPPORTED_MEDIA_TYPE");
}

}  // namespace
}  // namespace lumenflow::http
