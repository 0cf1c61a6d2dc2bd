#include "ag_ui/run_input.h"

#include <algorithm>
#include <utility>

#include "base/sha256.h"
#include "kernel/sessions.h"

namespace lumenflow::ag_ui {
namespace {

constexpr std::size_t kIdBytesMax = 256;
constexpr std::string_view kDecision = "io.lumenflow/decision";

Error invalid(std::string why) { return Error(ErrorCode::kInvalidInput, std::move(why)); }

Result<std::string> id_of(const json::Value& body, std::string_view member, bool required) {
  const json::Value* const value = body.find(member);
  if (value == nullptr && !required) return std::string();
  if (value == nullptr || !value->is_string() || value->as_string().empty() || value->as_string().size() > kIdBytesMax)
    return invalid("'" + std::string(member) + "' must be a string of 1 to 256 bytes");
  return value->as_string();
}

Result<const json::Array*> list_of(const json::Value& body, std::string_view member, bool required) {
  static const json::Array none;
  const json::Value* const value = body.find(member);
  if (value == nullptr && !required) return &none;
  if (value == nullptr || !value->is_array()) return invalid("'" + std::string(member) + "' must be an array");
  return value->if_array();
}

// A user message's text: its content, or the text of its parts. INVALID_INPUT for parts that are no text.
Result<std::string> text_of(const json::Value& message) {
  const json::Value* const content = message.find("content");
  if (content != nullptr && content->is_string()) return content->as_string();
  if (content == nullptr || !content->is_array()) return invalid("a user's message needs 'content'");
  std::string text;
  for (const json::Value& part : content->as_array()) {
    if (json::string_or(part, "type", "") != "text")
      return invalid("the agent of this workspace takes text alone; a message has a part of another type");
    if (!text.empty()) text += "\n";
    text += json::string_or(part, "text", "");
  }
  return text;
}

// What the user said last: the conversation before that is the session's own, and nothing that a client says of it
// counts.
Result<std::string> goal_of(const json::Array& messages) {
  std::vector<std::string> said;
  for (auto message = messages.rbegin(); message != messages.rend(); ++message) {
    if (json::string_or(*message, "role", "") != "user") break;
    LUMENFLOW_TRY_ASSIGN(std::string text, text_of(*message));
    said.push_back(std::move(text));
  }
  std::string goal;
  for (auto text = said.rbegin(); text != said.rend(); ++text) goal += (goal.empty() ? "" : "\n\n") + *text;
  return goal;
}

Status read_resume(const json::Value& entry, RunInput& out) {
  ResumeEntry read;
  read.interrupt_id = json::string_or(entry, "interruptId", "");
  const std::string_view status = json::string_or(entry, "status", "");
  if (read.interrupt_id.empty() || (status != "resolved" && status != "cancelled"))
    return invalid("an entry of 'resume' needs an 'interruptId' and the 'status' resolved or cancelled");
  read.cancelled = status == "cancelled";
  if (const json::Value* const payload = entry.find("payload")) read.payload = *payload;
  const json::Value* const metadata = entry.find("metadata");
  const json::Value* const decision = metadata != nullptr ? metadata->find(kDecision) : nullptr;
  if (decision != nullptr && decision->is_object()) read.signed_decision = decision->as_object();
  out.resume.push_back(std::move(read));
  return {};
}

Status read_forwarded(const json::Value& body, RunInput& out) {
  const json::Value* const ours = body.at_pointer("/forwardedProps/lumenflow");
  if (ours == nullptr) return {};
  if (!ours->is_object()) return invalid("forwardedProps.lumenflow must be an object");
  for (const json::Member& member : ours->as_object()) {
    if (member.key != "intent" && member.key != "model_profile" && member.key != "limits")
      return invalid("forwardedProps.lumenflow takes intent, model_profile and limits, and no '" + member.key + "'");
    out.turn.set(member.key, member.value);
  }
  return {};
}

}  // namespace

std::string session_of_thread(const std::string& thread_id) {
  if (kernel::is_session_id(thread_id)) return thread_id;
  return "ag-" + sha256_hex(thread_id).substr(0, 40);
}

Result<RunInput> read_run_input(const json::Value& body) {
  RunInput out;
  if (!body.is_object()) return invalid("a RunAgentInput is an object");
  LUMENFLOW_TRY_ASSIGN(out.thread_id, id_of(body, "threadId", true));
  LUMENFLOW_TRY_ASSIGN(out.run_id, id_of(body, "runId", true));
  LUMENFLOW_TRY_ASSIGN(out.parent_run_id, id_of(body, "parentRunId", false));
  LUMENFLOW_TRY_ASSIGN(const json::Array* const messages, list_of(body, "messages", true));
  LUMENFLOW_TRY_ASSIGN(const json::Array* const tools, list_of(body, "tools", false));
  LUMENFLOW_TRY_ASSIGN(const json::Array* const context, list_of(body, "context", false));
  LUMENFLOW_TRY_ASSIGN(const json::Array* const resume, list_of(body, "resume", false));
  for (const json::Value& entry : *resume) LUMENFLOW_TRY(read_resume(entry, out));
  LUMENFLOW_TRY(read_forwarded(body, out));
  if (const json::Value* const state = body.find("state")) out.state = *state;
  out.session_id = session_of_thread(out.thread_id);
  const Result<std::string> goal = goal_of(*messages);
  if (!goal.ok()) {
    out.fault = goal.error();
    return out;
  }
  out.goal = *goal;
  if (!out.goal.empty())
    for (const json::Value& item : *context)
      out.goal += "\n\n" + std::string(json::string_or(item, "description", "context")) + ": " +
                  std::string(json::string_or(item, "value", ""));
  if (!tools->empty())
    out.fault = invalid(
        "tools of the application cannot be called from here: what an agent does in this workspace goes through its "
        "own tools, which are governed. Send no 'tools'");
  else if (out.goal.empty() && out.resume.empty())
    out.fault = invalid("there is nothing to do: the last of 'messages' must be the user's, or 'resume' say what of");
  return out;
}

}  // namespace lumenflow::ag_ui
