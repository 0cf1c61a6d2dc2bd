#include "ag_ui/event_writer.h"

#include <utility>

namespace lumenflow::ag_ui {
namespace {

constexpr std::string_view kProtocolVersion = "1.0";

}  // namespace

void EventWriter::send(std::string_view type, json::Object event) {
  json::Object whole{{"type", type}};
  for (json::Member& member : event) whole.set(std::move(member.key), std::move(member.value));
  const std::string data = json::serialize(json::Value(std::move(whole)));
  http::SseEvent frame;
  frame.data = data;
  stream_.send(frame);
}

void EventWriter::started(const std::string& parent_run_id) {
  json::Object event{{"threadId", thread_id_}, {"runId", run_id_}, {"protocolVersion", kProtocolVersion}};
  if (!parent_run_id.empty()) event.set("parentRunId", parent_run_id);
  send("RUN_STARTED", std::move(event));
}

void EventWriter::text(std::string_view piece) {
  if (piece.empty()) return;  // the protocol has no empty piece
  if (message_.empty()) {
    message_ = run_id_ + "-" + std::to_string(++messages_);
    last_text_.clear();
    send("TEXT_MESSAGE_START", {{"messageId", message_}, {"role", "assistant"}});
  }
  last_text_ += piece;
  send("TEXT_MESSAGE_CONTENT", {{"messageId", message_}, {"delta", piece}});
}

void EventWriter::end_text() {
  if (message_.empty()) return;
  send("TEXT_MESSAGE_END", {{"messageId", std::exchange(message_, {})}});
}

void EventWriter::step_started(std::string name) {
  step_finished();
  step_ = std::move(name);
  send("STEP_STARTED", {{"stepName", step_}});
}

void EventWriter::step_finished() {
  end_text();
  if (!step_.empty()) send("STEP_FINISHED", {{"stepName", std::exchange(step_, {})}});
}

void EventWriter::tool_call(const std::string& id, const std::string& tool, const json::Value& input) {
  end_text();
  send("TOOL_CALL_START", {{"toolCallId", id}, {"toolCallName", tool}});
  send("TOOL_CALL_ARGS", {{"toolCallId", id}, {"delta", json::serialize(input)}});
  send("TOOL_CALL_END", {{"toolCallId", id}});
}

void EventWriter::tool_result(const std::string& id, const std::string& content) {
  end_text();
  send("TOOL_CALL_RESULT", {{"messageId", run_id_ + "-" + std::to_string(++messages_)},
                            {"toolCallId", id},
                            {"content", content},
                            {"role", "tool"}});
}

void EventWriter::state(json::Value snapshot) {
  end_text();
  send("STATE_SNAPSHOT", {{"snapshot", std::move(snapshot)}});
}

void EventWriter::close() {
  step_finished();
  ended_ = true;
}

void EventWriter::finished(json::Value outcome, json::Value result, json::Value usage) {
  if (ended_) return;
  close();
  json::Object event{{"threadId", thread_id_}, {"runId", run_id_}, {"outcome", std::move(outcome)}};
  if (!result.is_null()) event.set("result", std::move(result));
  if (!usage.is_null()) event.set("usage", std::move(usage));
  send("RUN_FINISHED", std::move(event));
  stream_.end();
}

void EventWriter::failed(const std::string& message, const std::string& code) {
  if (ended_) return;
  close();
  send("RUN_ERROR", {{"message", message}, {"code", code}});
  stream_.end();
}

}  // namespace lumenflow::ag_ui
