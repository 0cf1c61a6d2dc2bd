// What a stranger or a careless client sends to a real sidecar: each answers with its code and changes nothing.
#include <gtest/gtest.h>

#include "base/files.h"
#include "running_sidecar.h"

namespace lumenflow::testing {
namespace {

struct Answer {
  int status = 0;
  std::string code;
  std::string body;
};

class HostileTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(sidecar_.start());
    token_ = workspace_.mint_token("workspace audit:read");
    http::ClientOptions options;
    options.base_url = sidecar_.url();
    client_ = std::make_unique<http::Client>(options);
  }

  Answer send(http::ClientRequest request, const std::string& token) {
    if (!token.empty()) request.headers.emplace_back("Authorization", "Bearer " + token);
    const auto response = client_->send(request);
    if (!response.ok()) return {0, std::string(name(response.error().code())), response.error().message()};
    const auto body = json::parse(response->body, {.depth_max = 256});
    const json::Value* error = body.ok() ? body->find("error") : nullptr;
    const json::Value* source = error != nullptr ? error : body.ok() ? &*body : nullptr;
    return {response->status, std::string(source == nullptr ? "" : json::string_or(*source, "code", "")), response->body};
  }
  Answer post(const std::string& path, std::string body) {
    http::ClientRequest request;
    request.method = http::Method::kPost;
    request.path = path;
    request.body = std::move(body);
    return send(std::move(request), token_);
  }
  Answer get(const std::string& path, const std::string& token) {
    http::ClientRequest request;
    request.path = path;
    return send(std::move(request), token);
  }
  std::int64_t task_count() {
    const Answer answer = post("/tools/task:list", "{}");
    const auto body = json::parse(answer.body);
    const json::Value* count = body.ok() ? body->at_pointer("/data/count") : nullptr;
    return count == nullptr ? -1 : count->as_integer();
  }
  void expect(const Answer& answer, int status, const std::string& code) {
    EXPECT_EQ(answer.status, status) << answer.body;
    EXPECT_EQ(answer.code, code) << answer.body;
  }

  ScratchWorkspace workspace_;
  RunningSidecar sidecar_{workspace_};
  std::string token_;
  std::unique_ptr<http::Client> client_;
};

TEST_F(HostileTest, BadBodiesAnswerTheirCodeAndChangeNothing) {
  expect(post("/tools/task:create", "{\"title\":"), 400, "MALFORMED_JSON");
  expect(post("/tools/task:create", "{\"title\":\"a\",\"title\":\"b\"}"), 400, "MALFORMED_JSON");
  expect(post("/tools/task:create", "{\"title\":\"\xff\"}"), 400, "MALFORMED_JSON");
  expect(post("/tools/task:create", std::string(10'000, '[') + std::string(10'000, ']')), 400, "MALFORMED_JSON");
  expect(post("/tools/task:create", "{\"title\":7}"), 400, "INVALID_INPUT");
  expect(post("/tools/task:create", "[]"), 400, "INVALID_INPUT");
  expect(post("/tools/task:create", "{\"title\":\"x\",\"from\":\"ws-42:root\"}"), 400, "INVALID_INPUT");
  expect(post("/tools/task:create", "\"" + std::string(2u << 20, 'a') + "\""), 413, "BODY_TOO_LARGE");
  EXPECT_EQ(task_count(), 0);
}

TEST_F(HostileTest, BadPathsLeadNowhere) {
  expect(post("/tools/no:such", "{}"), 404, "TOOL_NOT_FOUND");
  expect(get("/tools/%zz", token_), 400, "INVALID_REQUEST");
  expect(get("/tools/%2e%2e/audit", token_), 400, "INVALID_REQUEST");
  expect(get("/nowhere", token_), 404, "NOT_FOUND");
  expect(post("/kernel/token_mint", "{}"), 404, "NOT_FOUND");
  expect(get("/calls/rcpt-..%2f..%2fetc", token_), 400, "INVALID_REQUEST");
  expect(get("/calls/rcpt-01ARZ3NDEKTSV4RRFFQ69G5FAV", token_), 404, "NOT_FOUND");
  const Answer own_failure = post("/tools/task:complete", "{\"id\":\"../../etc/passwd\"}");
  EXPECT_EQ(own_failure.status, 200) << "a failure that the tool itself reports";
  EXPECT_EQ(own_failure.code, "NOT_FOUND");
}

TEST_F(HostileTest, BadTokensAreRefused) {
  expect(get("/tools", ""), 401, "UNAUTHENTICATED");
  expect(get("/tools", "nonsense"), 401, "UNAUTHENTICATED");
  // {"alg":"none"} and a subject, unsigned.
  expect(get("/tools", "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ3cy00MiJ9."), 401, "UNAUTHENTICATED");
  std::string altered = token_;
  altered[altered.size() / 2] = altered[altered.size() / 2] == 'A' ? 'B' : 'A';
  expect(get("/tools", altered), 401, "UNAUTHENTICATED");
  const CommandResult other = workspace_.run({"token", "mint", "--audience", "conductor"});
  expect(get("/tools", other.out.substr(0, other.out.find('\n'))), 401, "UNAUTHENTICATED");
  expect(get("/metrics", token_), 403, "TOKEN_SCOPE_DENIED");
}

TEST_F(HostileTest, ARevokedTokenIsRefusedAtOnceAndAfterARestart) {
  const CommandResult minted = workspace_.run({"token", "mint", "--scope", "workspace", "--json"});
  const auto token = json::parse(minted.out);
  ASSERT_TRUE(token.ok()) << minted.out;
  const std::string text(json::string_or(*token, "token", "")), id(json::string_or(*token, "token_id", ""));
  EXPECT_EQ(get("/tools", text).status, 200);
  EXPECT_EQ(workspace_.run({"token", "revoke", "--jti", id}).exit_code, 0);
  expect(get("/tools", text), 401, "TOKEN_REVOKED");
  const int port = sidecar_.port();
  EXPECT_EQ(sidecar_.stop_in_order(), 0);
  ASSERT_TRUE(sidecar_.start(port));
  expect(get("/tools", text), 401, "TOKEN_REVOKED");
}

TEST_F(HostileTest, TheJournalHoldsNoToken) {
  EXPECT_EQ(task_count(), 0);
  const Answer audit = get("/audit?limit=1000", token_);
  EXPECT_EQ(audit.status, 200);
  EXPECT_NE(audit.body.find("kernel:token_mint"), std::string::npos);
  EXPECT_EQ(audit.body.find(token_), std::string::npos);
  EXPECT_EQ(sidecar_.stop_in_order(), 0);
  EXPECT_EQ(workspace_.run({"audit", "verify"}).exit_code, 0);
}

TEST_F(HostileTest, AWrongConfigurationIsExplainedAndNothingStarts) {
  EXPECT_EQ(sidecar_.stop_in_order(), 0);
  PosixFiles files;
  const auto text = files.read(workspace_.root() + "/lumenflow.yaml", 1u << 20);
  ASSERT_TRUE(text.ok());
  ASSERT_TRUE(files.write_atomic(workspace_.root() + "/lumenflow.yaml", *text + "colour: blue\n", 0644).ok());
  EXPECT_FALSE(sidecar_.start());
  EXPECT_EQ(workspace_.run({"tools"}).exit_code, 2);
}

}  // namespace
}  // namespace lumenflow::testing
