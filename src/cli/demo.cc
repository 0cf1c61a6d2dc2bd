// lumenflow demo: a real sidecar as a child process, a scoped token, real tasks over HTTP, events, and the proof.
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <ostream>

#include "base/process.h"
#include "cli/commands.h"
#include "cli/session.h"
#include "http/client.h"

namespace lumenflow::cli {
namespace {

constexpr std::chrono::milliseconds kReadyTime{20'000}, kStopTime{20'000};
constexpr std::string_view kScopes = "tools:read tools:write events:read audit:read";

class Demo {
 public:
  explicit Demo(Context& context) : context_(context) {}
  ~Demo() {
    process_.reset();
    std::error_code ignored;
    if (!root_.empty()) std::filesystem::remove_all(root_, ignored);
  }

  Status prepare() {
    std::string pattern = (std::filesystem::temp_directory_path() / "lumenflow-demo-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) return Error(ErrorCode::kIo, "no folder for the demo workspace");
    root_ = context_.workspace = pattern;
    say("a demo workspace in " + root_);
    if (run_init(context_, {.id = "demo", .production = false, .passphrase_file = {}}) != 0)
      return Error(ErrorCode::kInternal, "lumenflow init failed");
    return {};
  }

  Status start() {
    ProcessOptions options;
    options.command = {context_.program, "--workspace", root_, "up", "--json", "--listen", "127.0.0.1:0"};
    for (const char* name : {"PATH", "HOME", "XDG_RUNTIME_DIR", "TMPDIR"})
      if (const char* value = std::getenv(name)) options.environment.push_back(std::string(name) + "=" + value);
    LUMENFLOW_TRY_ASSIGN(process_, PosixProcesses().start(options));
    LUMENFLOW_TRY_ASSIGN(const std::optional<std::string> line, process_->read_line(kReadyTime));
    if (!line) return Error(ErrorCode::kInternal, "the sidecar ended before it was ready");
    LUMENFLOW_TRY_ASSIGN(const json::Value ready, json::parse(*line));
    url_ = json::string_or(ready, "url", "");
    say("the sidecar answers on " + url_);
    http::ClientOptions client_options;
    client_options.base_url = url_;
    client_ = std::make_unique<http::Client>(client_options);
    return {};
  }

  Status mint() {
    LUMENFLOW_TRY_ASSIGN(const std::unique_ptr<Session> session, Session::open(context_));
    const json::Value input = json::Object{{"subject", "demo:visitor"}, {"scope", kScopes}, {"ttl_seconds", 3600}};
    LUMENFLOW_TRY_ASSIGN(const json::Value result, session->call_kernel("kernel:token_mint", input, ""));
    const json::Value* token = result.at_pointer("/data/token");
    if (token == nullptr) return Error(ErrorCode::kInternal, "no token was minted: " + json::serialize(result));
    token_ = token->as_string();
    say("a token for demo:visitor with the scopes " + std::string(kScopes));
    return {};
  }

  Status calls() {
    LUMENFLOW_TRY(call("sidekick:init", json::Object{}));
    LUMENFLOW_TRY_ASSIGN(const json::Value first, call("task:create", json::Object{{"title", "Water the plants"},
                                                                                   {"priority", "P1"},
                                                                                   {"tags", json::Array{"home"}}}));
    LUMENFLOW_TRY(
        call("task:create", json::Object{{"title", "Read the release notes"}, {"due_at", "2030-01-01T09:00:00Z"}}));
    LUMENFLOW_TRY(call("task:list", json::Object{{"status", "pending"}, {"limit", 10}}));
    const json::Value* id = first.at_pointer("/data/task/id");
    if (id == nullptr) return Error(ErrorCode::kInternal, "task:create answered without a task");
    LUMENFLOW_TRY(call("task:complete", json::Object{{"id", *id}, {"note", "done by the demo"}}));
    LUMENFLOW_TRY(call("sidekick:status", json::Object{}));
    say("and one call that is refused, because its input is wrong:");
    LUMENFLOW_TRY(call("task:create", json::Object{{"title", 7}}, false));
    return {};
  }

  Status events() {
    LUMENFLOW_TRY_ASSIGN(const json::Value page, get("/events?limit=100"));
    say("the events of all this:");
    for (const json::Value& event : page.find("items")->as_array()) {
      const json::Value* tool = event.at_pointer("/payload/tool_name");
      const json::Value* outcome = event.at_pointer("/payload/outcome");
      context_.out << "  #" << json::integer_or(event, "seq", 0) << " " << json::string_or(event, "kind", "") << " "
                   << (tool == nullptr ? "" : tool->as_string()) << " "
                   << (outcome == nullptr ? "" : outcome->as_string()) << "\n";
    }
    return {};
  }

  Status stop_and_verify(bool once) {
    if (!once) {
      say("it stays up; try:  curl -H \"Authorization: Bearer $TOKEN\" " + url_ + "/tools   (Ctrl-C ends it)");
      context_.out << "TOKEN=" << token_ << std::endl;
      while (!process_->wait(std::chrono::milliseconds(1000)).ok()) {
      }
      return {};
    }
    process_->signal_group(SIGTERM);
    LUMENFLOW_TRY_ASSIGN(const ProcessExit exit, process_->wait(kStopTime));
    if (exit.code != 0) return Error(ErrorCode::kInternal, "the sidecar ended with " + std::to_string(exit.code));
    say("the sidecar has drained; now the journal is proved from the disk alone:");
    if (run_audit_verify(context_, {}) != 0) return Error(ErrorCode::kJournalDamaged, "the journal does not verify");
    return {};
  }

 private:
  void say(const std::string& text) { context_.out << "* " << text << std::endl; }

  Result<json::Value> get(const std::string& path) {
    http::ClientRequest request;
    request.path = path;
    request.headers = {{"Authorization", "Bearer " + token_}};
    LUMENFLOW_TRY_ASSIGN(const http::ClientResponse answer, client_->send(request));
    if (answer.status >= 400) return error_of(answer);
    return json::parse(answer.body, {.depth_max = 512});
  }

  Result<json::Value> call(const std::string& tool, const json::Value& input, bool must_succeed = true) {
    http::ClientRequest request;
    request.method = http::Method::kPost;
    request.path = "/tools/" + tool;
    request.headers = {{"Authorization", "Bearer " + token_}};
    request.body = json::serialize(input);
    context_.out << "> POST /tools/" << tool << " " << *request.body << "\n";
    LUMENFLOW_TRY_ASSIGN(const http::ClientResponse answer, client_->send(request));
    LUMENFLOW_TRY_ASSIGN(const json::Value body, json::parse(answer.body, {.depth_max = 512}));
    const json::Value* receipt = body.at_pointer("/metadata/receipt_id");
    const json::Value* data = body.find(must_succeed ? "data" : "error");
    context_.out << "< " << answer.status << " " << (data == nullptr ? answer.body : json::serialize(*data))
                 << "\n  receipt " << (receipt == nullptr ? "none" : receipt->as_string()) << std::endl;
    if (json::boolean_or(body, "success", false) != must_succeed)
      return Error(ErrorCode::kInternal, tool + " was expected to " + (must_succeed ? "succeed" : "be refused"));
    return body;
  }

  Context& context_;
  std::string root_, url_, token_;
  std::unique_ptr<Process> process_;
  std::unique_ptr<http::Client> client_;
};

Status run(Demo& demo, bool once) {
  LUMENFLOW_TRY(demo.prepare());
  LUMENFLOW_TRY(demo.start());
  LUMENFLOW_TRY(demo.mint());
  LUMENFLOW_TRY(demo.calls());
  LUMENFLOW_TRY(demo.events());
  return demo.stop_and_verify(once);
}

}  // namespace

int run_demo(Context& context, const DemoFlags& flags) {
  Demo demo(context);
  const Status status = run(demo, flags.once);
  return status.ok() ? 0 : fail(context, status.error());
}

}  // namespace lumenflow::cli
