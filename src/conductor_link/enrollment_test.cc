// An enrollment counts when it is this workspace's, whole, private and not over; anything else says what to do.
#include "conductor_link/enrollment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lumenflow::conductor_link {
namespace {

using ::testing::HasSubstr;

constexpr Timestamp kNoon{1'772'366'400'000};
constexpr std::string_view kFolder = "/ws/.lumenflow/state/conductor";

json::Object document() {
  const json::Value jwks = *json::parse(
      R"({"keys":[{"kty":"EC","crv":"P-256","kid":"k1","use":"sig",
      "x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]})");
  return {{"format", 1},
          {"conductor_url", "https://conductor.example:7430/"},
          {"workspace_id", "ws-42"},
          {"subject", "ws-42"},
          {"token", "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJ3cy00MiJ9.c2ln"},
          {"issued_at", format_rfc3339(kNoon)},
          {"expires_at", format_rfc3339(kNoon + std::chrono::hours(24))},
          {"conductor_jwks", jwks},
          {"something_newer", true}};
}

std::string with(std::string_view member, json::Value value) {
  json::Object changed = document();
  changed.set(member, std::move(value));
  return json::serialize(json::Value(std::move(changed)));
}

std::string fault_of(const std::string& text) {
  const auto parsed = parse_enrollment(text, "ws-42");
  return parsed.ok() ? "" : parsed.error().message();
}

TEST(Enrollment, ReadsWhatItWrites) {
  const auto first = parse_enrollment(json::serialize(json::Value(document())), "ws-42");
  ASSERT_TRUE(first.ok()) << first.error().message();
  EXPECT_EQ(first->conductor_url, "https://conductor.example:7430");
  const auto again = parse_enrollment(to_json_text(*first), "ws-42");
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(to_json_text(*again), to_json_text(*first));
}

TEST(Enrollment, RefusesWhatIsMalformed) {
  EXPECT_THAT(fault_of("{"), HasSubstr("no JSON"));
  EXPECT_THAT(fault_of(with("format", 2)), HasSubstr("'format'"));
  EXPECT_THAT(fault_of(with("conductor_url", "conductor.example")), HasSubstr("'conductor_url'"));
  EXPECT_THAT(fault_of(with("conductor_url", "https://ana:pw@conductor.example")), HasSubstr("'conductor_url'"));
  EXPECT_THAT(fault_of(with("conductor_url", "https://conductor.example/?x=1")), HasSubstr("'conductor_url'"));
  EXPECT_THAT(fault_of(with("token", "not a token")), HasSubstr("'token'"));
  EXPECT_THAT(fault_of(with("expires_at", "tomorrow")), HasSubstr("'expires_at'"));
  EXPECT_THAT(fault_of(with("expires_at", format_rfc3339(kNoon))), HasSubstr("'expires_at'"));
  EXPECT_THAT(fault_of(with("conductor_jwks", json::Object{})), HasSubstr("'conductor_jwks'"));
  EXPECT_THAT(fault_of(with("conductor_jwks", *json::parse(R"({"keys":[{"kty":"RSA"}]})"))),
              HasSubstr("'conductor_jwks'"));
  EXPECT_THAT(fault_of(with("conductor_log", *json::parse(R"({"origin":"x","public_key":"AAAA"})"))),
              HasSubstr("'conductor_log'"));
}

TEST(Enrollment, AnotherWorkspacesIsForeign) {
  EXPECT_THAT(fault_of(with("workspace_id", "ws-43")), HasSubstr("this one is 'ws-42'"));
  EXPECT_THAT(fault_of(with("subject", "ws-43")), HasSubstr("this one is 'ws-42'"));
}

TEST(Enrollment, IsValidThenRenewableThenOver) {
  const auto enrollment = parse_enrollment(json::serialize(json::Value(document())), "ws-42");
  EXPECT_EQ(standing_of(*enrollment, kNoon), Standing::kValid);
  EXPECT_EQ(standing_of(*enrollment, kNoon + std::chrono::hours(24)), Standing::kRenewable);
  EXPECT_EQ(standing_of(*enrollment, kNoon + std::chrono::hours(24 * 31)), Standing::kOver);
}

class EnrollmentFile : public ::testing::Test {
 protected:
  Result<Enrollment> load(Timestamp now = kNoon) const { return load_enrollment(*files, folder, "ws-42", now); }
  std::unique_ptr<Files> files = make_memory_files();
  const std::string folder{kFolder};
};

TEST_F(EnrollmentFile, IsForItsOwnerAlone) {
  EXPECT_EQ(load().error().code(), ErrorCode::kNotFound);
  ASSERT_TRUE(store_enrollment(*files, folder, *parse_enrollment(with("format", 1), "ws-42")).ok());
  EXPECT_EQ((*files->stat(enrollment_path(folder)))->mode & 0777u, 0600u);
  EXPECT_TRUE(load().ok());
  ASSERT_TRUE(files->write_atomic(enrollment_path(folder), with("format", 1), 0644).ok());
  EXPECT_THAT(load().error().message(), HasSubstr("chmod 600"));
}

TEST_F(EnrollmentFile, SaysWhatToDoWithOneThatIsOverOrNotYet) {
  ASSERT_TRUE(store_enrollment(*files, folder, *parse_enrollment(with("format", 1), "ws-42")).ok());
  EXPECT_TRUE(load(kNoon + std::chrono::hours(24 * 30)).ok()) << "it can be renewed";
  EXPECT_THAT(load(kNoon + std::chrono::hours(24 * 32)).error().message(), HasSubstr("lumenflow enroll"));
  EXPECT_THAT(load(kNoon - std::chrono::minutes(6)).error().message(), HasSubstr("clocks"));
  EXPECT_TRUE(load(kNoon - std::chrono::minutes(4)).ok());
}

}  // namespace
}  // namespace lumenflow::conductor_link
