// The workspace over MCP: one endpoint for every revision (mcp/revision.h), at POST, GET and DELETE /mcp.
//
// Used on the io thread only; lives as long as the routes. A request becomes a Call like any other and the kernel
// decides; nothing here runs a tool or writes to the journal.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "mcp/request_state.h"
#include "mcp_server/call.h"
#include "mcp_server/catalogue.h"
#include "sidecar/journal_watch.h"

namespace lumenflow::mcp_server {

struct McpHearing;  // subscriptions.cc

inline constexpr std::int64_t kMcpListTtlMs = 60'000;  // of what changes are told of anyway
inline constexpr std::string_view kMcpEvents = "lumenflow://events/", kMcpCalls = "lumenflow://calls/";

// The kind that a URI below kMcpEvents names; nothing for what names none.
std::optional<std::string> event_kind_of(std::string_view uri);

// What a requestState names: the call as this process knows it, and as the journal does.
struct McpHandle {
  std::string key;
  std::optional<ReceiptId> receipt;

  std::string text() const { return key + " " + (receipt ? receipt->str() : std::string()); }
  static McpHandle of(const std::string& text) {
    const std::size_t space = text.find(' ');
    const std::string receipt = space == std::string::npos ? std::string() : text.substr(space + 1);
    return {text.substr(0, space), receipt.empty() ? std::nullopt : std::optional(ReceiptId(receipt))};
  }
};

class McpServer : public std::enable_shared_from_this<McpServer> {
 public:
  explicit McpServer(RouteContext& context);

  void post(const ExchangePtr& exchange);
  void get(const ExchangePtr& exchange);
  void end_session(const ExchangePtr& exchange);
  void describe_resource(const ExchangePtr& exchange);  // RFC 9728

 private:
  using Method = void (McpServer::*)(const McpRequestPtr&);
  struct Entry {
    std::string_view name;
    Method method;
    bool with_sessions, without;  // in which revisions it is
  };
  static const Entry* entry_of(std::string_view method, mcp::Revision revision);

  // transport.cc: what a request must be before it is one
  bool admit(const ExchangePtr& exchange);  // origin, surface, token; else answered
  void take_stateless(const ExchangePtr& exchange, mcp::Message message);
  void take_in_session(const ExchangePtr& exchange, mcp::Message message);
  void initialize(const ExchangePtr& exchange, mcp::Message message);
  void notified(const std::shared_ptr<McpSession>& session, const mcp::Message& message);
  void dispatch(const McpRequestPtr& request);
  std::shared_ptr<McpSession> session_of(const ExchangePtr& exchange, const json::Value& of = {});  // null: answered
  void forget_old_sessions();

  // lifecycle.cc
  void discover(const McpRequestPtr& request);
  void ping(const McpRequestPtr& request);
  void set_level(const McpRequestPtr& request);
  void complete(const McpRequestPtr& request);
  json::Value capabilities(bool stateless) const;

  // tools.cc
  void list_tools(const McpRequestPtr& request);
  void call_tool(const McpRequestPtr& request);

  // content.cc
  void list_resources(const McpRequestPtr& request);
  void list_templates(const McpRequestPtr& request);
  void read_resource(const McpRequestPtr& request);
  void list_prompts(const McpRequestPtr& request);
  void get_prompt(const McpRequestPtr& request);
  void read_pack_resource(const McpRequestPtr& request, const McpCatalogue::Resource& resource,
                          const mcp::UriTemplate::Variables& variables);

  // subscriptions.cc
  void subscribe(const McpRequestPtr& request);
  void unsubscribe(const McpRequestPtr& request);
  void listen(const McpRequestPtr& request);
  bool may_watch(const McpRequest& request, std::string_view uri);
  bool is_event_kind(std::string_view kind);
  std::shared_ptr<const void> hear_for_session(const std::shared_ptr<McpSession>& session,
                                               std::shared_ptr<const kernel::Credential> credential);
  void tell_of_task(const McpCall& call);
  void tend(const McpRequestPtr& request);  // until it has ended
  void tend_later();

  // tasks.cc
  void get_task(const McpRequestPtr& request);
  void update_task(const McpRequestPtr& request);
  void cancel_task(const McpRequestPtr& request);
  McpCallPtr task_of(const McpRequestPtr& request);  // null: answered
  void keep_task(const McpCallPtr& call);
  bool knows_tasks_or_fails(const McpRequestPtr& request);

  // A call for the client, or the next round of one.
  void run(const McpRequestPtr& request, const std::string& tool, json::Value input, pack::McpTask task,
           McpShape shape);
  void next_round(const McpRequestPtr& request, const McpHandle& handle, const McpShape& shape);
  McpCall::Ports ports();
  mcp::RequestIdentity identity_of(const McpRequest& request) const;

  RouteContext& context_;
  mcp::RequestState states_;
  McpCatalogue catalogue_;
  JournalWatch watch_;
  std::map<std::string, std::shared_ptr<McpSession>> sessions_;
  std::map<std::string, McpCallPtr> calls_;  // by handle
  std::map<std::string, McpCallPtr> tasks_;  // by receipt
  bool tending_ = false;
  std::vector<std::weak_ptr<McpRequest>> tended_;  // whose token is looked at
  std::uint64_t next_hearing_ = 1;
  std::map<std::uint64_t, std::shared_ptr<McpHearing>> hearings_;  // of subscriptions/listen; shared with the watch
};

// A page of a list: the items behind the cursor of the request, and the next cursor. INVALID_INPUT for a cursor that
// was not given out.
Result<json::Value> mcp_page(const McpRequest& request, std::string_view key, json::Array all);

}  // namespace lumenflow::mcp_server
