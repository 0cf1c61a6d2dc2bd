// What a request must be before it is one: origin, token, session, headers, revision (basic/transports).
#include <algorithm>
#include <utility>

#include "base/encoding.h"
#include "http/url.h"
#include "mcp/headers.h"
#include "mcp_server/server.h"

namespace lumenflow::mcp_server {
namespace {

constexpr std::size_t kSessionsMax = 1024;
constexpr std::int64_t kSessionIdleMs = 3'600'000;
constexpr std::string_view kVersionHeader = "mcp-protocol-version", kSessionHeader = "mcp-session-id";

bool is_loopback(std::string_view host) {
  if (host.starts_with('[')) return host.starts_with("[::1]");
  host = host.substr(0, host.find(':'));
  return host == "localhost" || host == "127.0.0.1" || host.ends_with(".localhost");
}

// The authority of an origin, "https://host:port".
std::string_view authority_of(std::string_view origin) {
  const std::size_t scheme = origin.find("://");
  return scheme == std::string_view::npos ? std::string_view() : origin.substr(scheme + 3);
}

// A page of another site must not reach a server that a name of its own leads to (DNS rebinding): a browser says whose
// page it is, and which name it asked for.
bool is_foreign(const http::Request& request) {
  if (request.peer.local_socket) return false;
  const std::string_view host = request.header("host").value_or("");
  const bool from_here = request.peer.address == "127.0.0.1" || request.peer.address == "::1";
  if (from_here && !is_loopback(host)) return true;
  const std::optional<std::string_view> origin = request.header("origin");
  if (!origin) return false;
  const std::string_view authority = authority_of(*origin);
  return authority.empty() || (authority != host && !(from_here && is_loopback(authority)));
}

// Two of one header could mean either.
bool says_twice(const http::Request& request) {
  const auto is_ours = [](const auto& header) { return header.first.starts_with("mcp-"); };
  for (auto one = request.headers.begin(); one != request.headers.end(); ++one)
    if (is_ours(*one) && std::any_of(std::next(one), request.headers.end(),
                                     [one](const auto& other) { return other.first == one->first; }))
      return true;
  return false;
}

void refuse(const ExchangePtr& exchange, int status, const json::Value& id, const mcp::RpcError& error) {
  http::Response response;
  response.status = status;
  response.body = mcp::error_text(id, error);
  exchange->send(std::move(response));
}

std::string base_url(const http::Request& request) {
  const std::string_view proto = request.header("x-forwarded-proto").value_or("http");
  return std::string(proto == "https" ? "https" : "http") + "://" + std::string(request.header("host").value_or(""));
}

}  // namespace

McpServer::McpServer(RouteContext& context)
    : context_(context), states_(context.random), catalogue_(context.workspace.kernel()), watch_(context) {}

bool McpServer::admit(const ExchangePtr& exchange) {
  if (is_foreign(exchange->request())) {
    refuse(exchange, 403, {}, {mcp::kInvalidRequest, "the request comes from the page of another site", {}});
    return false;
  }
  if (!context_.workspace.config().mcp) {
    exchange->fail(Error(ErrorCode::kNotFound, "MCP is switched off by 'surfaces' in lumenflow.yaml"));
    return false;
  }
  auto credential = context_.authenticator.authenticate(exchange->request());
  if (!credential.ok()) {
    http::Response response = http::problem(credential.error());
    const std::string metadata = base_url(exchange->request()) + "/.well-known/oauth-protected-resource/mcp";
    std::erase_if(response.headers, [](const auto& header) { return header.first == "WWW-Authenticate"; });
    const bool has_token = exchange->request().header("authorization").has_value();
    response.headers.emplace_back("WWW-Authenticate", "Bearer " +
                                                          std::string(has_token ? "error=\"invalid_token\", " : "") +
                                                          "resource_metadata=\"" + metadata + "\"");
    exchange->send(std::move(response));
    return false;
  }
  if (says_twice(exchange->request())) {
    refuse(exchange, 400, {}, {mcp::kInvalidRequest, "a header of MCP was sent twice; send it once", {}});
    return false;
  }
  exchange->credential = *std::move(credential);
  exchange->surface = exchange->request().peer.local_socket ? kernel::Surface::kSocket : kernel::Surface::kHttp;
  return true;
}

void McpServer::describe_resource(const ExchangePtr& exchange) {
  json::Array scopes;
  for (const char* scope : {"tools:read", "tools:write", "tools:admin", "events:read", "audit:read"})
    scopes.push_back(scope);
  exchange->send_json(json::Object{{"resource", base_url(exchange->request()) + "/mcp"},
                                   {"resource_name", "LumenFlow workspace " + context_.workspace.config().id.str()},
                                   {"bearer_methods_supported", json::Array{"header"}},
                                   {"scopes_supported", std::move(scopes)}});
}

void McpServer::post(const ExchangePtr& exchange) {
  if (!admit(exchange)) return;
  const http::Request& request = exchange->request();
  const std::string_view type = request.header("content-type").value_or("application/json");
  if (type.find("json") == std::string_view::npos)
    return exchange->fail(Error(ErrorCode::kUnsupportedMediaType, "send application/json"));
  Result<mcp::Message> message = mcp::parse_message(request.body);
  if (!message.ok()) {
    const mcp::RpcError error = mcp::rpc_error(message.error(), mcp::kLatest);
    return refuse(exchange, 400, mcp::id_of(request.body), error);
  }
  const std::optional<std::string_view> version = request.header(kVersionHeader);
  const std::optional<mcp::Revision> spoken = version ? mcp::revision_of(*version) : std::nullopt;
  const bool says_all = message->meta(mcp::kMetaVersion) != nullptr;
  const bool old = !says_all && (message->method == "initialize" || request.header(kSessionHeader) || !version ||
                                 (spoken && mcp::has_sessions(*spoken)));
  const bool bare = !says_all && !version && !message->params.find("_meta");
  if (old && (version || bare || request.header(kSessionHeader) || message->method == "initialize"))
    return take_in_session(exchange, *std::move(message));
  take_stateless(exchange, *std::move(message));
}

void McpServer::take_stateless(const ExchangePtr& exchange, mcp::Message message) {
  const http::Request& request = exchange->request();
  const mcp::HeaderOf header = [&request](std::string_view name) { return request.header(name); };
  const json::Value* const version = message.meta(mcp::kMetaVersion);
  const json::Value* const capabilities = message.meta(mcp::kMetaClientCapabilities);
  if (message.kind == mcp::Message::Kind::kNotification) {
    http::Response response;
    response.status = 202;
    return exchange->send(std::move(response));
  }
  if (message.kind != mcp::Message::Kind::kRequest)
    return refuse(exchange, 400, {}, {mcp::kInvalidRequest, "a client sends requests; answers go into a retry", {}});
  const bool by_headers = !request.peer.local_socket;  // stdio has none, and reaches us by the control socket
  if (by_headers && !request.header(kVersionHeader))
    return refuse(exchange, 400, message.id,
                  {mcp::kHeaderMismatch, "Header mismatch: MCP-Protocol-Version is missing", {}});
  if (version == nullptr || !version->is_string() || capabilities == nullptr || !capabilities->is_object())
    return refuse(
        exchange, 400, message.id,
        {mcp::kInvalidParams,
         "params._meta needs " + std::string(mcp::kMetaVersion) + " and " + std::string(mcp::kMetaClientCapabilities),
         {}});
  if (by_headers && *request.header(kVersionHeader) != version->as_string())
    return refuse(exchange, 400, message.id,
                  {mcp::kHeaderMismatch, "Header mismatch: MCP-Protocol-Version is not what the body says", {}});
  const std::optional<mcp::Revision> revision = mcp::revision_of(version->as_string());
  if (!revision || mcp::has_sessions(*revision))
    return refuse(exchange, 400, message.id, mcp::unsupported_version(version->as_string()));
  if (std::string fault = by_headers ? mcp::header_fault(message, header) : std::string(); !fault.empty())
    return refuse(exchange, 400, message.id, {mcp::kHeaderMismatch, std::move(fault), {}});
  const json::Value* const level = message.meta(mcp::kMetaLogLevel);
  if (level != nullptr && (!level->is_string() || mcp_log_level(level->as_string()) < 0))
    return refuse(exchange, 400, message.id, {mcp::kInvalidParams, "there is no such log level", {}});
  if (by_headers && message.method == "tools/call") {
    const pack::ActiveTool* const tool = catalogue_.tool(std::string(json::string_or(message.params, "name", "")));
    const json::Value* const arguments = message.param("arguments");
    std::string fault = tool == nullptr
                            ? std::string()
                            : mcp::param_header_fault(tool->descriptor.input_schema,
                                                      arguments ? *arguments : json::Value(json::Object{}), header);
    if (!fault.empty()) return refuse(exchange, 400, message.id, {mcp::kHeaderMismatch, std::move(fault), {}});
  }
  json::Value declared = *capabilities;
  const auto request_of = std::make_shared<McpRequest>(
      std::move(message), *revision, std::move(declared), exchange->credential, exchange->surface, nullptr,
      std::make_shared<McpAnswer>(context_, exchange, McpAnswer::MakeStream()));
  request_of->traceparent = exchange->traceparent();
  dispatch(request_of);
}

std::shared_ptr<McpSession> McpServer::session_of(const ExchangePtr& exchange, const json::Value& of) {
  const std::optional<std::string_view> id = exchange->request().header(kSessionHeader);
  if (!id) {
    refuse(exchange, 400, of, {mcp::kInvalidRequest, "Mcp-Session-Id is missing: begin with initialize", {}});
    return nullptr;
  }
  const auto found = sessions_.find(std::string(*id));
  if (found == sessions_.end() || found->second->subject != exchange->credential->subject.str()) {
    refuse(exchange, 404, of, {-32001, "Session not found: begin anew with initialize", {}});
    return nullptr;
  }
  const std::optional<std::string_view> version = exchange->request().header(kVersionHeader);
  if (version && *version != mcp::name(found->second->revision)) {
    refuse(exchange, 400, of, {mcp::kInvalidRequest, "MCP-Protocol-Version is not the one agreed upon", {}});
    return nullptr;
  }
  found->second->used_ms = context_.clock.now().ms;
  return found->second;
}

void McpServer::take_in_session(const ExchangePtr& exchange, mcp::Message message) {
  if (message.kind == mcp::Message::Kind::kRequest && message.method == "initialize")
    return initialize(exchange, std::move(message));
  const std::shared_ptr<McpSession> session = session_of(exchange, message.id);
  if (!session) return;
  if (message.kind == mcp::Message::Kind::kRequest) {
    const auto request = std::make_shared<McpRequest>(
        std::move(message), session->revision, session->capabilities, exchange->credential, exchange->surface, session,
        std::make_shared<McpAnswer>(context_, exchange, [session] { return session->new_stream(); }));
    request->traceparent = exchange->traceparent();
    return dispatch(request);
  }
  http::Response accepted;
  accepted.status = 202;
  accepted.content_type.clear();
  exchange->send(std::move(accepted));
  if (message.kind == mcp::Message::Kind::kNotification) return notified(session, message);
  session->take_answer(std::move(message));
}

void McpServer::initialize(const ExchangePtr& exchange, mcp::Message message) {
  const json::Value* const version = message.param("protocolVersion");
  const json::Value* const capabilities = message.param("capabilities");
  if (version == nullptr || !version->is_string() || capabilities == nullptr || !capabilities->is_object())
    return refuse(exchange, 200, message.id,
                  {mcp::kInvalidParams, "initialize needs 'protocolVersion' and 'capabilities'", {}});
  forget_old_sessions();
  std::string id;
  for (int half = 0; half < 2; ++half) id += to_hex(context_.random.draw16());
  const auto session = std::make_shared<McpSession>(id, exchange->credential->subject.str(),
                                                    mcp::negotiate(version->as_string()), *capabilities);
  session->used_ms = context_.clock.now().ms;
  sessions_[id] = session;
  session->hearing = hear_for_session(session, exchange->credential);
  http::Response response;
  response.headers.emplace_back("Mcp-Session-Id", id);
  response.body = mcp::result_text(
      message.id,
      json::Object{{"protocolVersion", mcp::name(session->revision)},
                   {"capabilities", this->capabilities(false)},
                   {"serverInfo", mcp_server_info()},
                   {"instructions", "Tools of the LumenFlow workspace " + context_.workspace.config().id.str() +
                                        ". Each call is checked, may need somebody's approval, and is "
                                        "recorded; lumenflow://calls/{receipt_id} tells what became of one."}});
  exchange->send(std::move(response));
}

void McpServer::forget_old_sessions() {
  const std::int64_t now = context_.clock.now().ms;
  std::erase_if(sessions_, [&](const auto& entry) {
    const bool old = entry.second->used_ms + kSessionIdleMs < now && !entry.second->general().read();
    if (old) entry.second->end();
    return old;
  });
  while (sessions_.size() >= kSessionsMax) {
    const auto oldest =
        std::ranges::min_element(sessions_, {}, [](const auto& entry) { return entry.second->used_ms; });
    oldest->second->end();
    sessions_.erase(oldest);
  }
}

void McpServer::notified(const std::shared_ptr<McpSession>& session, const mcp::Message& message) {
  if (message.method != "notifications/cancelled") return;
  const json::Value* const id = message.param("requestId");
  const auto found = id == nullptr ? session->running.end() : session->running.find(json::serialize(*id));
  if (found == session->running.end()) return;
  const std::function<void()> cancel = found->second;
  session->running.erase(found);
  cancel();
}

void McpServer::get(const ExchangePtr& exchange) {
  if (!admit(exchange)) return;
  const http::Request& request = exchange->request();
  if (!request.header(kSessionHeader)) {
    http::Response response =
        http::problem(Error(ErrorCode::kMethodNotAllowed, "without a session there is POST alone"));
    response.headers.emplace_back("Allow", "POST");
    return exchange->send(std::move(response));
  }
  const std::shared_ptr<McpSession> session = session_of(exchange);
  if (!session) return;
  if (!takes_stream(request))
    return refuse(exchange, 406, {}, {mcp::kInvalidRequest, "Not acceptable: list text/event-stream in Accept", {}});
  const std::optional<std::string_view> last = request.header("last-event-id");
  const std::optional<McpEventId> from = last ? parse_mcp_event_id(*last) : std::nullopt;
  McpStream* const stream = last ? (from ? session->stream(from->stream) : nullptr) : &session->general();
  if (stream == nullptr) return exchange->fail(Error(ErrorCode::kNotFound, "no stream has this event"));
  const auto reader =
      std::make_shared<http::EventStream>(exchange->stream(http::sse_head()));  // shared with the stream
  stream->attach(reader, from ? std::optional(from->message) : std::nullopt, may_read(context_, exchange->credential));
  tend_later();
}

void McpServer::end_session(const ExchangePtr& exchange) {
  if (!admit(exchange)) return;
  const std::shared_ptr<McpSession> session = session_of(exchange);
  if (!session) return;
  for (const auto& [id, cancel] : std::exchange(session->running, {})) cancel();
  session->end();
  sessions_.erase(session->id);
  http::Response response;
  response.status = 204;
  response.content_type.clear();
  exchange->send(std::move(response));
}

}  // namespace lumenflow::mcp_server
