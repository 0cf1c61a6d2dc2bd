#include "mounts/session.h"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "mcp/revision.h"
#include "mounts/header_values.h"

namespace lumenflow::mounts {
namespace {

using std::chrono::steady_clock;

constexpr std::size_t kPagesMax = 200;
constexpr std::array<std::string_view, 4> kHandshakeRevisions{"2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"};
constexpr std::int64_t kHeaderMismatch = -32020, kMissingCapability = -32021;
// A process is shared by callers, so none of them says for all which folders it is to look at.
constexpr Offers kHandshakeOffers{true, true, false};
constexpr std::string_view kMetaPrefix = "io.modelcontextprotocol/";
constexpr std::size_t kInstructionBytesMax = 16u << 10;

json::Object capabilities(const Offers& offers, bool tasks = false) {
  json::Object out;
  if (offers.elicitation) out.set("elicitation", json::Object{{"form", json::Object{}}});
  if (offers.sampling) out.set("sampling", json::Object{});
  if (offers.roots) out.set("roots", json::Object{});
  if (tasks) out.set("extensions", json::Object{{std::string(mcp::kTasksExtension), json::Object{}}});
  return out;
}

json::Object client_info() { return {{"name", "lumenflow"}, {"title", "LumenFlow"}, {"version", "1"}}; }

Error crashed(std::string what) { return {ErrorCode::kToolCrashed, std::move(what)}; }

// Why a reply that should have been a result is none.
Error error_of(const Reply& reply, std::string_view method) {
  if (reply.kind == Reply::Kind::kRefusal)
    return crashed("the server refused " + std::string(method) + ": " + reply.refusal.message.substr(0, 500));
  return reply.error;
}

bool lists(const json::Value* versions, std::string_view wanted) {
  const json::Array* const list = versions == nullptr ? nullptr : versions->if_array();
  return list != nullptr && std::ranges::any_of(*list, [&](const json::Value& v) { return v == json::Value(wanted); });
}

// Stands for all of its resources: which of them there are may change from call to call.
ToolDefinition resource_reading() {
  ToolDefinition out;
  out.name = kResourceEntry;
  out.stated = json::Object{{"name", kResourceEntry}};
  out.digest = digest_of_definition(out.stated);
  return out;
}

void keep_instructions(const json::Value& result, Peer& peer) {
  peer.instructions = std::string(json::string_or(result, "instructions", "")).substr(0, kInstructionBytesMax);
}

}  // namespace

Reply Session::ask(std::string method, json::Object params, Deadline deadline, pack::HostedRun* run, Inbound* inbound,
                   const Offers& offers, std::vector<std::pair<std::string, std::string>> headers) {
  Asked asked;
  if (peer_.is_stateless()) {
    json::Object meta;
    if (const json::Value* given = params.find("_meta")) meta = given->as_object();
    meta.set(std::string(kMetaPrefix) + "protocolVersion", peer_.revision);
    meta.set(std::string(kMetaPrefix) + "clientInfo", client_info());
    meta.set(std::string(kMetaPrefix) + "clientCapabilities", capabilities(offers, true));
    meta.set(std::string(kMetaPrefix) + "logLevel", "info");
    params.set("_meta", std::move(meta));
    asked.headers = std::move(headers);
    asked.headers.emplace_back("Mcp-Method", method);
    const json::Value* const name = params.find(method == kResourceEntry       ? "uri"
                                                : method.starts_with("tasks/") ? "taskId"
                                                                               : "name");
    if (name != nullptr && name->is_string()) asked.headers.emplace_back("Mcp-Name", header_value(name->as_string()));
  }
  asked.method = std::move(method);
  asked.params = std::move(params);
  asked.deadline = deadline;
  asked.run = run;
  asked.inbound = inbound;
  return channel_.ask(asked);
}

Status Session::connect(Deadline deadline, std::chrono::milliseconds probe, pack::HostedRun* run, Inbound* inbound) {
  if (!peer_.revision.empty()) {
    channel_.speaks(peer_.revision);
    return {};
  }
  const auto probe_end = steady_clock::now() + probe;
  const bool whole = !deadline || probe_end < *deadline;
  LUMENFLOW_TRY_ASSIGN(const Era era, discover(whole ? probe_end : *deadline, run, inbound));
  if (era == Era::kStateless) return {};
  const bool silent = steady_clock::now() >= probe_end;
  Status shaken = shake_hands(deadline, run, inbound);
  if (shaken.ok() || !silent) return shaken;
  // It may only have been slow to start, and know no handshakes: now it has had the time.
  const Result<Era> after_all = discover(deadline, run, inbound);
  return after_all.ok() && *after_all == Era::kStateless ? Status() : shaken;
}

Result<Session::Era> Session::discover(Deadline deadline, pack::HostedRun* run, Inbound* inbound) {
  peer_.revision = kStatelessRevision;
  channel_.speaks(peer_.revision);
  Reply reply = ask("server/discover", {}, deadline, run, inbound);
  const auto fall_back = [&] {
    peer_.revision.clear();
    return Era::kHandshake;
  };
  if (reply.kind == Reply::Kind::kResult && reply.result.find("supportedVersions") != nullptr) {
    if (!lists(reply.result.find("supportedVersions"), kStatelessRevision)) return fall_back();
    if (const json::Value* meta = reply.result.find("_meta"))
      if (const json::Value* server = meta->find(std::string(kMetaPrefix) + "serverInfo");
          server && server->is_object())
        peer_.server = *server;
    keep_instructions(reply.result, peer_);
    keep_capabilities(reply.result);
    return Era::kStateless;
  }
  if (reply.kind == Reply::Kind::kRefusal) {
    const std::int64_t code = reply.refusal.code;
    if (code == kHeaderMismatch || code == kMissingCapability) {
      peer_.revision.clear();
      return error_of(reply, "server/discover");
    }
    return fall_back();  // of an unsupported revision (-32022), too: it speaks another, and then one with a handshake
  }
  if (reply.kind == Reply::Kind::kResult) return fall_back();
  peer_.revision.clear();
  const bool silent = reply.kind == Reply::Kind::kCancelled && reply.error.code() == ErrorCode::kToolTimeout;
  // An old server over HTTP answers 4xx to what is no handshake; 401 and 403 are about who asks.
  const bool old_http = reply.http_status >= 400 && reply.http_status < 500 && reply.http_status != 401 &&
                        reply.http_status != 403 && reply.http_status != 407;
  if (silent || old_http) return Era::kHandshake;
  return reply.error;
}

Status Session::shake_hands(Deadline deadline, pack::HostedRun* run, Inbound* inbound) {
  channel_.speaks({});
  json::Object params{{"protocolVersion", kHandshakeRevision},
                      {"capabilities", capabilities(kHandshakeOffers)},
                      {"clientInfo", client_info()}};
  Reply reply = ask("initialize", std::move(params), deadline, run, inbound);
  if (reply.kind != Reply::Kind::kResult) return error_of(reply, "initialize");
  const std::string_view revision = json::string_or(reply.result, "protocolVersion", "");
  if (std::ranges::find(kHandshakeRevisions, revision) == kHandshakeRevisions.end())
    return crashed("the server speaks revision " + json::serialize(json::Value(revision.substr(0, 40))) +
                   " of the protocol, which nobody here does");
  if (const json::Value* server = reply.result.find("serverInfo"); server != nullptr && server->is_object())
    peer_.server = *server;
  keep_instructions(reply.result, peer_);
  keep_capabilities(reply.result);
  channel_.speaks(std::string(revision));
  LUMENFLOW_TRY(channel_.tell("notifications/initialized", json::Object{}));
  peer_.revision = revision;
  return {};
}

void Session::keep_capabilities(const json::Value& result) {
  const json::Value* const has = result.find("capabilities");
  peer_.prompts = has != nullptr && has->find("prompts") != nullptr;
  peer_.resources = has != nullptr && has->find("resources") != nullptr;
}

Status Session::pages(const std::string& method, const std::string& key, Deadline deadline, pack::HostedRun* run,
                      Inbound* inbound, const std::function<Status(json::Value item)>& take) {
  std::set<std::string> cursors;
  std::string cursor;
  for (std::size_t page = 0; page < kPagesMax; ++page) {
    json::Object params;
    if (!cursor.empty()) params.set("cursor", cursor);
    Reply reply = ask(method, std::move(params), deadline, run, inbound);
    if (reply.kind == Reply::Kind::kRefusal && reply.refusal.code == mcp::kMethodNotFound && page == 0) return {};
    if (reply.kind != Reply::Kind::kResult) return error_of(reply, method);
    json::Value* const list = reply.result.as_object().find(key);
    if (list == nullptr || !list->is_array()) return crashed("the server's " + method + " has no list of " + key);
    for (json::Value& item : list->as_array()) LUMENFLOW_TRY(take(std::move(item)));
    cursor = json::string_or(reply.result, "nextCursor", "");
    if (cursor.empty()) return {};
    if (!cursors.insert(cursor).second) return crashed("the server's list of " + key + " leads back into itself");
  }
  return Error(ErrorCode::kOutputTooLarge, "the server's list of " + key + " has more than 200 pages");
}

Result<std::vector<ToolDefinition>> Session::list_tools(Deadline deadline, bool content, pack::HostedRun* run,
                                                        Inbound* inbound) {
  std::vector<ToolDefinition> tools;
  std::set<std::string> names;
  std::size_t bytes = 0;
  const auto keep = [&](const char* what, Result<ToolDefinition> tool) -> Status {
    if (!tool.ok()) return crashed("in the server's list of " + std::string(what) + "s: " + tool.error().message());
    if (!names.insert(tool->name).second)
      return crashed("the server lists the " + std::string(what) + " " + json::serialize(tool->name) + " twice");
    bytes += json::serialize(tool->stated).size();
    tools.push_back(*std::move(tool));
    if (tools.size() <= kToolsMax && bytes <= kDefinitionsBytesMax) return {};
    return Error(ErrorCode::kOutputTooLarge, "the server lists more than 1000 tools, or over 8 MiB of them");
  };
  LUMENFLOW_TRY(pages("tools/list", "tools", deadline, run, inbound,
                      [&](json::Value item) { return keep("tool", read_definition(std::move(item))); }));
  if (content && peer_.prompts)
    LUMENFLOW_TRY(pages("prompts/list", "prompts", deadline, run, inbound,
                        [&](json::Value item) { return keep("prompt", read_prompt_definition(std::move(item))); }));
  if (content && peer_.resources) LUMENFLOW_TRY(keep("resource", resource_reading()));
  return tools;
}

Result<json::Array> Session::list_resources(Deadline deadline, pack::HostedRun* run, Inbound* inbound) {
  json::Array all;
  std::size_t bytes = 0;
  const auto keep = [&](json::Value item) -> Status {
    bytes += json::serialize(item).size();
    if (all.size() >= kToolsMax || bytes > kDefinitionsBytesMax)
      return Error(ErrorCode::kOutputTooLarge, "the server lists more than 1000 resources, or over 8 MiB of them");
    all.push_back(std::move(item));
    return {};
  };
  if (!peer_.resources) return all;
  LUMENFLOW_TRY(pages("resources/list", "resources", deadline, run, inbound, keep));
  LUMENFLOW_TRY(pages("resources/templates/list", "resourceTemplates", deadline, run, inbound, keep));
  return all;
}

}  // namespace lumenflow::mounts
