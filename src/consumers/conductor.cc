#include "lumenflow/consumers/conductor.h"

#include <algorithm>
#include <optional>
#include <thread>
#include <utility>

#include "base/encoding.h"
#include "base/signing.h"
#include "base/time.h"
#include "consumers/url_part.h"
#include "http/client.h"
#include "json/canonical.h"

namespace lumenflow::consumers {
namespace {

using http::Method;

// Answers hold what workspaces said, and that may be nested as deeply as inputs may, below a few members of ours.
constexpr std::size_t kAnswerDepthMax = 256;
constexpr std::chrono::milliseconds kAnswerWaitMax{30'000};  // what the conductor keeps a call waiting for

struct Parsed {
  int status = 0;
  json::Value document;
};

Error problem_of(const json::Value& document, int status) {
  std::string told(json::string_or(document, "detail", "no reason was given"));
  const std::string_view word = json::string_or(document, "code", "");
  if (const std::optional<ErrorCode> code = error_code_from_name(word)) return {*code, std::move(told)};
  const std::string what = word.empty() ? "the answer has the status " + std::to_string(status) : std::string(word);
  return {ErrorCode::kInternal, what + ": " + told};
}

template <class T>
Result<T> read_as(const json::Value& document) {
  T value;
  if (const Status read = from_json(document, value); !read.ok())
    return Error(ErrorCode::kInvalidOutput, "the answer is not what the description says: " + read.error().message(),
                 read.error().details());
  return value;
}

std::string path_of(std::string_view workspace, std::string_view rest) {
  return "/v2/workspaces/" + url_part(workspace) + std::string(rest);
}

// What a device says of a call, so that nobody can make it up: docs/conductor-protocol.md, "Commands".
Status sign_call(http::ClientRequest& request, const json::Object& payload, const Decider& signer, Timestamp now) {
  const std::string decided_at = format_rfc3339(now);
  const json::Object statement{{"purpose", "command"},
                               {"kind", "conductor:tool_requested"},
                               {"payload", payload},
                               {"decided_by", signer.subject},
                               {"decided_at", decided_at}};
  LUMENFLOW_TRY_ASSIGN(const std::string text, json::canonical(statement));
  LUMENFLOW_TRY_ASSIGN(const std::string signature, p256_sign(text, signer.private_key));
  request.headers.emplace_back("LumenFlow-Signature", to_base64url(signature));
  request.headers.emplace_back("LumenFlow-Decided-At", decided_at);
  return {};
}

class Query {
 public:
  void add(std::string_view name, std::string_view value) {
    text_ += text_.empty() ? "?" : "&";
    text_.append(name).append("=").append(url_part(value));
  }
  void add(std::string_view name, std::int64_t value) { add(name, std::to_string(value)); }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

}  // namespace

struct ConductorClient::State {
  explicit State(ConductorClientOptions given) : options(std::move(given)), client(client_options()) {}

  http::ClientOptions client_options() const {
    http::ClientOptions made;
    made.base_url = options.url;
    made.ca_file = options.ca_file;
    made.timeout = options.timeout;
    return made;
  }

  Result<http::ClientResponse> send(http::ClientRequest request) {
    if (!options.token.empty()) request.headers.emplace_back("Authorization", "Bearer " + options.token);
    if (!cookie.empty()) request.headers.emplace_back("Cookie", cookie);
    if (!csrf.empty() && request.method != Method::kGet) request.headers.emplace_back("X-CSRF-Token", csrf);
    return client.send(request);
  }

  static Result<Parsed> parsed(const http::ClientResponse& answer) {
    Result<json::Value> document = json::parse(answer.body, {.depth_max = kAnswerDepthMax});
    if (document.ok() && document->is_object()) return Parsed{answer.status, *std::move(document)};
    const std::string status = std::to_string(answer.status);
    return Error(ErrorCode::kInvalidOutput, "the answer is no JSON object; its status is " + status);
  }

  // The document of a 2xx answer; the problem that it tells of otherwise.
  Result<json::Value> ask(Method method, std::string path, std::optional<std::string> body = {}) {
    http::ClientRequest request;
    request.method = method;
    request.path = std::move(path);
    request.body = std::move(body);
    LUMENFLOW_TRY_ASSIGN(const http::ClientResponse answer, send(std::move(request)));
    LUMENFLOW_TRY_ASSIGN(Parsed told, parsed(answer));
    if (told.status / 100 != 2) return problem_of(told.document, told.status);
    return std::move(told.document);
  }

  template <class T>
  Result<T> get(std::string path) {
    LUMENFLOW_TRY_ASSIGN(const json::Value document, ask(Method::kGet, std::move(path)));
    return read_as<T>(document);
  }

  template <class T>
  Result<T> post(std::string path, const json::Value& body) {
    LUMENFLOW_TRY_ASSIGN(const json::Value document, ask(Method::kPost, std::move(path), json::serialize(body)));
    return read_as<T>(document);
  }

  const ConductorClientOptions options;
  http::Client client;
  std::string cookie, csrf;  // of an operator who is signed in
  SystemClock clock;
};

ConductorClient::ConductorClient(ConductorClientOptions options)
    : state_(std::make_unique<State>(std::move(options))) {}
ConductorClient::~ConductorClient() = default;
ConductorClient::ConductorClient(ConductorClient&&) noexcept = default;

Result<conductor::OpenedSession> ConductorClient::sign_in(const conductor::SignIn& who) {
  state_->cookie.clear();
  state_->csrf.clear();
  http::ClientRequest request;
  request.method = Method::kPost;
  request.path = "/v2/session";
  request.body = json::serialize(to_json(who));
  LUMENFLOW_TRY_ASSIGN(const http::ClientResponse answer, state_->send(std::move(request)));
  LUMENFLOW_TRY_ASSIGN(const Parsed told, State::parsed(answer));
  if (told.status != 200) return problem_of(told.document, told.status);
  LUMENFLOW_TRY_ASSIGN(conductor::OpenedSession session, read_as<conductor::OpenedSession>(told.document));
  const std::string_view cookie = answer.header("set-cookie").value_or("");
  if (cookie.empty()) return Error(ErrorCode::kInvalidOutput, "the session came without its cookie");
  state_->cookie = cookie.substr(0, cookie.find(';'));
  state_->csrf = session.csrf;
  return session;
}

Status ConductorClient::sign_out() {
  LUMENFLOW_TRY_ASSIGN(const json::Value document, state_->ask(Method::kDelete, "/v2/session"));
  LUMENFLOW_TRY(read_as<conductor::SignedOut>(document));
  state_->cookie.clear();
  state_->csrf.clear();
  return {};
}

Result<conductor::WorkspacePage> ConductorClient::workspaces(std::string_view after) {
  Query query;
  if (!after.empty()) query.add("after", after);
  return state_->get<conductor::WorkspacePage>("/v2/workspaces" + query.text());
}

Result<conductor::ToolRegistry> ConductorClient::tools(std::string_view workspace) {
  return state_->get<conductor::ToolRegistry>(path_of(workspace, "/tools"));
}

Result<conductor::ToolOutcome> ConductorClient::call(std::string_view workspace, std::string_view tool,
                                                     const json::Object& input, const ConductorCall& options) {
  const auto began = state_->clock.monotonic();
  const std::chrono::milliseconds wait =
      std::clamp(std::min(options.patience, state_->options.wait), std::chrono::milliseconds(0), kAnswerWaitMax);
  http::ClientRequest request;
  request.method = Method::kPost;
  request.path = path_of(workspace, "/tools/" + url_part(tool) + "?wait=" + std::to_string(wait.count()) + "ms");
  request.body = json::serialize(input);
  json::Object payload{{"tool", tool}, {"input", input}};
  if (!options.idempotency_key.empty()) {
    request.headers.emplace_back("Idempotency-Key", options.idempotency_key);
    payload.set("idempotency_key", options.idempotency_key);
  }
  if (!options.signer.subject.empty()) LUMENFLOW_TRY(sign_call(request, payload, options.signer, state_->clock.now()));
  LUMENFLOW_TRY_ASSIGN(const http::ClientResponse answer, state_->send(std::move(request)));
  LUMENFLOW_TRY_ASSIGN(const Parsed told, State::parsed(answer));
  // A call that has ended otherwise than well has the status of its code; the document tells it from a problem.
  if (told.status / 100 != 2 && told.document.find("state") == nullptr) return problem_of(told.document, told.status);
  LUMENFLOW_TRY_ASSIGN(conductor::ToolOutcome outcome, read_as<conductor::ToolOutcome>(told.document));
  if (is_ended(outcome.state) || !outcome.command_id) return outcome;
  const auto took = std::chrono::ceil<std::chrono::milliseconds>(state_->clock.monotonic() - began);
  LUMENFLOW_TRY_ASSIGN(const conductor::Command command,
                       this->outcome(workspace, *outcome.command_id, options.patience - took));
  return read_as<conductor::ToolOutcome>(to_json(command));
}

Result<conductor::QueuedCommand> ConductorClient::queue(std::string_view workspace,
                                                        const conductor::NewCommand& command) {
  return state_->post<conductor::QueuedCommand>(path_of(workspace, "/commands"), to_json(command));
}

Result<conductor::Command> ConductorClient::command(std::string_view workspace, std::string_view command_id) {
  return state_->get<conductor::Command>(path_of(workspace, "/commands/" + url_part(command_id)));
}

Result<conductor::Command> ConductorClient::outcome(std::string_view workspace, std::string_view command_id,
                                                    std::chrono::milliseconds patience) {
  const auto until = state_->clock.monotonic() + patience;
  for (;;) {
    LUMENFLOW_TRY_ASSIGN(conductor::Command now, command(workspace, command_id));
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - state_->clock.monotonic());
    if (is_ended(now.state) || left.count() <= 0) return now;
    std::this_thread::sleep_for(std::min(left, state_->options.pause));
  }
}

Result<conductor::Command> ConductorClient::cancel(std::string_view workspace, std::string_view command_id,
                                                   std::string_view reason) {
  Query query;
  if (!reason.empty()) query.add("reason", reason);
  LUMENFLOW_TRY_ASSIGN(
      const json::Value document,
      state_->ask(Method::kDelete, path_of(workspace, "/commands/" + url_part(command_id) + query.text())));
  return read_as<conductor::Command>(document);
}

Result<conductor::ApprovalPage> ConductorClient::approvals(std::string_view workspace, const ApprovalQuery& asked) {
  Query query;
  query.add("limit", asked.limit);
  if (asked.before > 0) query.add("before", asked.before);
  if (asked.pending_only) query.add("state", "pending");
  return state_->get<conductor::ApprovalPage>(path_of(workspace, "/approvals" + query.text()));
}

Result<conductor::QueuedCommand> ConductorClient::decide(const conductor::Approval& approval,
                                                         conductor::ApprovalDecisionDecision decision,
                                                         const Decider& decider, std::string_view reason) {
  const std::string decided_at = format_rfc3339(state_->clock.now());
  const json::Object statement{
      {"purpose", "approval"},      {"approval_id", approval.approval_id}, {"call_digest", approval.call_digest},
      {"decision", name(decision)}, {"decided_by", decider.subject},       {"reason", reason},
      {"decided_at", decided_at}};
  LUMENFLOW_TRY_ASSIGN(const std::string text, json::canonical(statement));
  LUMENFLOW_TRY_ASSIGN(const std::string signature, p256_sign(text, decider.private_key));
  conductor::ApprovalDecision body;
  body.decision = decision;
  body.signature = to_base64url(signature);
  body.decided_by = decider.subject;
  if (!reason.empty()) body.reason = reason;
  body.decided_at = decided_at;
  body.workspace_id = approval.workspace_id;
  return state_->post<conductor::QueuedCommand>("/v2/approvals/" + url_part(approval.approval_id), to_json(body));
}

Result<conductor::RotatedKey> ConductorClient::rotate_key() {
  LUMENFLOW_TRY_ASSIGN(const json::Value document, state_->ask(Method::kPost, "/v2/keys/rotate"));
  return read_as<conductor::RotatedKey>(document);
}

Result<conductor::EventPage> ConductorClient::events(std::string_view workspace, const EventQuery& asked) {
  Query query;
  query.add("after", asked.after);
  query.add("limit", asked.limit);
  if (!asked.kind.empty()) query.add("kind", asked.kind);
  if (!asked.stream.empty()) query.add("stream", asked.stream);
  return state_->get<conductor::EventPage>(path_of(workspace, "/events" + query.text()));
}

bool is_ended(conductor::CommandStateName state) {
  switch (state) {
    case conductor::CommandStateName::kQueued:
    case conductor::CommandStateName::kDelivered:
    case conductor::CommandStateName::kRunning:
      return false;
    case conductor::CommandStateName::kDone:
    case conductor::CommandStateName::kRefused:
    case conductor::CommandStateName::kExpired:
    case conductor::CommandStateName::kCancelled:
      return true;
  }
  return true;
}

}  // namespace lumenflow::consumers
