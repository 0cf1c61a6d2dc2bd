#include "http/web_push.h"

#include <gmock/gmock.h>

#include "base/encoding.h"

namespace lumenflow::http {
namespace {

using ::testing::Contains;
using ::testing::Pair;
using ::testing::StartsWith;

constexpr const char* kReaderKey =
    "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";
constexpr const char* kReaderSecret = "BTBZMqHH6r4Tts7J_aSIgg";
constexpr const char* kSenderKey =
    "BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8";
constexpr const char* kSenderPrivate = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw";
constexpr const char* kEndpoint = "https://push.example.net/push/JzLQ3raZJfFBR0aqvOMsLrt54w4rJUsV";

std::string bytes(std::string_view base64url) { return from_base64url(base64url).value(); }

// A P-256 private key as PKCS #8, from the number and the point.
P256KeyPair key_pair(std::string_view number, std::string_view point) {
  const auto head = from_hex("308187020100301306072a8648ce3d020106082a8648ce3d030107046d306b0201010420");
  const auto between = from_hex("a144034200");
  const std::string der = *head + std::string(number) + *between + std::string(point);
  P256KeyPair pair;
  pair.private_pem = "-----BEGIN PRIVATE KEY-----\n" + to_base64(der) + "\n-----END PRIVATE KEY-----\n";
  return pair;
}

PushSubscription reader() { return parse_push_subscription(kEndpoint, kReaderKey, kReaderSecret).value(); }

// RFC 8291, section 5 and appendix A.
TEST(WebPush, TheExampleOfTheStandard) {
  const auto body = encrypt_push(reader(), "When I grow up, I want to be a watermelon",
                                 key_pair(bytes(kSenderPrivate), bytes(kSenderKey)), bytes("DGv6ra1nlYgDCS1FRnbzlw"));
  ASSERT_TRUE(body.ok()) << body.error().to_string();
  EXPECT_EQ(
      to_base64url(*body),
      "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3"
      "jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN");
}

TEST(WebPush, ARequestSaysWhatTheServiceAsksForAndNothingOfTheMessage) {
  const P256KeyPair key = generate_p256().value();
  PushOptions options{key, "mailto:ana@example.net", std::chrono::seconds(60), true, "approvals"};
  SystemRandom random;
  const auto request = push_request(reader(), "somebody asks", options, Timestamp{1'700'000'000'000}, random);
  ASSERT_TRUE(request.ok()) << request.error().to_string();
  EXPECT_EQ(request->path, "/push/JzLQ3raZJfFBR0aqvOMsLrt54w4rJUsV");
  EXPECT_THAT(request->headers, Contains(Pair("Content-Encoding", "aes128gcm")));
  EXPECT_THAT(request->headers, Contains(Pair("TTL", "60")));
  EXPECT_THAT(request->headers, Contains(Pair("Urgency", "high")));
  EXPECT_THAT(request->headers, Contains(Pair("Topic", "approvals")));
  EXPECT_EQ(request->body->find("somebody"), std::string::npos);
  EXPECT_EQ(request->body->size(), 86 + 13 + 1 + 16u);
  const std::string said = request->headers[0].second;
  ASSERT_THAT(said, StartsWith("vapid t="));
  const std::size_t comma = said.find(", k=");
  const std::string token = said.substr(8, comma - 8);
  EXPECT_EQ(said.substr(comma + 4), push_server_key(key.public_pem).value());
  const std::size_t last = token.rfind('.'), first = token.find('.');
  EXPECT_TRUE(p256_verify(token.substr(0, last), bytes(token.substr(last + 1)), key.public_pem));
  const std::string claims = bytes(token.substr(first + 1, last - first - 1));
  EXPECT_THAT(claims, ::testing::HasSubstr(R"("aud":"https://push.example.net")"));
  EXPECT_THAT(claims, ::testing::HasSubstr(R"("exp":1700043200)"));
  EXPECT_THAT(claims, ::testing::HasSubstr(R"("sub":"mailto:ana@example.net")"));
  EXPECT_NE(*push_request(reader(), "somebody asks", options, Timestamp{1'700'000'000'000}, random)->body,
            *request->body);
}

TEST(WebPush, WhatIsNoSubscriptionIsRefused) {
  const auto code = [](std::string_view endpoint, std::string_view key, std::string_view secret) {
    const auto parsed = parse_push_subscription(endpoint, key, secret);
    return parsed.ok() ? ErrorCode::kInternal : parsed.error().code();
  };
  std::string off_curve = bytes(kReaderKey);
  off_curve[64] = static_cast<char>(off_curve[64] ^ 1);
  EXPECT_EQ(code("http://push.example.net/x", kReaderKey, kReaderSecret), ErrorCode::kInvalidInput);
  EXPECT_EQ(code("push", kReaderKey, kReaderSecret), ErrorCode::kInvalidInput);
  EXPECT_EQ(code(kEndpoint, to_base64url(off_curve), kReaderSecret), ErrorCode::kInvalidInput);
  EXPECT_EQ(code(kEndpoint, "AAAA", kReaderSecret), ErrorCode::kInvalidInput);
  EXPECT_EQ(code(kEndpoint, kReaderKey, "AAAA"), ErrorCode::kInvalidInput);
  EXPECT_EQ(encrypt_push(reader(), std::string(kPushBytesMax + 1, 'x'), generate_p256().value(), std::string(16, 's'))
                .error()
                .code(),
            ErrorCode::kInvalidInput);
  EXPECT_EQ(
      encrypt_push(reader(), std::string(kPushBytesMax, 'x'), generate_p256().value(), std::string(16, 's'))->size(),
      4'096u);
}

TEST(WebPush, WhatTheServiceAnsweredMeans) {
  EXPECT_EQ(push_outcome(201), PushOutcome::kTaken);
  EXPECT_EQ(push_outcome(410), PushOutcome::kGone);
  EXPECT_EQ(push_outcome(404), PushOutcome::kGone);
  EXPECT_EQ(push_outcome(429), PushOutcome::kRetry);
  EXPECT_EQ(push_outcome(503), PushOutcome::kRetry);
  EXPECT_EQ(push_outcome(403), PushOutcome::kRefused);
}

}  // namespace
}  // namespace lumenflow::http
