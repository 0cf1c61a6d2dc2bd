#include "pack/secrets.h"

#include <gmock/gmock.h>

namespace lumenflow::pack {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::size_t secrets_in(const char* key, std::string value) {
  return find_secrets(json::Object{{key, std::move(value)}}).size();
}

TEST(Secrets, AreSeenByTheNameOfTheirKey) {
  for (const char* key : {"password", "db_password", "API-KEY", "token", "client_secret", "passphrase", "Private_Key"})
    EXPECT_EQ(secrets_in(key, "hunter22"), 1u) << key;
  for (const char* key : {"api_key_env", "token_file", "max_tokens", "title", "tokenizer", "keys", "secretary"})
    EXPECT_EQ(secrets_in(key, "hunter22"), 0u) << key;
}

TEST(Secrets, AreSeenByTheirShape) {
  for (const std::string& value :
       {"sk-" + std::string(24, 'a'), "curl -H token=ghp_" + std::string(36, 'b'), "AKIA" + std::string(16, 'C'),
        "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJ3cyJ9." + std::string(20, 'd'), std::string("https://ana:pass@example.com/x"),
        std::string("-----BEGIN EC PRIVATE KEY-----\nabc")})
    EXPECT_EQ(secrets_in("note", value), 1u) << value;
  for (const char* value :
       {"sk-ip", "ssh://git@example.com/x", "https://example.com:8443/a@b", "eyJ", "a plain sentence"})
    EXPECT_EQ(secrets_in("note", value), 0u) << value;
}

TEST(Secrets, ReferencesAreWhatIsAskedFor) {
  for (const char* value : {"env:API_KEY", "file:keys/token", "keyring:acme", "keyring", ""})
    EXPECT_EQ(secrets_in("token", value), 0u);
}

TEST(Secrets, AreFoundAtAnyDepth) {
  const auto found =
      find_secrets(json::Object{{"a", json::Array{json::Object{{"b/c", json::Object{{"token", "xyz"}}}}}}});
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].pointer, "/a/0/b~1c/token");
}

TEST(Secrets, AreMaskedWhereverDiagnosticsQuoteThem) {
  const std::string secret = "hunter22" + std::string(200, 'x');
  Diagnostics diagnostics;
  diagnostics.add("LF2002", {"f", 1, 1}, "no field 'hunter22" + std::string(60, 'x') + "…'",
                  "did you mean '" + secret + "'?", "a: " + secret + " # b");
  const Diagnostic item = without_secrets(diagnostics, {{"/token", secret}}).items()[0];
  EXPECT_EQ(item.message, "no field '***…'");
  EXPECT_EQ(item.help, "did you mean '***'?");
  EXPECT_EQ(item.snippet, "a: *** # b");
}

TEST(Secrets, AreGuessedInTheLinesOfAFileThatCannotBeRead) {
  Diagnostics diagnostics;
  diagnostics.add("LF2001", {"f", 1, 1}, "not YAML", "", "  token: \"hunter22\"");
  EXPECT_THAT(render_text(without_secrets(diagnostics, find_secrets(diagnostics)), false), Not(HasSubstr("hunter22")));
}

}  // namespace
}  // namespace lumenflow::pack
