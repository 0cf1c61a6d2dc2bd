// A token's text, or (after a '!') a header and a body, a line each, that are signed properly first. Without the key
// nothing verifies; with it, only what has every claim does; and no refusal repeats the text.
#include <jwt.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/check.h"
#include "base/signing.h"
#include "http/token.h"

namespace {

using lumenflow::P256KeyPair;
using lumenflow::Timestamp;
using lumenflow::http::TokenVerifier;
using lumenflow::http::VerifierOptions;

constexpr Timestamp kNow{1'772'366'400'000};

const P256KeyPair& key() {
  static const P256KeyPair pair = lumenflow::generate_p256().value();
  return pair;
}

// Empty where libjwt refuses to make one of it.
std::string sign(const std::string& header, const std::string& body) {
  jwt_t* jwt = nullptr;
  LUMENFLOW_CHECK(jwt_new(&jwt) == 0);
  std::string token;
  const auto* pem = reinterpret_cast<const unsigned char*>(key().private_pem.data());
  if (jwt_add_headers_json(jwt, header.c_str()) == 0 && jwt_add_grants_json(jwt, body.c_str()) == 0 &&
      jwt_set_alg(jwt, JWT_ALG_ES256, pem, static_cast<int>(key().private_pem.size())) == 0) {
    char* text = jwt_encode_str(jwt);
    if (text != nullptr) token = text;
    std::free(text);
  }
  jwt_free(jwt);
  return token;
}

void check(std::string_view token, bool may_verify) {
  TokenVerifier verifier(VerifierOptions{key().public_pem, "ws-42", "sidecar", "", 2});
  for (int use = 0; use < 2; ++use) {  // the second may come from the cache
    const auto result = verifier.verify(token, kNow);
    if (!result.ok()) {
      // Our own sentences have a blank within any 16 characters, so what has none and still stands there was repeated.
      const std::string_view start = token.substr(0, 16);
      if (start.size() == 16 && start.find(' ') == std::string_view::npos &&
          result.error().code() != lumenflow::ErrorCode::kTokenExpired)
        LUMENFLOW_CHECK(result.error().message().find(start) == std::string::npos);
      continue;
    }
    LUMENFLOW_CHECK(may_verify);
    const auto& claims = **result;
    LUMENFLOW_CHECK(claims.issuer == "ws-42" && claims.audience == "sidecar" && !claims.subject.empty() &&
                    !claims.id.empty());
    LUMENFLOW_CHECK(claims.issued_at <= kNow && kNow < claims.expires_at);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (!text.starts_with('!')) {
    check(text, false);
    return 0;
  }
  const std::size_t line = text.find('\n');
  const std::string header(text.substr(1, line == std::string_view::npos ? line : line - 1));
  const std::string body(line == std::string_view::npos ? "" : text.substr(line + 1));
  check(sign(header, body), true);
  return 0;
}
