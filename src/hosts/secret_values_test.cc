#include "hosts/secret_values.h"

#include <gtest/gtest.h>

namespace lumenflow::hosts {
namespace {

TEST(SecretValues, AreMaskedWhereverTheyStand) {
  SecretValues secrets;
  EXPECT_EQ(secrets.masked("nothing is known"), "nothing is known");
  secrets.add("s3cret");
  secrets.add("s3cret-and-more");
  EXPECT_EQ(secrets.masked("s3cret, s3crets3cret and s3cret-and-more"), "***, ****** and ***");
}

TEST(SecretValues, ValuesOfSeveralLinesAreMaskedLineByLine) {
  SecretValues secrets;
  secrets.add("-----BEGIN-----\nAAAABBBBCCCC\n}\n-----END-----\n");
  EXPECT_EQ(secrets.masked("AAAABBBBCCCC"), "***");
  EXPECT_EQ(secrets.masked("} stays"), "} stays");
  EXPECT_EQ(secrets.masked(R"(was "-----BEGIN-----\nAAAABBBBCCCC\n}\n-----END-----\n")"), R"(was "***")");
}

TEST(SecretValues, AreMaskedAsTheyStandInJson) {
  SecretValues secrets;
  secrets.add("a\"b\\c");
  EXPECT_EQ(secrets.masked(R"({"x":"a\"b\\c"})"), R"({"x":"***"})");
}

TEST(SecretValues, OnesThatAreNextToNothingStay) {
  SecretValues secrets;
  secrets.add("");
  secrets.add("1");
  secrets.add("on");
  EXPECT_EQ(secrets.masked("1 on 1"), "1 on 1");
}

TEST(SecretValues, AreMaskedInErrorsAndNotInResults) {
  SecretValues secrets;
  secrets.add("s3cret");
  const Error error = secrets.masked(Error(ErrorCode::kToolCrashed, "a s3cret", {{"/s3cret", "is s3cret"}}));
  EXPECT_EQ(error.to_string(), "TOOL_CRASHED: a ***");
  EXPECT_EQ(error.details(), (std::vector<ErrorDetail>{{"/***", "is ***"}}));
  Message message;
  message.refusal.message = "no s3cret";
  message.refusal.details = json::Array{json::Object{{"s3cret", "s3cret"}}};
  message.body = json::Object{{"error", json::Object{{"message", "s3cret"}}}, {"data", "s3cret"}};
  secrets.mask_errors(message);
  EXPECT_EQ(message.refusal.message, "no ***");
  EXPECT_EQ(json::serialize(message.refusal.details), R"([{"***":"***"}])");
  EXPECT_EQ(json::serialize(message.body), R"({"error":{"message":"***"},"data":"s3cret"})");
}

}  // namespace
}  // namespace lumenflow::hosts
