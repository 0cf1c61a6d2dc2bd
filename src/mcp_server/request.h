// One request of an MCP client: who asks, in which revision, what they can be asked, and the way to answer.
//
// Used on the io thread only; shared by whoever works on the answer.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "kernel/call.h"
#include "mcp/message.h"
#include "mcp_server/answer.h"
#include "mcp_server/session.h"

namespace lumenflow::mcp_server {

class McpRequest {
 public:
  McpRequest(mcp::Message message_, mcp::Revision revision_, json::Value capabilities_,
             std::shared_ptr<const kernel::Credential> credential_, kernel::Surface surface_,
             std::shared_ptr<McpSession> session_, std::shared_ptr<McpAnswer> answer);

  const mcp::Message message;
  const mcp::Revision revision;
  const json::Value capabilities;
  const std::shared_ptr<const kernel::Credential> credential;  // shared with the calls that it makes
  const kernel::Surface surface;
  const std::shared_ptr<McpSession> session;  // null: the revision has none
  std::string traceparent;
  std::string receipt;  // of the call that it waits for; empty: none has begun

  bool stateless() const { return !mcp::has_sessions(revision); }
  std::string_view text(std::string_view param) const { return json::string_or(message.params, param, ""); }
  bool knows_tasks() const;                    // the extension
  const json::Value* progress_token() const;   // null: wants to hear of none
  std::optional<int> least_log_level() const;  // nothing: wants none

  void reply(json::Value result);  // complete
  void reply_cacheable(json::Value result, std::int64_t ttl_ms);
  void reply_as(std::string_view result_type, json::Value result);
  void fail(const mcp::RpcError& error, int status = 200);
  void fail(const Error& error) { fail(mcp::rpc_error(error, revision)); }
  void invalid(std::string why) { fail(mcp::RpcError{mcp::kInvalidParams, std::move(why), {}}); }
  void say(std::string_view method, json::Value params);  // before the answer
  McpAnswer& answer() { return *answer_; }
  // A stream is no longer than its token: ends it with the error, so that nothing more is said on it. True: it has
  // ended, so or otherwise. A call goes on, and its receipt is named: another token of its subject reads what came of
  // it.
  bool end_if_over();
  bool over() const { return over_; }  // ended so

 private:
  bool over_ = false;
  const std::shared_ptr<McpAnswer> answer_;  // shared with the timers that keep it alive
};

using McpRequestPtr = std::shared_ptr<McpRequest>;

json::Value mcp_server_info();

}  // namespace lumenflow::mcp_server
