// One governed call on behalf of an MCP client, over as many requests as it takes: the client that asked may be asked
// back (elicitation, sampling, roots), may come back with answers in another request (2026-07-28, "Multi Round-Trip
// Requests"), or may ask after it as a task.
//
// Everything runs on the io thread but ask() and may_ask(), which the tool's thread calls. Shared by the kernel's call,
// the server's table and the request that waits.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "kernel/call_asker.h"
#include "kernel/call_notices.h"
#include "kernel/kernel.h"
#include "mcp_server/request.h"

namespace lumenflow::mcp_server {

// What a call's end is to the client: a result, or an error of the protocol.
using McpOutcome = std::variant<json::Value, mcp::RpcError>;
using McpShape = std::function<McpOutcome(const kernel::CallResult&)>;

class McpCall final : public kernel::CallAsker, public std::enable_shared_from_this<McpCall> {
 public:
  // What it needs of the server.
  struct Ports {
    RouteContext& context;
    // Seals the handle of this call for the client to bring back with the next round of the request.
    std::function<std::string(const McpCall&, const McpRequest&)> state;
    // Calls `ended` when this call, which waits for an approval, has ended; or `patience` is over.
    std::function<void(const ReceiptId&, std::function<void(std::optional<kernel::CallResult>)>)> when_ended;
    std::function<void(const McpCall&)> changed;      // as a task: whoever listens to it is told
    std::function<void(const McpCall&)> over;         // nobody waits for it any more
    std::function<void(const McpRequestPtr&)> lasts;  // its answer takes its time
  };

  McpCall(Ports ports, std::string handle, McpShape shape)
      : ports_(std::move(ports)), handle_(std::move(handle)), shape_(std::move(shape)) {}

  // Makes the call; `request` is the first that waits for it.
  void start(McpRequestPtr request, std::string tool, json::Value input, pack::McpTask task);
  // Another round: with what the client answered, or just to wait on.
  void join(McpRequestPtr request);
  // Of a task; INVALID_INPUT when it asks nothing so. Other answers count all the same.
  void take_answers(const json::Value& responses);
  void cancel();

  const std::string& handle() const { return handle_; }
  const std::optional<ReceiptId>& receipt() const { return receipt_; }  // nothing: it has not begun
  bool answered() const { return answered_; }                           // a request has had its end
  const std::string& subject() const { return subject_; }
  bool is_task() const { return is_task_; }
  const std::string& task_id() const { return task_id_; }
  json::Value task() const;  // a DetailedTask

  // --- the tool's thread ---
  bool may_ask(std::string_view method) const override;
  Result<std::vector<json::Value>> ask(const std::vector<pack::Question>& questions,
                                       kernel::Cancellation* cancelled) override;

 private:
  struct Round;  // what is asked now: call_round.h
  void heard(const kernel::CallNotice& notice);
  void began(const ReceiptId& receipt);
  void begin_round(const std::shared_ptr<Round>& round);
  void ask_in_session(const std::shared_ptr<Round>& round);
  void take(Round& round, const json::Value& responses);
  void request_input();
  json::Value input_requests() const;
  void ended(const kernel::CallResult& result);
  void parked(const kernel::CallResult& result);
  void wait_on();
  void wait_for_approval();
  void settle(const kernel::CallResult& result);
  void become_task();
  void reply_task();
  void give(McpOutcome outcome);
  void say_progress(double fraction, const std::string& message);

  const Ports ports_;
  const std::string handle_;
  const McpShape shape_;
  McpRequestPtr request_;  // that waits; null: none does now
  mcp::Revision revision_ = mcp::kLatest;
  json::Value capabilities_;  // of the client at the beginning; nobody changes it later
  std::string subject_, tool_;
  std::shared_ptr<kernel::NoticeMailbox> mailbox_;  // shared with the kernel's call
  std::optional<ReceiptId> receipt_;
  std::shared_ptr<Round> round_;       // null: nothing is asked
  json::Object given_;                 // answers that came before their question
  std::map<std::string, int> keys_;    // of questions, and how often each was used
  std::string missing_;                // a capability for want of which the tool got no answer
  std::optional<McpOutcome> outcome_;  // once it has ended
  bool answered_ = false, cancelled_ = false, waits_for_approval_ = false, is_task_ = false;
  std::string approval_id_;
  pack::McpTask wants_task_ = pack::McpTask::kNever;
  std::string task_id_, task_message_;
  Timestamp created_{}, updated_{};
  double progress_ = -1;
};

using McpCallPtr = std::shared_ptr<McpCall>;

void answer_with(const McpRequestPtr& request, McpOutcome outcome);

// The error of what needs a capability that the client did not declare.
mcp::RpcError missing_capability(std::string_view capability);

}  // namespace lumenflow::mcp_server
