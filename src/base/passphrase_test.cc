#include "base/passphrase.h"

#include <gmock/gmock.h>

namespace lumenflow {
namespace {

using ::testing::StartsWith;

TEST(Passphrase, AHashIsOfItsPassphraseAlone) {
  const auto first = hash_passphrase("correct horse battery"), second = hash_passphrase("correct horse battery");
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_THAT(*first, StartsWith("$argon2id$v=19$m=65536,"));
  EXPECT_NE(*first, *second) << "salted";
  EXPECT_TRUE(verify_passphrase("correct horse battery", *first));
  EXPECT_TRUE(verify_passphrase("correct horse battery", *second));
  EXPECT_FALSE(verify_passphrase("correct horse battery ", *first));
  EXPECT_FALSE(verify_passphrase("", *first));
}

TEST(Passphrase, WhatIsNoHashIsOfNoPassphrase) {
  for (const std::string text : {"", "correct horse battery", "$argon2id$v=19$m=65536,t=2,p=1$", "$1$abc$def"})
    EXPECT_FALSE(verify_passphrase("correct horse battery", text)) << text;
  EXPECT_FALSE(verify_passphrase("", hash_of_nothing()));
  EXPECT_THAT(hash_of_nothing(), StartsWith("$argon2id$"));
}

TEST(Passphrase, ItHasALength) {
  EXPECT_EQ(hash_passphrase("elevenbytes").error().code(), ErrorCode::kInvalidInput);
  EXPECT_EQ(hash_passphrase(std::string(1025, 'x')).error().code(), ErrorCode::kInvalidInput);
  EXPECT_FALSE(verify_passphrase(std::string(1025, 'x'), hash_of_nothing()));
}

}  // namespace
}  // namespace lumenflow
