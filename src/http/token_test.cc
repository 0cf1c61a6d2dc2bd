#include "http/token.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <jwt.h>

#include <cstdlib>

#include "base/encoding.h"
#include "base/signing.h"

namespace lumenflow::http {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using namespace std::chrono_literals;

constexpr Timestamp kNow{1'772'366'400'500};  // 2026-03-01T12:00:00.500Z

class TokenTest : public testing::Test {
 protected:
  TokenClaims claims() const {
    TokenClaims c;
    c.issuer = "ws-42", c.subject = "ws-42:local:ana", c.audience = "sidecar", c.id = "jti-1";
    c.scopes = {"workspace", "agent:execute-turn"};
    c.issued_at = kNow, c.expires_at = kNow + 1h;
    return c;
  }
  std::string mint(const TokenClaims& c) const { return mint_token(c, key.private_pem, kid).value(); }

  // A token with any header and body, signed by `signing_key`.
  std::string sign(jwt_alg_t algorithm, const std::string& signing_key, const std::string& grants,
                   const char* header_kid = nullptr) const {
    jwt_t* jwt = nullptr;
    EXPECT_EQ(jwt_new(&jwt), 0);
    if (header_kid != nullptr) jwt_add_header(jwt, "kid", header_kid);
    EXPECT_EQ(jwt_add_grants_json(jwt, grants.c_str()), 0);
    const unsigned char* key_bytes = signing_key.empty() ? nullptr : as_bytes(signing_key).data();
    EXPECT_EQ(jwt_set_alg(jwt, algorithm, key_bytes, static_cast<int>(signing_key.size())), 0);
    char* text = jwt_encode_str(jwt);
    std::string token = text == nullptr ? "" : text;
    std::free(text);
    jwt_free(jwt);
    EXPECT_FALSE(token.empty());
    return token;
  }

  std::string refusal(std::string_view token, Timestamp now = kNow) {
    const auto result = verifier.verify(token, now);
    if (result.ok()) return "accepted";
    if (token.size() > 8) {
      EXPECT_THAT(result.error().message(), Not(HasSubstr(std::string(token.substr(0, 8)))));
    }
    return result.error().to_string();
  }

  const P256KeyPair key = generate_p256().value();
  const P256KeyPair other_key = generate_p256().value();
  const std::string kid = p256_thumbprint(key.public_pem).value();
  VerifierOptions options() const { return {key.public_pem, "ws-42", "sidecar", "", 4}; }
  TokenVerifier verifier{options()};
  const std::string body =
      R"({"iss":"ws-42","sub":"s","aud":"sidecar","scope":"workspace","jti":"j","iat":1772366400,"exp":1772370000})";
};

TEST_F(TokenTest, WhatWasMintedVerifies) {
  const auto result = verifier.verify(mint(claims()), kNow);
  ASSERT_TRUE(result.ok()) << result.error().to_string();
  const TokenClaims& c = **result;
  EXPECT_EQ(c.issuer, "ws-42");
  EXPECT_EQ(c.subject, "ws-42:local:ana");
  EXPECT_EQ(c.audience, "sidecar");
  EXPECT_EQ(c.id, "jti-1");
  EXPECT_THAT(c.scopes, ElementsAre("workspace", "agent:execute-turn"));
  EXPECT_EQ(c.issued_at, Timestamp{1'772'366'400'000});
  EXPECT_EQ(c.expires_at, Timestamp{1'772'370'000'000});
}

TEST_F(TokenTest, OnlyEs256IsLookedAt) {
  EXPECT_EQ(refusal(sign(JWT_ALG_ES256, key.private_pem, body)), "accepted");
  const std::string wrong = "UNAUTHENTICATED: the token is not signed with ES256";
  EXPECT_EQ(refusal(sign(JWT_ALG_NONE, "", body)), wrong) << "alg none";
  EXPECT_EQ(refusal(sign(JWT_ALG_HS256, key.public_pem, body)), wrong) << "the public key as a shared secret";
  const std::string good = sign(JWT_ALG_ES256, key.private_pem, body);
  const std::string rest = good.substr(good.find('.'));
  for (const char* header : {R"({"alg":"RS256"})", R"({"alg":"ES384"})", R"({"alg":"es256"})", R"({"alg":"None"})",
                             R"({"typ":"JWT"})", R"({"alg":["ES256"]})", R"({"alg":null})"})
    EXPECT_EQ(refusal(to_base64url(header) + rest), wrong) << header;
  EXPECT_EQ(refusal(to_base64url(R"({"alg":"ES256","crit":["b64"]})") + rest),
            "UNAUTHENTICATED: the token has a header that asks for an unknown extension");
}

TEST_F(TokenTest, AnotherKeyIsNoKey) {
  EXPECT_THAT(refusal(sign(JWT_ALG_ES256, other_key.private_pem, body)), HasSubstr("signature"));
  EXPECT_THAT(refusal(sign(JWT_ALG_ES256, key.private_pem, body, "another")), HasSubstr("another key"));
  EXPECT_EQ(refusal(sign(JWT_ALG_ES256, key.private_pem, body, kid.c_str())), "accepted");
}

TEST_F(TokenTest, AnyAlteredCharacterIsRefused) {
  const std::string good = mint(claims());
  ASSERT_EQ(refusal(good), "accepted") << "and it is in the cache now";
  for (std::size_t at = 0; at < good.size(); ++at) {
    std::string altered = good;
    altered[at] = altered[at] == 'A' ? 'B' : 'A';
    EXPECT_THAT(refusal(altered), HasSubstr("UNAUTHENTICATED")) << at;
  }
}

TEST_F(TokenTest, MalformedTextIsRefused) {
  const std::string good = mint(claims());
  for (const std::string& text :
       {std::string(), std::string("."), std::string(".."), std::string("a.b.c"), good + ".x", good + "=", good + " ",
        " " + good, good.substr(0, good.rfind('.')), good.substr(0, good.rfind('.') + 1), std::string(100'000, 'a'),
        std::string("e30.e30.e30"), good + std::string(1, '\0')})
    EXPECT_THAT(refusal(text), HasSubstr("UNAUTHENTICATED")) << text.substr(0, 20);
}

TEST_F(TokenTest, EveryClaimIsRequired) {
  const std::vector<std::pair<std::string, std::string>> all = {
      {"iss", R"("ws-42")"}, {"sub", R"("s")"},     {"aud", R"("sidecar")"}, {"scope", R"("a")"},
      {"jti", R"("j")"},     {"iat", "1772366400"}, {"exp", "1772370000"}};
  const auto with = [&](const std::string& name, const std::string& value) {
    std::string text;
    for (const auto& [key_name, usual] : all) {
      const std::string& chosen = key_name == name ? value : usual;
      if (!chosen.empty()) text += (text.empty() ? "{\"" : ",\"") + key_name + "\":" + chosen;
    }
    return refusal(sign(JWT_ALG_ES256, key.private_pem, text + "}"));
  };
  EXPECT_EQ(with("", ""), "accepted");
  for (const auto& [name, usual] : all) {
    EXPECT_THAT(with(name, ""), HasSubstr("lacks the claim " + name));
    EXPECT_THAT(with(name, "true"), HasSubstr("UNAUTHENTICATED"));
    EXPECT_THAT(with(name, "[" + usual + "]"), HasSubstr("UNAUTHENTICATED"));
  }
  EXPECT_THAT(with("iss", R"("ws-43")"), HasSubstr("issuer"));
  EXPECT_THAT(with("aud", R"("conductor")"), HasSubstr("audience"));
  EXPECT_THAT(with("aud", R"("sidecar2")"), HasSubstr("audience"));
  EXPECT_THAT(with("exp", "1772370000.5"), HasSubstr("whole seconds"));
  EXPECT_THAT(with("exp", R"("1772370000")"), HasSubstr("whole seconds"));
  EXPECT_THAT(with("exp", "9223372036854775807"), HasSubstr("whole seconds"));
  EXPECT_THAT(with("iat", "-5"), HasSubstr("whole seconds"));
}

TEST_F(TokenTest, LifeIsCheckedOnEveryUseWithoutLeeway) {
  const std::string token = mint(claims());
  const Timestamp end{1'772'370'000'000};
  EXPECT_EQ(refusal(token, end - 1ms), "accepted");
  EXPECT_EQ(refusal(token, end), "TOKEN_EXPIRED: the token expired at 2026-03-01T13:00:00.000Z");
  EXPECT_EQ(refusal(token, Timestamp{1'772'366'400'000}), "accepted");
  EXPECT_THAT(refusal(token, Timestamp{1'772'366'399'999}), HasSubstr("issued in the future")) << "also from the cache";
}

TEST_F(TokenTest, NotBeforeIsHonoured) {
  const std::string token =
      sign(JWT_ALG_ES256, key.private_pem, body.substr(0, body.size() - 1) + R"(,"nbf":1772366500})");
  EXPECT_THAT(refusal(token), HasSubstr("future"));
  EXPECT_EQ(refusal(token, kNow + 100s), "accepted");
}

TEST_F(TokenTest, ClaimsOutliveTheBoundedCache) {
  std::vector<std::string> tokens;
  for (int i = 0; i < 10; ++i) {
    TokenClaims c = claims();
    c.id = "jti-" + std::to_string(i);
    tokens.push_back(mint(c));
  }
  const auto first = verifier.verify(tokens[0], kNow).value();
  EXPECT_EQ(verifier.verify(tokens[0], kNow).value(), first) << "from the cache";
  for (const std::string& token : tokens) EXPECT_TRUE(verifier.verify(token, kNow).ok());
  EXPECT_NE(verifier.verify(tokens[0], kNow).value(), first) << "it had to go, and was verified again";
  EXPECT_EQ(first->id, "jti-0");
}

TEST_F(TokenTest, MintingRefusesWhatCouldNotVerify) {
  TokenClaims c = claims();
  c.expires_at = c.issued_at + 400ms;
  EXPECT_EQ(mint_token(c, key.private_pem, kid).error().code(), ErrorCode::kInvalidInput);
  c = claims();
  c.subject = "";
  EXPECT_EQ(mint_token(c, key.private_pem, kid).error().code(), ErrorCode::kInvalidInput);
  EXPECT_EQ(mint_token(claims(), "no key", kid).error().code(), ErrorCode::kInvalidConfiguration);
}

TEST_F(TokenTest, AVerifierWithoutAKeyVerifiesNothing) {
  VerifierOptions o = options();
  o.public_pem = "";
  TokenVerifier none(o);
  EXPECT_FALSE(none.verify(sign(JWT_ALG_ES256, key.private_pem, body), kNow).ok());
}

}  // namespace
}  // namespace lumenflow::http
