#include "agent-runtime/providers/scripted.h"

#include <algorithm>
#include <utility>

#include "agent-runtime/workspace_file.h"
#include "agent-runtime/yaml.h"

namespace lumenflow::agent_runtime {
namespace {

constexpr std::size_t kScriptBytesMax = 1u << 20;

ProviderError wrong(std::string message) { return {"CONFIGURATION_ERROR", std::move(message), {}}; }

const Message* last_of(const ModelRequest& request, Message::Role role) {
  for (auto it = request.messages.rbegin(); it != request.messages.rend(); ++it)
    if (it->role == role) return &*it;
  return nullptr;
}

// Replaces `{{/pointer}}` by what the last tool's answer has there: as it is where that is all of a string, else as
// text within it. What is not there stays as it is written.
json::Value filled(const json::Value& value, const json::Value& answer) {
  if (const std::string* text = value.if_string()) {
    std::string out;
    std::string_view rest = *text;
    for (std::size_t at; (at = rest.find("{{/")) != std::string_view::npos;) {
      const std::size_t end = rest.find("}}", at);
      if (end == std::string_view::npos) break;
      const json::Value* found = answer.at_pointer(rest.substr(at + 2, end - at - 2));
      if (found != nullptr && at == 0 && end + 2 == text->size()) return *found;
      out.append(rest.substr(0, at));
      if (found == nullptr)
        out.append(rest.substr(at, end + 2 - at));
      else if (const std::string* inner = found->if_string())
        out.append(*inner);
      else
        out.append(json::serialize(*found));
      rest.remove_prefix(end + 2);
    }
    return json::Value(out.append(rest));
  }
  if (const json::Array* list = value.if_array()) {
    json::Array out;
    for (const json::Value& item : *list) out.push_back(filled(item, answer));
    return out;
  }
  if (const json::Object* object = value.if_object()) {
    json::Object out;
    for (const json::Member& member : *object) out.set(member.key, filled(member.value, answer));
    return out;
  }
  return value;
}

Usage usage_of(const json::Value& written) {
  Usage usage;
  usage.input_tokens = static_cast<std::uint64_t>(json::integer_or(written, "input_tokens", 0));
  usage.output_tokens = static_cast<std::uint64_t>(json::integer_or(written, "output_tokens", 0));
  usage.total_tokens = usage.input_tokens + usage.output_tokens;
  return usage;
}

class Scripted final : public Provider {
 public:
  explicit Scripted(Model model) : model_(std::move(model)) {}

  Completion complete(pack::HostContext& host, const ModelRequest& request, const Sink& sink) const override {
    const Result<std::string> text = read_workspace_file(host.workspace_root(), model_.model, kScriptBytesMax);
    if (!text.ok()) return wrong("the script " + model_.model + ": " + text.error().message());
    const Result<json::Value> script = read_yaml(*text);
    if (!script.ok()) return wrong("the script " + model_.model + ": " + script.error().message());
    const json::Value* turns = script->find("turns");
    if (turns == nullptr || !turns->is_array() || turns->as_array().empty())
      return wrong("the script " + model_.model + " has no list 'turns'");
    const auto spoken =
        static_cast<std::size_t>(std::ranges::count(request.messages, Message::Role::kAssistant, &Message::role));
    const json::Array& steps = turns->as_array();
    std::size_t next = std::min(spoken, steps.size() - 1);
    for (std::size_t i = 0; i < next; ++i)
      if (json::boolean_or(steps[i], "repeat", false)) next = i;
    if (spoken >= steps.size() && !json::boolean_or(steps[next], "repeat", false))
      return wrong("the script " + model_.model + " has no step " + std::to_string(spoken + 1));
    return say(steps[next], spoken, request, sink);
  }

 private:
  Completion say(const json::Value& step, std::size_t number, const ModelRequest& request, const Sink& sink) const {
    if (!step.is_object()) return wrong("a step of the script " + model_.model + " is no map");
    const Message& last = request.messages.back();
    const std::string_view expected = json::string_or(step, "expect", "");
    if (last.text.find(expected) == std::string::npos)
      return ProviderError{
          "PROVIDER_MALFORMED_RESPONSE", "the script expects '" + std::string(expected) + "' in the last message", {}};
    if (const json::Value* error = step.find("error")) {
      ProviderError said{std::string(json::string_or(*error, "code", "PROVIDER_HTTP_ERROR")),
                         std::string(json::string_or(*error, "message", "the script says so")),
                         {}};
      if (error->find("retry_after_ms") != nullptr) said.retry_after_ms = json::integer_or(*error, "retry_after_ms", 0);
      return said;
    }
    json::Value answer;
    if (const Message* tool = last_of(request, Message::Role::kTool); tool != nullptr)
      if (Result<json::Value> read = json::parse(tool->text, {.depth_max = 256}); read.ok()) answer = *std::move(read);
    const json::Value filled_in = filled(step, answer);
    Proposal proposal;
    proposal.text = json::string_or(filled_in, "reply", "");
    proposal.intent = json::string_or(filled_in, "intent", "");
    proposal.model = model_.model;
    const auto ask = [&](const json::Value& asked) {
      const json::Value* input = asked.find("input");
      proposal.requests.push_back(
          {"call-" + std::to_string(number + 1) + "-" + std::to_string(proposal.requests.size() + 1),
           std::string(json::string_or(asked, "tool", "")), input == nullptr ? json::Value(json::Object{}) : *input});
    };
    if (filled_in.find("tool") != nullptr) ask(filled_in);
    if (const json::Value* several = filled_in.find("tools"); several != nullptr && several->is_array())
      for (const json::Value& each : several->as_array()) ask(each);
    for (const ToolRequest& asked : proposal.requests)
      if (asked.name.empty() || !asked.input.is_object())
        return wrong("a step of the script " + model_.model +
                     " asks for a tool without a name, or with no map as input");
    if (const json::Value* usage = step.find("usage")) proposal.usage = usage_of(*usage);
    proposal.finish_reason = json::string_or(step, "finish_reason", proposal.requests.empty() ? "stop" : "tool_calls");
    if (request.stream && !proposal.text.empty() && sink && !sink(proposal.text))
      return ProviderError{"TOOL_CANCELLED", "no more of the reply is wanted", {}};
    return proposal;
  }

  const Model model_;
};

}  // namespace

Result<std::unique_ptr<Provider>> make_scripted_provider(const Model& model) {
  if (model.model.empty())
    return Error(ErrorCode::kInvalidConfiguration, "the scripted model '" + model.profile + "' names no script");
  return std::unique_ptr<Provider>(std::make_unique<Scripted>(model));
}

}  // namespace lumenflow::agent_runtime
