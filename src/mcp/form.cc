#include "mcp/form.h"

#include <string>

#include "json/schema.h"

namespace lumenflow::mcp {
namespace {

Error wrong(std::string what) { return {ErrorCode::kInvalidInput, std::move(what)}; }

Status check_form(const json::Value& params, const json::Value& answer) {
  const std::string_view action = json::string_or(answer, "action", "");
  if (action == "decline" || action == "cancel") return {};
  if (action != "accept") return wrong("'action' must be accept, decline or cancel");
  const json::Value* const wanted = params.find("requestedSchema");
  if (wanted == nullptr) return {};  // a page to visit
  const json::Value* const content = answer.find("content");
  if (content == nullptr || !content->is_object()) return wrong("'accept' needs the form's 'content'");
  const Result<json::Schema> schema = json::Schema::compile(*wanted);
  if (!schema.ok()) return wrong("the form itself is wrong: " + schema.error().message());
  const auto faults = schema->validate(*content);
  if (!faults.empty()) return wrong("content" + faults.front().pointer + ": " + faults.front().reason);
  return {};
}

}  // namespace

Status check_answer(std::string_view method, const json::Value& params, const json::Value& answer) {
  if (!answer.is_object()) return wrong("an answer is an object");
  if (method == "elicitation/create") return check_form(params, answer);
  if (method == "sampling/createMessage") {
    const bool complete =
        answer.find("role") != nullptr && answer.find("content") != nullptr && answer.find("model") != nullptr;
    return complete ? Status() : wrong("an answer of a model has 'role', 'content' and 'model'");
  }
  const json::Value* const roots = answer.find("roots");
  return roots != nullptr && roots->is_array() ? Status() : wrong("'roots' must be a list");
}

std::string_view capability_of(std::string_view method) {
  if (method == "elicitation/create") return "elicitation";
  if (method == "sampling/createMessage") return "sampling";
  return method == "roots/list" ? "roots" : "";
}

bool can_answer(const json::Value& client_capabilities, std::string_view method, const json::Value* params) {
  const std::string_view capability = capability_of(method);
  if (capability.empty() || !client_capabilities.is_object()) return false;
  const json::Value* const declared = client_capabilities.find(capability);
  if (declared == nullptr || !declared->is_object()) return false;
  if (capability != "elicitation") return true;
  const bool page = params != nullptr && params->is_object() && json::string_or(*params, "mode", "form") == "url";
  if (page) return declared->find("url") != nullptr;
  return declared->as_object().empty() || declared->find("form") != nullptr;
}

}  // namespace lumenflow::mcp
