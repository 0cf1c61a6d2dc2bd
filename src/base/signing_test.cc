#include "base/signing.h"

#include <gtest/gtest.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "base/encoding.h"

namespace lumenflow {
namespace {

// RFC 8032, section 7.1, tests 1 to 3.
TEST(Ed25519, MatchesTheStandardsExamples) {
  struct Example {
    const char *seed, *public_key, *message, *signature;
  };
  const Example examples[] = {{"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
                               "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
                               "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e397"
                               "01cf9b46bd25bf5f0595bbe24655141438e7a100b"},
                              {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
                               "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
                               "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f361"
                               "3d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"},
                              {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
                               "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
                               "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f76"
                               "0984dc6594a7c15e9716ed28dc027beceea1ec40a"}};
  for (const Example& example : examples) {
    const Ed25519KeyPair key = ed25519_from_seed(*from_hex(example.seed));
    EXPECT_EQ(to_hex(as_bytes(key.public_key)), example.public_key);
    const std::string message = *from_hex(example.message);
    const std::string signature = ed25519_sign(message, key);
    EXPECT_EQ(to_hex(as_bytes(signature)), example.signature);
    EXPECT_TRUE(ed25519_verify(message, signature, key.public_key));
  }
}

TEST(Ed25519, RefusesAnythingAltered) {
  const Ed25519KeyPair key = generate_ed25519(), other = generate_ed25519();
  const std::string signature = ed25519_sign("message", key);
  EXPECT_TRUE(ed25519_verify("message", signature, key.public_key));
  EXPECT_FALSE(ed25519_verify("massage", signature, key.public_key));
  EXPECT_FALSE(ed25519_verify("message", signature, other.public_key));
  EXPECT_FALSE(ed25519_verify("message", signature.substr(1), key.public_key));
  EXPECT_FALSE(ed25519_verify("message", signature, key.public_key.substr(1)));
  EXPECT_FALSE(ed25519_verify("message", "", ""));
  for (std::size_t i = 0; i < signature.size(); ++i) {
    std::string altered = signature;
    altered[i] = static_cast<char>(altered[i] ^ 1);
    EXPECT_FALSE(ed25519_verify("message", altered, key.public_key)) << i;
  }
}

TEST(P256, PublicKeyFollowsFromThePrivateOne) {
  const P256KeyPair pair = *generate_p256();
  EXPECT_EQ(*p256_public_from_private(pair.private_pem), pair.public_pem);
  EXPECT_NE(generate_p256()->private_pem, pair.private_pem);
  EXPECT_TRUE(pair.private_pem.starts_with("-----BEGIN PRIVATE KEY-----\n"));
  EXPECT_TRUE(pair.public_pem.starts_with("-----BEGIN PUBLIC KEY-----\n"));
}

TEST(P256, APassphraseHidesTheKeyAndGivesItBack) {
  const P256KeyPair pair = *generate_p256();
  for (const std::string& passphrase :
       {std::string("correct horse"), std::string("nul\0inside", 10), std::string(1024, 'x'), std::string("grüße")}) {
    const auto hidden = encrypt_private_pem(pair.private_pem, passphrase);
    ASSERT_TRUE(hidden.ok()) << hidden.error().to_string();
    EXPECT_TRUE(is_encrypted_pem(*hidden));
    const auto back = decrypt_private_pem(*hidden, passphrase);
    ASSERT_TRUE(back.ok()) << back.error().to_string();
    EXPECT_EQ(*back, pair.private_pem);
    EXPECT_FALSE(decrypt_private_pem(*hidden, passphrase + "!").ok());
    EXPECT_FALSE(decrypt_private_pem(*hidden, "nul").ok());
  }
  EXPECT_FALSE(is_encrypted_pem(pair.private_pem));
}

TEST(P256, PassphrasesHaveALength) {
  const P256KeyPair pair = *generate_p256();
  EXPECT_EQ(encrypt_private_pem(pair.private_pem, "").error().code(), ErrorCode::kInvalidInput);
  EXPECT_EQ(encrypt_private_pem(pair.private_pem, std::string(1025, 'x')).error().code(), ErrorCode::kInvalidInput);
  const std::string hidden = *encrypt_private_pem(pair.private_pem, "x");
  EXPECT_EQ(decrypt_private_pem(hidden, "").error().code(), ErrorCode::kInvalidInput);
}

TEST(P256, AnEncryptedKeyIsOfNoUseWithoutItsPassphrase) {
  const P256KeyPair pair = *generate_p256();
  const std::string hidden = *encrypt_private_pem(pair.private_pem, "secret");
  EXPECT_FALSE(p256_public_from_private(hidden).ok()) << "and nobody is asked on a terminal";
  EXPECT_FALSE(encrypt_private_pem(hidden, "other").ok());
  EXPECT_FALSE(decrypt_private_pem(pair.private_pem, "any").ok())
      << "an unprotected key is not taken for a protected one";
}

// The thumbprint of RFC 7638 over the key of RFC 7517, appendix A.1, computed with another library.
TEST(P256, ThumbprintIsThatOfTheJsonWebKey) {
  const char* pem =
      "-----BEGIN PUBLIC KEY-----\n"
      "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEMKBCTNIcKUSDii11ySs3526iDZ8A\n"
      "iTo7Tu6KPAqv7D7gS2XpJFbZiItSs3m9+9Ue6GnvHw/GW2ZZaVtszggXIw==\n"
      "-----END PUBLIC KEY-----\n";
  EXPECT_EQ(*p256_thumbprint(pem), "cn-I_WNMClehiVp51i_0VpOENW1upEerA8sEam5hn-s");
  const P256KeyPair pair = *generate_p256();
  EXPECT_EQ(p256_thumbprint(pair.public_pem)->size(), 43u);
  EXPECT_EQ(*p256_thumbprint(pair.public_pem), *p256_thumbprint(pair.public_pem));
}

std::string pem_of(EVP_PKEY* key, bool is_private) {
  BIO* bio = BIO_new(BIO_s_mem());
  if (is_private)
    PEM_write_bio_PKCS8PrivateKey(bio, key, nullptr, nullptr, 0, nullptr, nullptr);
  else
    PEM_write_bio_PUBKEY(bio, key);
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  std::string out(data, static_cast<std::size_t>(size));
  BIO_free(bio);
  EVP_PKEY_free(key);
  return out;
}

TEST(P256, OtherKeysAreRefused) {
  EXPECT_FALSE(p256_thumbprint(pem_of(EVP_EC_gen("secp256k1"), false)).ok()) << "as long, but another curve";
  EXPECT_FALSE(p256_thumbprint(pem_of(EVP_EC_gen("P-384"), false)).ok());
  EXPECT_FALSE(p256_thumbprint(pem_of(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"), false)).ok());
  EXPECT_FALSE(p256_public_from_private(pem_of(EVP_EC_gen("secp256k1"), true)).ok());
  EXPECT_FALSE(p256_public_from_private(pem_of(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"), true)).ok());
}

TEST(P256, GarbageIsRefusedAndLeavesNoErrorBehind) {
  for (const char* bad : {"", "x", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"}) {
    const auto result = p256_public_from_private(bad);
    ASSERT_FALSE(result.ok());
    EXPECT_EQ(result.error().code(), ErrorCode::kInvalidConfiguration);
    EXPECT_FALSE(p256_thumbprint(bad).ok());
  }
  EXPECT_EQ(ERR_peek_error(), 0ul) << "the next TLS call of this thread would report it as its own";
}

TEST(P256, SignsWhatItsPublicHalfVerifiesAndNothingElse) {
  const P256KeyPair key = *generate_p256(), other = *generate_p256();
  for (int i = 0; i < 20; ++i) {  // r and s with leading zeros among them, sooner or later
    const std::string message = "approve " + std::to_string(i);
    const std::string signature = *p256_sign(message, key.private_pem);
    ASSERT_EQ(signature.size(), 64u);
    EXPECT_TRUE(p256_verify(message, signature, key.public_pem));
    EXPECT_FALSE(p256_verify("deny " + std::to_string(i), signature, key.public_pem));
    EXPECT_FALSE(p256_verify(message, signature, other.public_pem));
    std::string altered = signature;
    altered[static_cast<std::size_t>(i)] = static_cast<char>(altered[static_cast<std::size_t>(i)] ^ 1);
    EXPECT_FALSE(p256_verify(message, altered, key.public_pem));
    EXPECT_FALSE(p256_verify(message, signature.substr(1), key.public_pem));
  }
  EXPECT_FALSE(p256_verify("", std::string(64, '\0'), key.public_pem));
  EXPECT_FALSE(p256_verify("", std::string(64, 'x'), "no key"));
  EXPECT_FALSE(p256_sign("", key.public_pem).ok());
  EXPECT_EQ(ERR_peek_error(), 0u);
}

}  // namespace
}  // namespace lumenflow
