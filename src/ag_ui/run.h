// One run: a turn of an agent, shown as AG-UI's events while it goes on. What the client asks for becomes a call of
// agent:execute-turn, and answers to interrupts become decisions on approvals; the kernel judges both.
//
// Everything runs on the io thread. Shared by the call, the connection and the timers.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ag_ui/event_writer.h"
#include "ag_ui/run_input.h"
#include "kernel/call_notices.h"
#include "sidecar/journal_watch.h"

namespace lumenflow::ag_ui {

class Run : public std::enable_shared_from_this<Run> {
 public:
  // `context` and `watch` outlive it.
  Run(sidecar::RouteContext& context, sidecar::JournalWatch& watch, sidecar::ExchangePtr exchange, RunInput input)
      : context_(context), watch_(watch), exchange_(std::move(exchange)), input_(std::move(input)) {}

  void start();

 private:
  // run.cc
  void make_turn(json::Object input);
  void submit(kernel::Call call);
  void listen();
  void heard(const kernel::CallNotice& notice);
  void begin();  // the stream, once
  void beat();
  void gone();
  void ended(const kernel::CallResult& result);
  void show_end(const kernel::CallResult& result);
  void show_answer(const json::Value& data, const std::string& receipt);
  void interrupt(json::Array interrupts, const json::Value& result);
  void fail(const Error& error);

  // resume.cc: answers to interrupts, one after the other, and then the turn that goes on
  struct Asked;  // a call that waits, and what the client says of it
  void resume();
  Result<std::optional<Asked>> asked_by(const ResumeEntry& entry);
  void decide();
  void decided();
  void answer_question(const ResumeEntry& entry);

  json::Value interrupt_of(const std::string& approval_id, const std::string& tool_call_id) const;

  sidecar::RouteContext& context_;
  sidecar::JournalWatch& watch_;
  const sidecar::ExchangePtr exchange_;  // shared with the route
  const RunInput input_;
  std::shared_ptr<kernel::NoticeMailbox> mailbox_;  // shared with the call's listener; null: there is no call yet
  kernel::CallNotices::Watch followed_;             // of a call that had waited itself
  std::optional<ReceiptId> receipt_;                // of the turn's call
  std::unique_ptr<EventWriter> events_;             // null: nothing was sent
  std::vector<std::shared_ptr<Asked>> asked_;       // shared with what waits for their ends
  std::size_t next_ = 0;                            // of asked_
  bool gone_ = false;
};

}  // namespace lumenflow::ag_ui
