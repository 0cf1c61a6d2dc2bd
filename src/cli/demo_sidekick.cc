// lumenflow demo sidekick: a day with the sidekick tools, over HTTP and with the typed client, step by step.
#include <ostream>

#include "cli/commands.h"
#include "cli/demo_sidecar.h"
#include "consumers/http_transport.h"
#include "lumenflow/consumers/client.h"
#include "lumenflow/consumers/sidekick.h"

namespace lumenflow::cli {
namespace {

namespace sidekick = consumers::sidekick;

constexpr std::string_view kSidekickScopes = "tools:read tools:write";
constexpr std::string_view kToolRoute = "/tools/";

// Shows each request, what came back, and its receipt.
class ShowingTransport final : public consumers::Transport {
 public:
  ShowingTransport(consumers::Transport& inner, std::ostream& out, bool json) : inner_(inner), out_(out), json_(json) {}

  Result<consumers::HttpResponse> post(const consumers::HttpRequest& request) override {
    LUMENFLOW_TRY_ASSIGN(consumers::HttpResponse answer, inner_.post(request));
    LUMENFLOW_TRY_ASSIGN(const json::Value document, json::parse(answer.body, {.depth_max = 512}));
    const json::Value* receipt = document.at_pointer("/metadata/receipt_id");
    const std::string receipt_id = receipt == nullptr ? "" : receipt->as_string();
    const json::Value* told = document.find("data");
    if (told == nullptr) told = document.find("error");
    if (told == nullptr) told = &document;
    if (json_) {
      LUMENFLOW_TRY_ASSIGN(json::Value input, json::parse(request.body));
      out_ << json::serialize(json::Object{{"tool", std::string_view(request.path).substr(kToolRoute.size())},
                                           {"request", std::move(input)},
                                           {"http_status", answer.status},
                                           {"success", json::boolean_or(document, "success", false)},
                                           {"answer", *told},
                                           {"receipt_id", receipt_id}})
           << std::endl;
    } else {
      out_ << "> POST " << request.path << " " << request.body << "\n< " << answer.status << " "
           << json::serialize(*told) << "\n  receipt " << (receipt_id.empty() ? "none" : receipt_id) << std::endl;
    }
    return answer;
  }

 private:
  consumers::Transport& inner_;
  std::ostream& out_;
  const bool json_;
};

Error error_of(std::string_view tool, const consumers::Failure& failure) {
  return Error(error_code_from_name(failure.code).value_or(ErrorCode::kInternal),
               std::string(tool) + ": " + failure.code + ": " + failure.message);
}

template <class Request>
Result<typename Request::Response> step(consumers::Client& client, const Request& request) {
  auto reply = client.call(request);
  if (!reply) return error_of(Request::kTool, reply.error());
  return std::move(reply->data);
}

Status expect(bool held, std::string_view what) {
  return held ? Status() : Error(ErrorCode::kInternal, "it was expected that " + std::string(what));
}

Status remember(consumers::Client& client) {
  LUMENFLOW_TRY_ASSIGN(const auto set_up, step(client, sidekick::SidekickInitRequest{}));
  LUMENFLOW_TRY(expect(set_up.initialized, "sidekick is set up"));
  LUMENFLOW_TRY_ASSIGN(
      const auto made,
      step(client, sidekick::TaskCreateRequest{
                       .title = "Water the plants", .priority = sidekick::TaskPriority::kP1, .tags = {{"home"}}}));
  LUMENFLOW_TRY_ASSIGN(const auto tasks, step(client, sidekick::TaskListRequest{.tags = {{"home"}}}));
  LUMENFLOW_TRY(expect(tasks.count == 1 && tasks.items[0].id == made.task.id, "the task is listed"));
  LUMENFLOW_TRY_ASSIGN(const auto kept,
                       step(client, sidekick::MemoryStoreRequest{.type = sidekick::MemoryType::kPreference,
                                                                 .content = "Tea without sugar, in the afternoon"}));
  LUMENFLOW_TRY_ASSIGN(const auto found, step(client, sidekick::MemoryRecallRequest{.query = "sugar"}));
  return expect(found.count == 1 && found.items[0].id == kept.memory.id, "the memory is recalled");
}

Status speak_and_plan(consumers::Client& client) {
  const sidekick::ChannelConfigureRequest channel{.name = "day", .type = sidekick::ChannelType::kTerminal};
  LUMENFLOW_TRY(step(client, channel));
  LUMENFLOW_TRY_ASSIGN(const auto sent, step(client, sidekick::ChannelSendRequest{.content = "The plants are thirsty",
                                                                                  .channel = "day"}));
  LUMENFLOW_TRY(expect(sent.message.delivery.state != sidekick::MessageDeliveryState::kFailed, "the message went out"));
  const sidekick::RoutineCreateRequest morning{
      .name = "Morning", .steps = {{.tool = "task:list", .input = json::Object{{"status", "pending"}}}}};
  LUMENFLOW_TRY_ASSIGN(const auto routine, step(client, morning));
  LUMENFLOW_TRY_ASSIGN(const auto plan, step(client, sidekick::RoutineRunRequest{.id = routine.routine.id}));
  LUMENFLOW_TRY(expect(plan.plan_only && plan.plan.size() == 1, "the routine is planned and not run"));
  LUMENFLOW_TRY_ASSIGN(const auto state, step(client, sidekick::SidekickStatusRequest{}));
  LUMENFLOW_TRY(expect(state.health == sidekick::SidekickHealth::kOk && state.counts.tasks == 1, "all is well"));
  LUMENFLOW_TRY_ASSIGN(const auto all, step(client, sidekick::SidekickExportRequest{}));
  return expect(all.version == 1, "the export is of a version that is known");
}

Status run(Context& context, const DemoFlags& flags) {
  DemoSidecar sidecar(context, flags.json ? context.err : context.out);
  LUMENFLOW_TRY(sidecar.start(kSidekickScopes));
  http::ClientOptions options;
  options.base_url = sidecar.url();
  consumers::HttpTransport http(std::move(options));
  ShowingTransport transport(http, context.out, flags.json);
  consumers::Client client(transport, sidecar.token());
  LUMENFLOW_TRY(remember(client));
  LUMENFLOW_TRY(speak_and_plan(client));
  return flags.once ? sidecar.stop_and_verify() : sidecar.stay_up();
}

}  // namespace

int run_demo_sidekick(Context& context, const DemoFlags& flags) {
  const Status status = run(context, flags);
  return status.ok() ? 0 : fail(context, status.error());
}

}  // namespace lumenflow::cli
