#include "mounts/session.h"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "mounts/header_values.h"

namespace lumenflow::mounts {
namespace {

using std::chrono::steady_clock;

constexpr std::size_t kPagesMax = 200;
constexpr int kRoundsMax = 8;  // of "more input is needed"
constexpr std::array<std::string_view, 4> kHandshakeRevisions{"2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"};
constexpr std::int64_t kHeaderMismatch = -32020, kMissingCapability = -32021;
constexpr std::string_view kMetaPrefix = "io.modelcontextprotocol/";
constexpr std::size_t kInstructionBytesMax = 16u << 10;

json::Object capabilities(const Offers& offers) {
  json::Object out;
  if (offers.elicitation) out.set("elicitation", json::Object{{"form", json::Object{}}});
  if (offers.sampling) out.set("sampling", json::Object{});
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
    meta.set(std::string(kMetaPrefix) + "clientCapabilities", capabilities(offers));
    params.set("_meta", std::move(meta));
    asked.headers = std::move(headers);
    asked.headers.emplace_back("Mcp-Method", method);
    const json::Value* const name = params.find("name");
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
  json::Object params{
      {"protocolVersion", kHandshakeRevision}, {"capabilities", capabilities({})}, {"clientInfo", client_info()}};
  Reply reply = ask("initialize", std::move(params), deadline, run, inbound);
  if (reply.kind != Reply::Kind::kResult) return error_of(reply, "initialize");
  const std::string_view revision = json::string_or(reply.result, "protocolVersion", "");
  if (std::ranges::find(kHandshakeRevisions, revision) == kHandshakeRevisions.end())
    return crashed("the server speaks revision " + json::serialize(json::Value(revision.substr(0, 40))) +
                   " of the protocol, which nobody here does");
  if (const json::Value* server = reply.result.find("serverInfo"); server != nullptr && server->is_object())
    peer_.server = *server;
  keep_instructions(reply.result, peer_);
  channel_.speaks(std::string(revision));
  LUMENFLOW_TRY(channel_.tell("notifications/initialized", json::Object{}));
  peer_.revision = revision;
  return {};
}

Result<std::vector<ToolDefinition>> Session::list_tools(Deadline deadline, pack::HostedRun* run, Inbound* inbound) {
  std::vector<ToolDefinition> tools;
  std::set<std::string> names, cursors;
  std::size_t bytes = 0;
  std::string cursor;
  for (std::size_t page = 0; page < kPagesMax; ++page) {
    json::Object params;
    if (!cursor.empty()) params.set("cursor", cursor);
    Reply reply = ask("tools/list", std::move(params), deadline, run, inbound);
    if (reply.kind == Reply::Kind::kRefusal && reply.refusal.code == mcp::kMethodNotFound && page == 0) return tools;
    if (reply.kind != Reply::Kind::kResult) return error_of(reply, "tools/list");
    json::Value* const list = reply.result.as_object().find("tools");
    if (list == nullptr || !list->is_array()) return crashed("the server's tools/list has no list of tools");
    for (json::Value& stated : list->as_array()) {
      Result<ToolDefinition> tool = read_definition(std::move(stated));
      if (!tool.ok()) return crashed("in the server's list of tools: " + tool.error().message());
      if (!names.insert(tool->name).second)
        return crashed("the server lists the tool " + json::serialize(tool->name) + " twice");
      bytes += json::serialize(tool->stated).size();
      tools.push_back(*std::move(tool));
      if (tools.size() > kToolsMax || bytes > kDefinitionsBytesMax)
        return Error(ErrorCode::kOutputTooLarge, "the server lists more than 1000 tools, or over 8 MiB of them");
    }
    cursor = json::string_or(reply.result, "nextCursor", "");
    if (cursor.empty()) return tools;
    if (!cursors.insert(cursor).second) return crashed("the server's list of tools leads back into itself");
  }
  return Error(ErrorCode::kOutputTooLarge, "the server's list of tools has more than 200 pages");
}

Reply Session::call(const ToolCall& call, const Offers& offers, Deadline deadline, pack::HostedRun* run,
                    Inbound* inbound) {
  json::Object params{{"name", call.name}, {"arguments", call.arguments}};
  json::Object meta{{"lumenflow.dev/receipt", call.receipt_id}};
  if (!call.token.is_null()) meta.set("progressToken", call.token);
  params.set("_meta", std::move(meta));
  for (int round = 0;; ++round) {
    Reply reply = ask("tools/call", params, deadline, run, inbound, offers, call.headers);
    if (reply.kind != Reply::Kind::kResult) return reply;
    const std::string_view type = json::string_or(reply.result, "resultType", "complete");
    if (type == "complete" || !peer_.is_stateless()) return reply;
    Reply fault;
    if (type != "input_required" || round == kRoundsMax || inbound == nullptr) {
      fault.error = crashed(type != "input_required" ? "the server answered with a result of an unknown type"
                                                     : "the server asked for input again and again");
      return fault;
    }
    json::Object responses;
    if (const json::Value* requests = reply.result.find("inputRequests"); requests != nullptr && requests->is_object())
      for (const json::Member& request : requests->as_object()) {
        static const json::Value kNone = json::Object{};
        const json::Value* const asked = request.value.find("params");
        Result<json::Value> answer =
            inbound->answer(json::string_or(request.value, "method", ""), asked ? *asked : kNone);
        if (!answer.ok()) {
          fault.error = Error(answer.error().code(),
                              "the server asks for what nobody here can give: " + answer.error().message());
          return fault;
        }
        responses.set(request.key, *std::move(answer));
      }
    params.erase("inputResponses");
    params.erase("requestState");
    if (!responses.empty()) params.set("inputResponses", std::move(responses));
    if (const json::Value* state = reply.result.find("requestState")) params.set("requestState", *state);
  }
}

}  // namespace lumenflow::mounts
