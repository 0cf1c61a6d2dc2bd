// Events of one run, in an order that AG-UI allows (docs.ag-ui.com/spec/1.0/events): what is begun is ended before
// anything that may not stand within it, and before the run ends.
//
// Used on the io thread only. A reader that is gone or too slow is no fault: what is written to it is lost.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "http/sse.h"
#include "lumenflow/json.h"

namespace lumenflow::ag_ui {

class EventWriter {
 public:
  EventWriter(std::shared_ptr<http::BodyStream> body, std::string thread_id, std::string run_id)
      : stream_(std::move(body)), thread_id_(std::move(thread_id)), run_id_(std::move(run_id)) {}

  void started(const std::string& parent_run_id);
  void text(std::string_view piece);
  void end_text();
  void step_started(std::string name);
  void step_finished();
  void tool_call(const std::string& id, const std::string& tool, const json::Value& input);
  void tool_result(const std::string& id, const std::string& content);
  void state(json::Value snapshot);
  // The ends of a run: one of them, once. `outcome` is RunFinishedOutcome; `result` and `usage` may be null.
  void finished(json::Value outcome, json::Value result, json::Value usage);
  void failed(const std::string& message, const std::string& code);

  http::EventStream& stream() { return stream_; }
  bool ended() const { return ended_; }
  const std::string& last_text() const { return last_text_; }  // the message that was said last, whole

 private:
  void send(std::string_view type, json::Object event);
  void close();

  http::EventStream stream_;
  const std::string thread_id_, run_id_;
  std::string message_, step_;  // what is open; empty: nothing
  std::string last_text_;
  int messages_ = 0;
  bool ended_ = false;
};

}  // namespace lumenflow::ag_ui
