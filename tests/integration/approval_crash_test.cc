// Calls wait, are approved and run while the sidecar is killed at random moments.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <future>
#include <map>
#include <optional>
#include <random>
#include <sstream>

#include "base/encoding.h"
#include "base/signing.h"
#include "base/time.h"
#include "json/canonical.h"
#include "running_sidecar.h"

namespace lumenflow::testing {
namespace {

using json::Object;
using std::chrono::milliseconds;

constexpr std::chrono::seconds kPatience{60};
constexpr const char* kDecider = "ws-42:ci";

int rounds() {
  const char* wanted = std::getenv("LUMENFLOW_KILLS");
  return wanted == nullptr ? 8 : std::atoi(wanted);
}

std::string file_text(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

// Asks for tasks and approves them, as a script of the operator's would: again and again until it is told.
class Operator {
 public:
  Operator(const ScratchWorkspace& workspace, std::string url)
      : url_(std::move(url)),
        operator_key_(file_text(workspace.root() + "/.lumenflow/state/keys/operator.pem")),
        asker_(workspace.mint_token("workspace")) {
    const CommandResult minted =
        workspace.run({"token", "mint", "--subject", kDecider, "--scope", "approvals:read approvals:decide"});
    decider_ = minted.out.substr(0, minted.out.find('\n'));
  }

  // The receipt of the call, once it is decided; empty: no answer in time.
  std::string create_approved(const std::string& title) const {
    const auto give_up = std::chrono::steady_clock::now() + kPatience;
    std::string approval_id, receipt;
    while (std::chrono::steady_clock::now() < give_up) {
      if (approval_id.empty()) {
        const auto answer = send(http::Method::kPost, "/tools/task:create", asker_, Object{{"title", title}}, title);
        if (!answer) continue;
        approval_id = json::string_or(*answer, "approval_id", "");
        receipt = json::string_or(*answer, "receipt_id", "");
        continue;
      }
      const auto shown = send(http::Method::kGet, "/approvals/" + approval_id, decider_);
      if (!shown) continue;
      if (json::string_or(*shown, "state", "open") != "open") return receipt;
      send(http::Method::kPost, "/approvals/" + approval_id, decider_, decision(approval_id, *shown));
    }
    return {};
  }

  std::optional<json::Value> get(const std::string& path) const { return send(http::Method::kGet, path, asker_); }
  std::optional<json::Value> call(const std::string& tool, json::Value input) const {
    return send(http::Method::kPost, "/tools/" + tool, asker_, std::move(input));
  }

 private:
  json::Value decision(const std::string& approval_id, const json::Value& shown) const {
    const std::string now = format_rfc3339(SystemClock().now());
    const json::Value statement = Object{{"purpose", "approval"},
                                         {"approval_id", approval_id},
                                         {"call_digest", std::string(json::string_or(shown, "call_digest", ""))},
                                         {"decision", "approve"},
                                         {"decided_by", kDecider},
                                         {"reason", ""},
                                         {"decided_at", now}};
    const std::string signature = *p256_sign(*json::canonical(statement), operator_key_);
    return Object{{"decision", "approve"}, {"decided_at", now}, {"signature", to_base64url(signature)}};
  }

  // Nothing: nobody answered, as while there is no sidecar.
  std::optional<json::Value> send(http::Method method, const std::string& path, const std::string& token,
                                  std::optional<json::Value> body = {}, const std::string& key = {}) const {
    http::ClientOptions options;
    options.base_url = url_;
    http::Client client(options);
    http::ClientRequest request;
    request.method = method;
    request.path = path;
    request.headers = {{"Authorization", "Bearer " + token}};
    if (!key.empty()) request.headers.emplace_back("Idempotency-Key", key);
    if (body) request.body = json::serialize(*body);
    const auto answer = client.send(request);
    if (!answer.ok() || answer->status >= 500) return std::nullopt;
    Result<json::Value> parsed = json::parse(answer->body);
    return parsed.ok() ? std::optional(*std::move(parsed)) : std::nullopt;
  }

  std::string url_, operator_key_, asker_, decider_;
};

TEST(Crash, AnApprovedCallRunsAtMostOnceWheneverTheProcessDies) {
  const ScratchWorkspace workspace;
  workspace.configure(
      "policies: [{id: ask, trigger: on_tool_request, decision: approval_required, when: {tool: 'task:create'}}]");
  RunningSidecar sidecar(workspace);
  ASSERT_TRUE(sidecar.start());
  const Operator person(workspace, sidecar.url());
  const int port = sidecar.port();
  std::mt19937 random(20261121);
  std::map<std::string, std::string> receipts;  // by title
  for (int i = 0; i < rounds(); ++i) {
    const std::string title = "round " + std::to_string(i);
    auto asked = std::async(std::launch::async, [&person, title] { return person.create_approved(title); });
    asked.wait_for(milliseconds(random() % 25));
    sidecar.kill_hard();
    ASSERT_TRUE(sidecar.start(port));
    receipts[title] = asked.get();
    ASSERT_NE(receipts[title], "") << title;
  }
  std::map<std::string, json::Value> ended;  // by title
  for (const auto& [title, receipt] : receipts)
    if (auto call = person.get("/calls/" + receipt + "?wait=10s")) ended[title] = *std::move(call);
  const auto tasks = person.call("task:list", Object{{"limit", 1000}});
  ASSERT_TRUE(tasks);
  for (const auto& [title, call] : ended) {
    std::size_t found = 0;
    for (const json::Value& task : tasks->at_pointer("/data/items")->as_array())
      found += json::string_or(task, "title", "") == title ? 1 : 0;
    EXPECT_EQ(found, json::string_or(call, "status", "") == "success" ? 1u : 0u) << title << ": " << serialize(call);
  }
  EXPECT_EQ(ended.size(), receipts.size());
  EXPECT_EQ(sidecar.stop_in_order(), 0);
  const CommandResult verified = workspace.run({"audit", "verify", "--json"});
  EXPECT_EQ(verified.exit_code, 0) << verified.out;
}

}  // namespace
}  // namespace lumenflow::testing
