#include "sdk/session.h"

#include <algorithm>
#include <cstdio>
#include <exception>
#include <set>
#include <string>
#include <utility>

#include "sdk/run.h"

namespace lumenflow::sdk {
namespace {

constexpr std::int64_t kProtocol = 1;
constexpr int kCrashed = -32603;  // without data: the host ends the call as TOOL_CRASHED

class CallContext final : public RunContext<ToolContext> {
 public:
  CallContext(Run& run, const json::Value& params) : RunContext(run), tool_(json::string_or(params, "tool", "")) {
    if (const json::Value* around = params.find("context")) subject_ = json::string_or(*around, "subject", "");
  }
  const std::string& receipt_id() const override { return run().id(); }
  const std::string& subject() const override { return subject_; }
  const std::string& tool() const override { return tool_; }

 private:
  std::string tool_;
  std::string subject_;
};

class DeliveryContext final : public RunContext<HandlerContext> {
 public:
  DeliveryContext(Run& run, const json::Value& params)
      : RunContext(run), attempt_(static_cast<int>(json::integer_or(params, "attempt", 1))) {}
  const std::string& delivery_id() const override { return run().id(); }
  int attempt() const override { return attempt_; }

 private:
  int attempt_;
};

const json::Value& member(const json::Value& params, std::string_view name) {
  static const json::Value kNone;
  const json::Value* found = params.find(name);
  return found == nullptr ? kNone : *found;
}

Event event_of(const json::Value& params) {
  const json::Value& event = member(params, "event");
  const auto text = [&](std::string_view name) { return std::string(json::string_or(event, name, "")); };
  return {text("kind"),
          text("event_id"),
          text("timestamp"),
          text("from"),
          text("channel"),
          static_cast<std::uint64_t>(json::integer_or(event, "seq", 0)),
          member(event, "payload")};
}

json::Value success(json::Value data) { return json::Object{{"success", true}, {"data", std::move(data)}}; }

json::Value failure(const ToolError& refusal) {
  json::Object error{{"code", refusal.code}, {"message", refusal.message}};
  if (!refusal.details.is_null()) error.set("details", refusal.details);
  return json::Object{{"success", false}, {"error", std::move(error)}};
}

json::Value result_of(ToolOutput output) {
  json::Value result = success(std::move(output.data));
  if (!output.content.empty()) result.if_object()->set("content", std::move(output.content));
  return result;
}

}  // namespace

void Session::serve() {
  while (const std::optional<Request> request = connection_.next()) {
    try {
      execute(*request);
    } catch (const std::exception& fault) {  // the author's code: it ends this call, not the pack
      std::fprintf(stderr, "%s: %s\n", request->method.c_str(), fault.what());
      connection_.refuse(*request, kCrashed, fault.what(), {});
    }
    connection_.forget_cancellations();
    if (request->method == "pack/shutdown") return;
  }
}

void Session::execute(const Request& request) {
  const std::string& method = request.method;
  if (method == "pack/shutdown") return connection_.answer(request, json::Object{});
  if ((method == "pack/initialize") == (registration_ != nullptr))
    return connection_.refuse(request, -32600, method + " comes once, and first pack/initialize", "INVALID_REQUEST");
  if (method == "pack/initialize") return initialize(request);
  if (method == "tool/call") return call(request);
  if (method == "event/handle") return handle(request);
  if (method == "event/replay_key") return replay_key(request);
  if (method == "tool/status" && registration_->status()) return status(request);
  connection_.refuse(request, -32601, "this pack has no method " + method, "METHOD_NOT_ALLOWED");
}

void Session::initialize(const Request& request) {
  auto registration = std::make_unique<Registration>(member(request.params, "config"));
  register_pack_(*registration);
  if (!registration->timers().empty() || registration->input_rule())
    return connection_.refuse(request, -32602, "timers and input rules are for packs that are compiled into lumenflow",
                              "INVALID_CONFIGURATION");
  json::Array tools, handlers, offers;
  for (const RegisteredTool& tool : registration->tools()) tools.emplace_back(tool.name);
  for (const RegisteredHandler& handler : registration->handlers())
    handlers.emplace_back(json::Object{{"kind", handler.kind},
                                       {"idempotent", handler.traits.idempotent},
                                       {"replay_key", static_cast<bool>(handler.replay_key)}});
  if (registration->status()) offers.emplace_back("tool/status");
  std::set<std::string, std::less<>> methods;
  if (const json::Array* offered = member(member(request.params, "host"), "methods").if_array())
    for (const json::Value& method : *offered)
      if (method.is_string()) methods.insert(method.as_string());
  connection_.offer(std::move(methods));
  registration_ = std::move(registration);
  connection_.answer(
      request, json::Object{{"protocol", std::min(kProtocol, json::integer_or(request.params, "protocol", kProtocol))},
                            {"tools", std::move(tools)},
                            {"handlers", std::move(handlers)},
                            {"offers", std::move(offers)}});
}

void Session::call(const Request& request) {
  const std::string_view name = json::string_or(request.params, "tool", "");
  const auto& tools = registration_->tools();
  const auto tool = std::ranges::find(tools, name, &RegisteredTool::name);
  if (tool == tools.end())
    return connection_.refuse(request, -32601, "this pack's code has no tool " + std::string(name), "TOOL_NOT_FOUND");
  Run run(connection_, *registration_, std::string(json::string_or(request.params, "receipt_id", "")),
          member(request.params, "context"));
  CallContext context(run, request.params);
  ToolResult result = tool->handler(context, member(request.params, "input"));
  if (auto* output = std::get_if<ToolOutput>(&result))
    return connection_.answer(request, result_of(std::move(*output)));
  if (const auto* refusal = std::get_if<ToolError>(&result)) return connection_.answer(request, failure(*refusal));
  connection_.refuse(request, kCrashed, "the tool ended without an answer", {});
}

const RegisteredHandler* Session::handler_for(const Request& request) {
  const std::string_view kind = json::string_or(member(request.params, "event"), "kind", "");
  const auto& handlers = registration_->handlers();
  const auto found = std::ranges::find(handlers, kind, &RegisteredHandler::kind);
  if (found != handlers.end()) return &*found;
  connection_.refuse(request, -32000, "this pack's code has no handler for " + std::string(kind), "NOT_FOUND");
  return nullptr;
}

void Session::handle(const Request& request) {
  const RegisteredHandler* handler = handler_for(request);
  if (handler == nullptr) return;
  Run run(connection_, *registration_, std::string(json::string_or(request.params, "delivery_id", "")),
          member(request.params, "context"));
  DeliveryContext context(run, request.params);
  const Status applied = handler->handler(context, event_of(request.params));
  if (applied.ok()) return connection_.answer(request, json::Object{});
  const ErrorCodeInfo& code = info(applied.error().code());
  connection_.refuse(request, code.json_rpc, applied.error().message(), code.name);
}

void Session::replay_key(const Request& request) {
  const RegisteredHandler* handler = handler_for(request);
  if (handler == nullptr) return;
  if (!handler->replay_key)
    return connection_.refuse(request, -32600, "the handler of " + handler->kind + " has no replay key",
                              "INVALID_REQUEST");
  connection_.answer(request, json::Object{{"key", handler->replay_key(event_of(request.params))}});
}

void Session::status(const Request& request) {
  const std::string_view receipt = json::string_or(request.params, "receipt_id", "");
  const std::string nowhere;  // a process is not told where the workspace is
  StartedCall asked{receipt, {}, nowhere};
  const Aftermath said = registration_->status()(asked);
  json::Object answer;
  if (said.effect == Aftermath::Effect::kDone) {
    answer.set("status", "applied");
    answer.set("result", success(said.data));
  } else {
    answer.set("status", said.effect == Aftermath::Effect::kNone ? "not_applied" : "unknown");
  }
  connection_.answer(request, std::move(answer));
}

}  // namespace lumenflow::sdk

namespace lumenflow::pack {

ProcessRun* process_run(HostContext& context) {
  if (auto* call = dynamic_cast<sdk::CallContext*>(&context)) return &call->run();
  if (auto* delivery = dynamic_cast<sdk::DeliveryContext*>(&context)) return &delivery->run();
  return nullptr;
}

}  // namespace lumenflow::pack
