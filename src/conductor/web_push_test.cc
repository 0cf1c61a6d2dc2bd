#include "conductor/web_push.h"

#include <gtest/gtest.h>

#include "base/encoding.h"
#include "conductor/p256.h"

namespace lumenflow::conductor {
namespace {

std::string bytes(std::string_view base64url) { return *from_base64url(base64url); }

// A private key as PKCS #8 in PEM, from its number and its point.
std::string private_pem(const std::string& number, const std::string& point) {
  const std::string der = *from_hex("308187020100301306072a8648ce3d020106082a8648ce3d030107046d306b0201010420") +
                          number + *from_hex("a144034200") + point;
  std::string text = to_base64(der);
  for (std::size_t at = 64; at < text.size(); at += 65) text.insert(at, "\n");
  return "-----BEGIN PRIVATE KEY-----\n" + text + "\n-----END PRIVATE KEY-----\n";
}

// RFC 8291, section 5.
TEST(WebPush, EncryptsAsTheStandardsExample) {
  const std::string sender_point =
      bytes("BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8");
  const std::string sender = private_pem(bytes("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"), sender_point);
  PushKeys keys;
  keys.receiver_point =
      bytes("BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4");
  keys.auth = bytes("BTBZMqHH6r4Tts7J_aSIgg");
  const auto body =
      encrypt_push("When I grow up, I want to be a watermelon", keys, sender, bytes("DGv6ra1nlYgDCS1FRnbzlw"));
  ASSERT_TRUE(body.ok()) << body.error().to_string();
  EXPECT_EQ(
      to_base64url(*body),
      "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBr"
      "u3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN");
}

TEST(WebPush, RefusesKeysThatAreNone) {
  const P256KeyPair sender = *generate_p256();
  const std::string salt(16, 's');
  const PushKeys off_the_curve{"\x04" + std::string(64, '\x01'), std::string(16, 'a')};
  EXPECT_FALSE(encrypt_push("x", off_the_curve, sender.private_pem, salt).ok());
  const PushKeys short_secret{*p256_point(sender.public_pem), "a"};
  EXPECT_FALSE(encrypt_push("x", short_secret, sender.private_pem, salt).ok());
}

TEST(WebPush, TheSenderIsNamedByASignedToken) {
  const P256KeyPair pair = *generate_p256();
  const TokenKey key{pair.private_pem, pair.public_pem, ""};
  const std::string header =
      *vapid_header(key, "https://push.example", "mailto:ops@example.org", Timestamp{1'772'366'400'000});
  ASSERT_TRUE(header.starts_with("vapid t="));
  const std::string token = header.substr(8, header.find(", k=") - 8);
  const std::size_t last = token.rfind('.');
  EXPECT_TRUE(p256_verify(token.substr(0, last), bytes(token.substr(last + 1)), pair.public_pem));
  const std::size_t first = token.find('.');
  EXPECT_EQ(bytes(token.substr(first + 1, last - first - 1)),
            R"({"aud":"https://push.example","exp":1772409600,"sub":"mailto:ops@example.org"})");
  EXPECT_EQ(*p256_pem_of_point(bytes(header.substr(header.find(", k=") + 4))), pair.public_pem);
}

TEST(P256Keys, ComeAsPemAsBase64AndAsJsonWebKey) {
  const P256KeyPair pair = *generate_p256();
  const std::string point = *p256_point(pair.public_pem);
  std::string der = pair.public_pem.substr(27, pair.public_pem.find("\n-----END") - 27);
  std::erase(der, '\n');
  const json::Object jwk{
      {"kty", "EC"}, {"crv", "P-256"}, {"x", to_base64url(point.substr(1, 32))}, {"y", to_base64url(point.substr(33))}};
  EXPECT_EQ(*p256_pem_of(json::Value(pair.public_pem)), pair.public_pem);
  EXPECT_EQ(*p256_pem_of(json::Value(der)), pair.public_pem);
  EXPECT_EQ(*p256_pem_of(json::Value(jwk)), pair.public_pem);
  EXPECT_FALSE(p256_pem_of(json::Value("nonsense")).ok());
  EXPECT_FALSE(p256_pem_of(json::Value(42)).ok());
}

}  // namespace
}  // namespace lumenflow::conductor
