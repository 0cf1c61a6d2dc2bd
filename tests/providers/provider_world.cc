#include "provider_world.h"

#include <cstdlib>
#include <fstream>

#include "agent-runtime/providers/http_provider.h"
#include "agent-runtime/providers/scripted.h"
#include "agent-runtime/providers/tool_names.h"
#include "sidecar/outbound.h"

namespace lumenflow::testing {
namespace {

constexpr const char* kKeyVariable = "PROVIDER_WORLD_KEY";

}  // namespace

std::string to_string(const Way& way) {
  constexpr const char* kNames[] = {"chat_completions", "messages", "scripted"};
  return std::string(kNames[static_cast<int>(way.dialect)]) + (way.stream ? "_streamed" : "_whole");
}

ProviderWorld::ProviderWorld(Way asked)
    : way(asked), server([this](const std::string&) { return next(); }), outbound_(sidecar::make_outbound()) {
  ::setenv(kKeyVariable, "sk-planted-0123456789", 1);
  model.profile = "main";
  model.model = "model-7";
  model.base_url = server.origin() + "/v1";
  model.api_key_env = kKeyVariable;
  host.root = folder_.file("");
  if (way.dialect == Dialect::kScripted) model.model = "script.yaml";
  host.web = [this](const pack::HttpRequest& request) { return outbound_->fetch(request, nullptr); };
}

http::RawAnswer ProviderWorld::next() {
  const std::lock_guard lock(mutex_);
  if (answers_.empty()) return http::whole_answer(500, "text/plain", "the test did not say what to answer");
  http::RawAnswer answer = answers_.front();
  if (answers_.size() > 1) answers_.pop_front();
  return answer;
}

void ProviderWorld::answers(http::RawAnswer answer) {
  const std::lock_guard lock(mutex_);
  answers_.push_back(std::move(answer));
}

void ProviderWorld::sends(const std::string& body) {
  if (!way.stream) return answers(http::whole_answer(200, "application/json; charset=utf-8", body));
  std::vector<std::string> pieces;
  for (std::size_t at = 0; at < body.size(); at += way.piece_bytes) pieces.push_back(body.substr(at, way.piece_bytes));
  answers(http::chunked_answer(200, "text/event-stream", pieces));
}

// JSON is YAML.
void ProviderWorld::writes(json::Value step) {
  steps_.push_back(std::move(step));
  std::ofstream(folder_.file("script.yaml")) << json::serialize(json::Value(json::Object{{"turns", steps_}}));
}

void ProviderWorld::says(const Said& said) {
  if (way.dialect == Dialect::kScripted) {
    json::Object step{{"usage", json::Object{{"input_tokens", 11}, {"output_tokens", 5}}}};
    if (!said.text.empty()) step.set("reply", said.text);
    json::Array tools;
    for (const SaidCall& call : said.calls)
      tools.push_back(
          json::Object{{"tool", agent_runtime::tool_of_wire(call.name)}, {"input", *json::parse(call.input)}});
    if (!tools.empty()) step.set("tools", std::move(tools));
    return writes(std::move(step));
  }
  sends(way.stream ? stream_body(way.dialect, said) : whole_body(way.dialect, said));
}

void ProviderWorld::fails(int status, const std::string& type, const std::string& message, const std::string& headers) {
  if (way.dialect == Dialect::kScripted) {
    json::Object error{{"code", status == 429 ? "PROVIDER_RATE_LIMITED" : "PROVIDER_HTTP_ERROR"}, {"message", message}};
    if (const std::size_t at = headers.find("Retry-After: "); at != std::string::npos)
      error.set("retry_after_ms", std::stoll(headers.substr(at + 13)) * 1'000);
    return writes(json::Object{{"error", std::move(error)}});
  }
  answers(http::whole_answer(status, "application/json", error_body(way.dialect, type, message), headers));
}

agent_runtime::ModelRequest ProviderWorld::request(const std::string& text) const {
  agent_runtime::ModelRequest request;
  agent_runtime::Message message;
  message.text = text;
  request.messages = {message};
  request.tools = {{"wu:claim", "Claims a unit of work", json::Object{{"type", "object"}}},
                   {"task:list", "Lists tasks", json::Object{{"type", "object"}}}};
  request.stream = way.stream;
  request.timeout_ms = 20'000;
  return request;
}

agent_runtime::Completion ProviderWorld::ask(const agent_runtime::ModelRequest& request) {
  const agent_runtime::Patience patience = [this](pack::HostContext&, std::int64_t ms) {
    waits.push_back(ms);
    return patient;
  };
  const auto provider = way.dialect == Dialect::kScripted ? agent_runtime::make_scripted_provider(model)
                        : way.dialect == Dialect::kChatCompletions
                            ? agent_runtime::make_openai_compatible_provider(model, patience)
                            : agent_runtime::make_messages_compatible_provider(model, patience);
  if (!provider.ok()) return agent_runtime::ProviderError{"CONFIGURATION_ERROR", provider.error().message(), {}};
  shown.clear();
  const agent_runtime::Sink sink = [this](std::string_view piece) {
    shown += piece;
    return !enough;
  };
  return (*provider)->complete(host, request, sink);
}

agent_runtime::Completion ProviderWorld::ask(const std::string& text) { return ask(request(text)); }

agent_runtime::Proposal ProviderWorld::proposal(const std::string& text) {
  agent_runtime::Completion completion = ask(text);
  if (const auto* error = std::get_if<agent_runtime::ProviderError>(&completion)) {
    ADD_FAILURE() << error->code << ": " << error->message;
    return {};
  }
  return std::get<agent_runtime::Proposal>(std::move(completion));
}

std::string ProviderWorld::code(const std::string& text) {
  const agent_runtime::Completion completion = ask(text);
  const auto* error = std::get_if<agent_runtime::ProviderError>(&completion);
  error_message = error == nullptr ? "" : error->message;
  return error == nullptr ? "" : error->code;
}

json::Value ProviderWorld::sent(std::size_t request) const {
  const std::string text = server.requests().at(request);
  return json::parse(text.substr(text.find("\r\n\r\n") + 4)).value_or(json::Value());
}

}  // namespace lumenflow::testing
