#include "mcp_server/request.h"

#include <utility>

#include "sidecar/version.h"

namespace lumenflow::mcp_server {

McpRequest::McpRequest(mcp::Message message_, mcp::Revision revision_, json::Value capabilities_,
                       std::shared_ptr<const kernel::Credential> credential_, kernel::Surface surface_,
                       std::shared_ptr<McpSession> session_, std::shared_ptr<McpAnswer> answer)
    : message(std::move(message_)),
      revision(revision_),
      capabilities(std::move(capabilities_)),
      credential(std::move(credential_)),
      surface(surface_),
      session(std::move(session_)),
      answer_(std::move(answer)) {}

bool McpRequest::knows_tasks() const {
  if (!stateless() || !capabilities.is_object()) return false;
  const json::Value* const extensions = capabilities.find("extensions");
  return extensions != nullptr && extensions->is_object() && extensions->find(mcp::kTasksExtension) != nullptr;
}

const json::Value* McpRequest::progress_token() const {
  const json::Value* const token = message.meta("progressToken");
  return token != nullptr && (token->if_string() != nullptr || token->if_integer() != nullptr) ? token : nullptr;
}

std::optional<int> McpRequest::least_log_level() const {
  if (session) return session->log_level;
  const json::Value* const level = message.meta(mcp::kMetaLogLevel);
  if (level == nullptr || !level->is_string()) return std::nullopt;
  return mcp_log_level(level->as_string());
}

void McpRequest::reply(json::Value result) { reply_as("complete", std::move(result)); }

void McpRequest::reply_cacheable(json::Value result, std::int64_t ttl_ms) {
  if (stateless()) {
    result.as_object().set("ttlMs", ttl_ms);
    result.as_object().set("cacheScope", "private");  // every list is the caller's own
  }
  reply(std::move(result));
}

bool McpRequest::end_if_over() {
  if (answer_->ended()) return true;
  const Status standing = answer_->standing();
  if (standing.ok()) return false;
  over_ = true;
  mcp::RpcError error = mcp::rpc_error(standing.error(), revision);
  if (!receipt.empty()) error.data.as_object().set("receipt_id", receipt);
  answer_->end(mcp::error_text(message.id, error));
  return true;
}

void McpRequest::reply_as(std::string_view result_type, json::Value result) {
  if (end_if_over()) return;
  if (stateless()) {
    json::Object& members = result.as_object();
    members.set("resultType", result_type);
    json::Object meta;
    if (const json::Value* const given = members.find("_meta"); given != nullptr && given->is_object())
      meta = given->as_object();
    meta.set(std::string(mcp::kMetaServerInfo), mcp_server_info());
    members.set("_meta", std::move(meta));
  }
  if (session) session->running.erase(json::serialize(message.id));
  answer_->end(mcp::result_text(message.id, std::move(result)));
}

void McpRequest::fail(const mcp::RpcError& error, int status) {
  if (end_if_over()) return;
  if (session) session->running.erase(json::serialize(message.id));
  answer_->end(mcp::error_text(message.id, error), stateless() ? status : 200);
}

void McpRequest::say(std::string_view method, json::Value params) {
  if (end_if_over()) return;
  answer_->say(mcp::notification_text(method, std::move(params)));
}

json::Value mcp_server_info() {
  return json::Object{{"name", "lumenflow"}, {"title", "LumenFlow"}, {"version", sidecar::kVersion}};
}

}  // namespace lumenflow::mcp_server
