#include "base/secret_shapes.h"

#include <gtest/gtest.h>

namespace lumenflow {
namespace {

std::string masked(std::string_view text, SecretSearch search = SecretSearch::kShapes) {
  const auto out = replace_secrets(text, search, [](std::string_view) { return std::string("***"); });
  return out ? *out : std::string(text);
}

TEST(SecretShapes, TokensOfProvidersWhereverTheyStand) {
  const std::string many(40, 'a');
  for (const std::string& token : {"sk-proj-" + many, "ghp_" + many, "github_pat_" + many, "glpat-" + many,
                                   "xoxb-1-" + many, "AKIA" + std::string(16, 'Q'), "AIza" + many, "npm_" + many,
                                   "hf_" + many, "sk_live_" + many, "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJ3cyJ9." + many}) {
    EXPECT_EQ(masked(token), "***");
    EXPECT_EQ(masked("before (" + token + ") after"), "before (***) after");
    EXPECT_EQ(masked("{\"a\":\"" + token + "\",\"b\":\"x_" + token + "\"}"), "{\"a\":\"***\",\"b\":\"x_***\"}");
  }
}

TEST(SecretShapes, PrivateKeysToTheirEnd) {
  const std::string pem = "-----BEGIN EC PRIVATE KEY-----\nMHcC\n-----END EC PRIVATE KEY-----";
  EXPECT_EQ(masked("a " + pem + " b"), "a *** b");
  EXPECT_EQ(masked("a -----BEGIN PRIVATE KEY-----\nMHcC"), "a ***") << "cut off";
  EXPECT_EQ(masked(R"({"k":"-----BEGIN PRIVATE KEY-----\nMH\\","c":1})"), R"({"k":"***","c":1})");
  EXPECT_EQ(masked(R"({"k":"say \"-----BEGIN PRIVATE KEY-----\nMH\" twice"})"), R"({"k":"say \"***\" twice"})");
  EXPECT_EQ(masked("-----BEGIN PUBLIC KEY-----\nMHcC\n"), "-----BEGIN PUBLIC KEY-----\nMHcC\n");
}

TEST(SecretShapes, WhatFollowsAScheme) {
  EXPECT_EQ(masked("Authorization: Bearer abcdefghijklmnop1234"), "Authorization: Bearer ***");
  EXPECT_EQ(masked("authorization: basic YW5hOnNlY3JldHNlY3JldA=="), "authorization: basic ***");
  EXPECT_EQ(masked("the bearer of this letter"), "the bearer of this letter");
  EXPECT_EQ(masked("basic understanding"), "basic understanding");
}

TEST(SecretShapes, PasswordsInUrls) {
  EXPECT_EQ(masked("postgres://ana:hunter2@db/x and http://b:c@d"), "postgres://ana:***@db/x and http://b:***@d");
  for (const char* text : {"https://example.com:8443/a@b", "ssh://git@example.com/x", "https://example.com/a:b@c"})
    EXPECT_EQ(masked(text), text);
}

TEST(SecretShapes, KeysOfOtherShapes) {
  const std::string hex = "0123456789abcdef0123456789abcdef";
  EXPECT_EQ(masked("DefaultEndpointsProtocol=https;AccountName=a;AccountKey=" + std::string(86, 'K') + "==;x=y"),
            "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=***;x=y");
  EXPECT_EQ(masked("the key AGE-SECRET-KEY-1" + std::string(58, 'Q') + " is"), "the key *** is");
  EXPECT_EQ(masked("use SK" + hex + "."), "use ***.");
  for (const std::string& text :
       {"SK" + hex + "0", "SK" + std::string(32, 'z'), std::string("SKETCH"), std::string("AccountKey=a")})
    EXPECT_EQ(masked(text), text);
}

TEST(SecretShapes, AnEnvironmentThatIsPrinted) {
  EXPECT_EQ(masked("PATH=/bin\nDB_PASSWORD=hunter2hunter2\nTERM=xterm"), "PATH=/bin\nDB_PASSWORD=***\nTERM=xterm");
  EXPECT_EQ(masked(R"({"a":"\nghp_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","b":"\u001bAKIAQQQQQQQQQQQQQQQQ"})"),
            R"({"a":"\n***","b":"\u001b***"})")
      << "behind escapes";
  EXPECT_EQ(masked("{\"env\":\"A=b\\nGITHUB_TOKEN=0123456789abcdef\"}"), "{\"env\":\"A=b\\nGITHUB_TOKEN=***\"}");
  for (const char* text : {"const token=getToken();", "API_KEY=$(cat key)", "MAX_TOKENS=100000000", "password=short"})
    EXPECT_EQ(masked(text), text);
}

TEST(SecretShapes, AssignmentsWhereTheTextIsForPeople) {
  const auto said = [](std::string_view text) { return masked(text, SecretSearch::kAssignments); };
  EXPECT_EQ(said("login failed: password=hunter22, user=ana"), "login failed: password=***, user=ana");
  EXPECT_EQ(said(R"(got {"api_key": "hunter22", "n": 1})"), R"(got {"api_key": "***", "n": 1})");
  EXPECT_EQ(said("token: env:API_KEY_OF_MINE"), "token: env:API_KEY_OF_MINE");
  EXPECT_EQ(said("max_tokens=100000"), "max_tokens=100000");
  EXPECT_EQ(said("this is no valid token: expired"), "this is no valid token: expired");
  EXPECT_EQ(said("passphrase: hunter22"), "passphrase: ***");
  EXPECT_EQ(masked("password=hunter22"), "password=hunter22") << "data keeps its members";
}

TEST(SecretShapes, AreNotInWhatMerelyLooksSo) {
  for (const char* text : {"", "a plain sentence", "task-sk-ip", "disk-usage-of-the-whole-machine", "eyJ", "AKIA",
                           "eyJhbGci.x", "01HV6Z3J4Q9KQ5X0E7S2M8B1CD", "hmac-sha256:0123456789abcdef0123456789abcdef",
                           "npm_package_dependencies_of_everything_there_is", "https://a.example/?q=1#top"})
    EXPECT_EQ(masked(text), text);
}

// One signature in a hundred thousand holds such a beginning: a decision is not refused for it, nor is a proof spoilt.
TEST(SecretShapes, AreNotInSignaturesAndThumbprints) {
  const std::string tail(83, 'x'), signature = "sk-" + tail, inner = "Ab_sk-" + tail.substr(3);
  const std::string thumbprint = signature.substr(0, 43);
  for (const std::string& text :
       {R"({"signature":")" + signature + R"("})", R"({"signature" : ")" + inner + R"("})",
        R"({"text":"{\"signature\":\")" + signature + R"(\"}"})", R"({"thumbprint":")" + thumbprint + R"("})"})
    EXPECT_EQ(masked(text), text);
  for (const std::string& text :
       {R"({"note":")" + signature + R"("})", R"({"signature":")" + signature + R"(x"})", "signature " + signature,
        R"({"signature":")" + thumbprint + R"("})", R"({"sign":")" + signature + R"(","signature":"a"})"})
    EXPECT_NE(masked(text), text);
  EXPECT_TRUE(is_random_by_nature("signature", signature));
  EXPECT_FALSE(is_random_by_nature("signature", signature + "x"));
  EXPECT_FALSE(is_random_by_nature("note", signature));
}

}  // namespace
}  // namespace lumenflow
