// lumenflow demo: a real sidecar on a real repository and a real conductor as child processes, a scoped token, tasks
// over HTTP, an agent's turn asked for through the conductor, events, and the proof.
#include <ostream>

#include "cli/commands.h"
#include "cli/demo_conductor.h"
#include "cli/demo_repository.h"
#include "cli/demo_sidecar.h"
#include "cli/session.h"
#include "http/client.h"

namespace lumenflow::cli {
namespace {

constexpr std::string_view kScopes = "tools:read tools:write events:read audit:read";

class Demo {
 public:
  explicit Demo(Context& context) : context_(context), sidecar_(context, context.out), conductor_(context) {}

  Status start() {
    LUMENFLOW_TRY(sidecar_.start(
        kScopes, [this](const std::string& root) { return make_demo_repository(context_.files, root); }));
    http::ClientOptions options;
    options.base_url = sidecar_.url();
    client_ = std::make_unique<http::Client>(options);
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

  Status conductor() { return conductor_.show(); }

  Status end(bool once) {
    if (!once) conductor_.invite();
    LUMENFLOW_TRY(once ? sidecar_.stop_and_verify() : sidecar_.stay_up());
    return conductor_.stop();
  }

 private:
  void say(const std::string& text) { context_.out << "* " << text << std::endl; }

  Result<json::Value> get(const std::string& path) {
    http::ClientRequest request;
    request.path = path;
    request.headers = {{"Authorization", "Bearer " + sidecar_.token()}};
    LUMENFLOW_TRY_ASSIGN(const http::ClientResponse answer, client_->send(request));
    if (answer.status >= 400) return error_of(answer);
    return json::parse(answer.body, {.depth_max = 512});
  }

  Result<json::Value> call(const std::string& tool, const json::Value& input, bool must_succeed = true) {
    http::ClientRequest request;
    request.method = http::Method::kPost;
    request.path = "/tools/" + tool;
    request.headers = {{"Authorization", "Bearer " + sidecar_.token()}};
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
  DemoSidecar sidecar_;
  DemoConductor conductor_;
  std::unique_ptr<http::Client> client_;
};

Status run(Demo& demo, const DemoFlags& flags) {
  LUMENFLOW_TRY(demo.start());
  LUMENFLOW_TRY(demo.calls());
  LUMENFLOW_TRY(demo.events());
  LUMENFLOW_TRY(demo.conductor());
  return demo.end(flags.once);
}

}  // namespace

int run_demo(Context& context, const DemoFlags& flags) {
  if (flags.name == "sidekick") return run_demo_sidekick(context, flags);
  if (flags.json) return fail_usage(context, Error(ErrorCode::kInvalidRequest, "--json goes with the demo sidekick"));
  Demo demo(context);
  const Status status = run(demo, flags);
  return status.ok() ? 0 : fail(context, status.error());
}

}  // namespace lumenflow::cli
