// Every trick with a token answers 401, and the journal is as it was.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <jwt.h>
#include <openssl/bn.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <cstdlib>

#include "base/encoding.h"
#include "base/random.h"
#include "base/signing.h"
#include "base/ulid.h"
#include "sidecar/operator_proof.h"
#include "sidecar/testing/sidecar_world.h"

namespace lumenflow::sidecar {
namespace {

using std::chrono::hours;
using testing::HasSubstr;
using testing::Not;

class Tokens : public testing::Test {
 protected:
  std::string mint(const http::TokenClaims& claims) const {
    return *http::mint_token(claims, world.keys().token_private_pem, world.keys().token_key_id);
  }
  std::string grants() const {
    return R"({"iss":"ws-42","sub":"ws-42","aud":"sidecar","scope":"workspace","jti":"j","iat":1700000000,)"
           R"("exp":4000000000})";
  }
  // A token with these claims, signed by libjwt as it is told; no `kid`.
  std::string sign(jwt_alg_t algorithm, const std::string& key, const std::string& claims) const {
    jwt_t* jwt = nullptr;
    EXPECT_EQ(jwt_new(&jwt), 0);
    EXPECT_EQ(jwt_add_grants_json(jwt, claims.c_str()), 0);
    EXPECT_EQ(jwt_set_alg(jwt, algorithm, key.empty() ? nullptr : as_bytes(key).data(), static_cast<int>(key.size())),
              0);
    char* text = jwt_encode_str(jwt);
    std::string token = text;
    std::free(text);
    jwt_free(jwt);
    return token;
  }
  // A token of exactly these texts, signed by the workspace's key: ES256 is the two numbers side by side (RFC
  // 7518, 3.4).
  std::string sign_text(const std::string& header, const std::string& claims) const {
    const std::string signed_part = to_base64url(header) + "." + to_base64url(claims);
    const std::string& pem = world.keys().token_private_pem;
    BIO* bio = BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
    EVP_PKEY* key = PEM_read_bio_PrivateKey(bio, nullptr, nullptr, nullptr);
    BIO_free(bio);
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    unsigned char der[256];
    std::size_t der_bytes = sizeof der;
    EXPECT_EQ(EVP_DigestSignInit(context, nullptr, EVP_sha256(), nullptr, key), 1);
    EXPECT_EQ(EVP_DigestSign(context, der, &der_bytes, as_bytes(signed_part).data(), signed_part.size()), 1);
    const unsigned char* at = der;
    ECDSA_SIG* numbers = d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der_bytes));
    std::string signature(64, '\0');
    auto* out = reinterpret_cast<unsigned char*>(signature.data());
    EXPECT_EQ(BN_bn2binpad(ECDSA_SIG_get0_r(numbers), out, 32), 32);
    EXPECT_EQ(BN_bn2binpad(ECDSA_SIG_get0_s(numbers), out + 32, 32), 32);
    ECDSA_SIG_free(numbers);
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(key);
    return signed_part + "." + to_base64url(signature);
  }
  std::string head() const { return world.get("/audit/head").text("/root"); }
  void expect_refused(const std::string& what, const std::string& token, const std::string& code = "UNAUTHENTICATED") {
    const std::string before = head();
    for (const std::string method : {"read", "call"}) {
      const Answer answer = method == "read" ? world.get("/tools", world.as(token))
                                             : world.call("probe:emit", R"({"n":1})", world.as(token));
      EXPECT_EQ(answer.status, 401) << what;
      EXPECT_EQ(answer.code(), code) << what << ": " << answer.body;
      EXPECT_EQ(answer.header("www-authenticate"), "Bearer realm=\"lumenflow\"") << what;
      EXPECT_EQ(answer.header("content-type"), "application/problem+json");
      if (token.size() > 12) {
        EXPECT_THAT(answer.body, Not(HasSubstr(token.substr(0, 12)))) << "no part of a token is said again";
      }
    }
    EXPECT_EQ(head(), before) << what << " changed the journal";
  }

  SidecarWorld world;
};

TEST_F(Tokens, AGoodOneIsTakenWithAndWithoutAKeyId) {
  EXPECT_EQ(world.get("/tools", world.as(mint(world.claims()))).status, 200);
  EXPECT_EQ(world.get("/tools", world.as(sign(JWT_ALG_ES256, world.keys().token_private_pem, grants()))).status, 200)
      << "a token without a kid is tried with the one key there is";
}

TEST_F(Tokens, AnAlgorithmOfTheTokensChoiceIsRefused) {
  const std::string header = to_base64url(R"({"alg":"none","typ":"JWT"})"), body = to_base64url(grants());
  expect_refused("alg none without a signature", header + "." + body + ".");
  expect_refused("alg none with one", header + "." + body + "." + std::string(86, 'A'));
  expect_refused("alg NoNe", to_base64url(R"({"alg":"NoNe"})") + "." + body + ".");
  expect_refused("HS256 with the public key as the secret",
                 sign(JWT_ALG_HS256, world.keys().token_public_pem, grants()));
  expect_refused("two algorithms",
                 to_base64url(R"({"alg":"none","alg":"ES256"})") + "." + body + "." + std::string(86, 'A'));
}

TEST_F(Tokens, ClaimsOfAnotherPlaceOrTimeAreRefused) {
  http::TokenClaims claims = world.claims();
  claims.audience = "conductor";
  expect_refused("another audience", mint(claims));
  claims = world.claims();
  claims.issuer = "ws-43";
  expect_refused("another issuer", mint(claims));
  claims = world.claims();
  claims.issued_at = claims.issued_at + -hours(2);
  claims.expires_at = claims.issued_at + hours(1);
  expect_refused("expired", mint(claims), "TOKEN_EXPIRED");
  claims = world.claims();
  claims.issued_at = claims.issued_at + hours(1);
  claims.expires_at = claims.issued_at + hours(1);
  expect_refused("issued in the future", mint(claims));
  std::string not_yet = grants();
  not_yet.insert(1, R"("nbf":3999999999,)");
  expect_refused("not valid yet", sign(JWT_ALG_ES256, world.keys().token_private_pem, not_yet));
}

TEST_F(Tokens, ASubjectOfAnotherWorkspaceIsRefused) {
  for (const std::string& subject : {std::string("ws-43"), std::string("ws-420:a"), std::string("ws-42:"),
                                     std::string("ws-42:a\nb"), "ws-42:" + std::string(5'000, 'a')}) {
    http::TokenClaims claims = world.claims();
    claims.subject = subject;
    expect_refused(subject.substr(0, 20), mint(claims));
  }
}

TEST_F(Tokens, ANameThatStandsTwiceIsRefused) {
  const std::string header = R"({"alg":"ES256","typ":"JWT"})";
  ASSERT_EQ(world.get("/tools", world.as(sign_text(header, grants()))).status, 200);
  std::string claims = grants();
  claims.insert(1, R"("sub":"ws-42:other",)");
  expect_refused("two subjects", sign_text(header, claims));
  expect_refused("two algorithms", sign_text(R"({"alg":"none","alg":"ES256","typ":"JWT"})", grants()));
}

TEST_F(Tokens, AnotherKeyIsNoKey) {
  const P256KeyPair other = *generate_p256();
  expect_refused("another key, its own kid",
                 *http::mint_token(world.claims(), other.private_pem, *p256_thumbprint(other.public_pem)));
  expect_refused("another key under our kid",
                 *http::mint_token(world.claims(), other.private_pem, world.keys().token_key_id));
  expect_refused("our key under another kid",
                 *http::mint_token(world.claims(), world.keys().token_private_pem, "other"));
  expect_refused("another key without a kid", sign(JWT_ALG_ES256, other.private_pem, grants()));
}

TEST_F(Tokens, AnAlteredOrMisshapenOneIsRefused) {
  const std::string good = mint(world.claims());
  const std::size_t first = good.find('.'), second = good.find('.', first + 1);
  const auto altered_at = [&](std::size_t at) {
    std::string token = good;
    token[at] = token[at] == 'A' ? 'B' : 'A';
    return token;
  };
  expect_refused("altered header", altered_at(4));
  expect_refused("altered claims", altered_at((first + second) / 2));
  expect_refused("altered signature", altered_at(second + 10));
  expect_refused("more scope under the old signature",
                 good.substr(0, first + 1) + to_base64url(grants()) + good.substr(second));
  expect_refused("no signature", good.substr(0, second + 1));
  expect_refused("two parts", good.substr(0, second));
  expect_refused("four parts", good + ".AAAA");
  expect_refused("padded", good + "==");
  expect_refused("something behind", good + " x");
  expect_refused("empty", "");
  expect_refused("huge", good.substr(0, second) + std::string(12'000, 'A') + good.substr(second));
  http::RawSocket socket = world.connect();
  ASSERT_TRUE(
      socket.send("GET /tools HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer " + std::string(100'000, 'a') + "\r\n\r\n"));
  EXPECT_THAT(socket.read_to_end(), HasSubstr("HEADER_TOO_LARGE"));
}

TEST_F(Tokens, OnlyTheBearerSchemeOnceIsTaken) {
  const std::string good = mint(world.claims());
  for (const std::string& header : {"Basic " + good, good, "bearer" + good, std::string("Bearer")})
    EXPECT_EQ(world.get("/tools", {{"Authorization", header}}).code(), "UNAUTHENTICATED") << header.substr(0, 8);
  EXPECT_EQ(world.get("/tools?access_token=" + good, {{"Authorization", "Bearer x"}}).status, 401);
  EXPECT_EQ(world.get("/tools", {{"Authorization", "bearer " + good}}).status, 200)
      << "a scheme has no case (RFC 9110)";
  http::RawSocket socket = world.connect();
  ASSERT_TRUE(socket.send("GET /tools HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer x\r\nAuthorization: Bearer " + good +
                          "\r\nConnection: close\r\n\r\n"));
  EXPECT_THAT(socket.read_to_end(), HasSubstr(" 401 ")) << "two credentials are not one";
}

// --- the operator's proof ---

class OperatorProof : public Tokens {
 protected:
  Answer mint_over_socket(const std::string& proof) {
    http::ClientOptions options;
    options.socket_path = world.socket_path();
    http::ClientRequest request;
    request.method = http::Method::kPost;
    request.path = "/kernel/token_mint";
    request.body = R"({"scope":"tools:read"})";
    if (!proof.empty()) request.headers.emplace_back(std::string(kOperatorHeader), proof);
    const auto response = http::Client(options).send(request);
    Answer answer;
    if (!response.ok()) return answer;
    answer.status = response->status;
    answer.body = response->body;
    if (auto value = json::parse(answer.body); value.ok()) answer.value = *std::move(value);
    return answer;
  }
  std::string proof(std::string_view purpose, std::chrono::milliseconds ago = {},
                    std::string_view workspace = "ws-42") {
    PosixFiles files;
    const auto key = unlock_operator_key(files, WorkspacePaths(world.root()).keys, "");
    EXPECT_TRUE(key.ok());
    return *make_operator_proof(*key, workspace, purpose, make_ulid(clock.now(), random.draw16()).str(),
                                clock.now() + -ago);
  }
  SystemClock clock;
  SystemRandom random;
};

TEST_F(OperatorProof, MintsOnceForItsPurpose) {
  const std::string good = proof("kernel:token_mint");
  EXPECT_EQ(mint_over_socket(good).status, 200);
  EXPECT_EQ(mint_over_socket(good).status, 401) << "a proof is good once";
  EXPECT_EQ(mint_over_socket(proof("kernel:token_revoke")).status, 401) << "for its purpose";
  EXPECT_EQ(mint_over_socket(proof("kernel:token_mint", std::chrono::minutes(5))).status, 401) << "for a minute";
  EXPECT_EQ(mint_over_socket(proof("kernel:token_mint", {}, "ws-43")).status, 401) << "in its workspace";
  EXPECT_EQ(mint_over_socket(mint(world.claims())).status, 401) << "by the operator's key, not the workspace's";
  EXPECT_EQ(mint_over_socket("nonsense").status, 401);
  const Answer without = mint_over_socket("");
  EXPECT_NE(without.status, 200) << without.body;
  EXPECT_EQ(without.body.find("\"token\""), std::string::npos);
}

TEST_F(OperatorProof, NoKernelToolAnswersOverTcp) {
  const std::string before = head();
  const Answer answer = world.send(http::Method::kPost, "/kernel/token_mint", "{}",
                                   {{std::string(kOperatorHeader), proof("kernel:token_mint")}});
  EXPECT_EQ(answer.code(), "NOT_FOUND");
  EXPECT_EQ(head(), before);
}

}  // namespace
}  // namespace lumenflow::sidecar
