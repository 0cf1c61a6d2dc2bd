#include "agent-runtime/providers/http_provider.h"

#include <algorithm>
#include <chrono>
#include <set>
#include <thread>
#include <utility>

#include "agent-runtime/providers/intent_line.h"
#include "agent-runtime/providers/retry_after.h"
#include "agent-runtime/providers/tool_names.h"
#include "agent-runtime/providers/wire_format.h"

namespace lumenflow::agent_runtime {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr int kAttemptsMax = 4;
constexpr std::int64_t kFirstPauseMs = 500, kPauseMaxMs = 60'000;
constexpr std::int64_t kSilenceMaxMs = 120'000;  // of a stream
constexpr std::int64_t kTimeoutMaxMs = 3'600'000;
constexpr std::size_t kAnswerBytesMax = 16u << 20;

ProviderError of_fetch(const Error& error) {
  const auto say = [&](const char* code) { return ProviderError{code, error.message(), {}}; };
  switch (error.code()) {
    case ErrorCode::kNotFound:
      return say("MISSING_ENVIRONMENT");
    case ErrorCode::kInvalidInput:
    case ErrorCode::kInvalidConfiguration:
    case ErrorCode::kScopeDenied:
      return say("CONFIGURATION_ERROR");
    case ErrorCode::kOutputTooLarge:
      return say("PROVIDER_MALFORMED_RESPONSE");
    case ErrorCode::kToolCancelled:
    case ErrorCode::kCancelled:
      return say("TOOL_CANCELLED");
    default:
      return say("PROVIDER_TRANSPORT_ERROR");
  }
}

bool holds(std::string_view type, std::string_view word) {
  std::string lower(type.substr(0, type.find(';')));
  std::ranges::transform(lower, lower.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
  return lower.find(word) != std::string::npos;
}

// What one exchange came to.
struct Exchange {
  Completion completion;
  bool may_repeat = false;  // the other side said that it cannot now, and nothing of an answer was shown
};

// What the other side says of its own failure, briefly. The host has taken the request's secrets out.
std::string reason_in(const pack::HttpResponse& response) {
  const Result<json::Value> body = json::parse(response.body);
  if (!body.ok()) return holds(response.header("content-type"), "text/plain") ? excerpt(response.body) : std::string();
  const json::Value* error = body->find("error");
  if (error == nullptr) error = &*body;
  if (const std::string* text = error->if_string()) return excerpt(*text);
  return excerpt(json::string_or(*error, "message", ""));
}

bool is_exhausted(const pack::HttpResponse& response) {
  const Result<json::Value> body = json::parse(response.body);
  const json::Value* error = body.ok() ? body->find("error") : nullptr;
  return error != nullptr && (json::string_or(*error, "type", "") == "insufficient_quota" ||
                              json::string_or(*error, "code", "") == "insufficient_quota");
}

Exchange refused(const pack::HttpResponse& response, std::int64_t now_ms) {
  const int status = response.status;
  std::string message = "the provider answered " + std::to_string(status);
  if (status >= 300 && status < 400) message += ", which leads elsewhere and is not followed: correct base_url";
  if (const std::string reason = reason_in(response); !reason.empty()) message += ": " + reason;
  if (const std::string_view id =
          response.header("x-request-id").empty() ? response.header("request-id") : response.header("x-request-id");
      !id.empty())
    message += " (request " + excerpt(id) + ")";
  if (status == 401 || status == 403)
    return {ProviderError{"PROVIDER_AUTHENTICATION_FAILED", message + "; check the key that api_key_env names", {}},
            false};
  const auto again_after = retry_after_ms(response, now_ms);
  if (status == 429)
    return {ProviderError{"PROVIDER_RATE_LIMITED", std::move(message), again_after}, !is_exhausted(response)};
  const bool passing = status == 500 || status == 502 || status == 503 || status == 504 || status == 529;
  return {ProviderError{"PROVIDER_HTTP_ERROR", std::move(message), again_after}, passing};
}

class HttpProvider final : public Provider {
 public:
  HttpProvider(Model model, std::string own_base, std::unique_ptr<WireFormat> format, Patience wait)
      : model_(std::move(model)), own_base_(std::move(own_base)), format_(std::move(format)), wait_(std::move(wait)) {}

  Completion complete(pack::HostContext& host, const ModelRequest& request, const Sink& sink) const override {
    ModelRequest told = request;
    if (std::string intents = intent_instruction(request.intents); !intents.empty()) {
      Message message;
      message.role = Message::Role::kSystem;
      message.text = std::move(intents);
      told.messages.insert(told.messages.begin(), std::move(message));
    }
    const bool stream = request.stream && sink;
    const std::string body = json::serialize(format_->body(model_, told, stream));
    const auto deadline =
        steady_clock::now() + milliseconds(std::clamp<std::int64_t>(request.timeout_ms, 1, kTimeoutMaxMs));
    std::int64_t pause = kFirstPauseMs;
    for (int attempt = 1;; ++attempt, pause *= 2) {
      if (host.cancelled()) return ProviderError{"TOOL_CANCELLED", "the call was cancelled", {}};
      const std::int64_t left = left_ms(deadline);
      if (left <= 0) return ProviderError{"PROVIDER_TRANSPORT_ERROR", "the provider did not answer in time", {}};
      Exchange exchange = ask(host, request, body, stream, left, sink);
      const auto* error = std::get_if<ProviderError>(&exchange.completion);
      if (error == nullptr || !exchange.may_repeat || attempt == kAttemptsMax) return std::move(exchange.completion);
      const std::int64_t wait = error->retry_after_ms.value_or(pause);
      if (wait > kPauseMaxMs || wait >= left_ms(deadline)) return std::move(exchange.completion);
      if (!wait_(host, wait)) return ProviderError{"TOOL_CANCELLED", "the call was cancelled", {}};
    }
  }

 private:
  static std::int64_t left_ms(steady_clock::time_point deadline) {
    return std::chrono::ceil<milliseconds>(deadline - steady_clock::now()).count();
  }

  pack::HttpRequest prepare(const std::string& body, bool stream, std::int64_t timeout_ms) const {
    pack::HttpRequest http;
    http.base_url = model_.base_url;
    if (model_.base_url.empty()) http.base_url_env = model_.base_url_env;
    http.url = format_->path(model_.base_url);
    if (model_.base_url.empty() && model_.base_url_env.empty()) {
      http.url = "https://" + own_base_ + http.url;
      http.allowlist = {own_base_.substr(0, own_base_.find('/')) + ":443"};
    }
    http.plain_http = true;
    http.body = body;
    http.headers = format_->headers(model_);
    http.headers.push_back({"content-type", "application/json"});
    http.headers.push_back({"accept", stream ? "text/event-stream" : "application/json"});
    http.timeout_ms = timeout_ms;
    if (stream) http.idle_timeout_ms = std::min(timeout_ms, kSilenceMaxMs);
    http.body_bytes_max = kAnswerBytesMax;
    return http;
  }

  Exchange ask(pack::HostContext& host, const ModelRequest& request, const std::string& body, bool stream,
               std::int64_t timeout_ms, const Sink& sink) const {
    const Sink nobody;
    IntentLine intent(request.intents, stream ? sink : nobody);
    const Sink shown = [&intent](std::string_view piece) { return intent.feed(piece); };
    const std::unique_ptr<AnswerReader> reader = format_->reader(shown);
    std::optional<ProviderError> fault;
    SseReader events([&](const ReceivedEvent& event) {
      fault = reader->event(event);
      return !fault;
    });
    enum class Kind : std::uint8_t { kNothing, kEvents, kWhole } kind = Kind::kNothing;
    std::string whole;
    pack::HttpRequest http = prepare(body, stream, timeout_ms);
    http.sink = [&](const pack::HttpResponse& head, std::string_view piece) {
      const std::string_view type = head.header("content-type");
      if (kind == Kind::kNothing) kind = holds(type, "event-stream") ? Kind::kEvents : Kind::kWhole;
      if (kind == Kind::kEvents) return events.feed(piece);
      if (!holds(type, "json"))
        fault = malformed("the provider answered with '" + excerpt(type) + "' in place of JSON");
      whole += piece;
      return !fault;
    };
    const Result<pack::HttpResponse> response = host.fetch(http);
    if (fault) return {*std::move(fault), false};
    if (!response.ok()) return {of_fetch(response.error()), false};
    if (response->status < 200 || response->status > 299) return refused(*response, host.now_ms());
    if (kind == Kind::kNothing) return {malformed("the provider's answer is empty"), false};
    if (kind == Kind::kEvents) {
      if (events.in_the_middle()) events.feed("\n\n");  // the last event may lack its end
      if (events.too_large()) return {malformed("an event of the stream is over the limit"), false};
    } else {
      const Result<json::Value> answer = json::parse(whole);
      if (!answer.ok() || !answer->is_object()) return {malformed("the provider's answer is no JSON object"), false};
      fault = reader->whole(*answer);
    }
    if (fault) return {*std::move(fault), false};
    Completion completion = reader->finish();
    if (!intent.finish()) return {ProviderError{"TOOL_CANCELLED", "no more of the text is wanted", {}}, false};
    if (auto* proposal = std::get_if<Proposal>(&completion)) settle(*proposal, request, intent, host);
    return {std::move(completion), false};
  }

  // From the wire's names to ours, and each request with an id of its own.
  static void settle(Proposal& proposal, const ModelRequest& request, const IntentLine& intent,
                     const pack::HostContext& host) {
    proposal.intent = intent.take_from(proposal.text);
    const ToolNames names(request.tools);
    std::set<std::string> used;
    for (const Message& message : request.messages)
      for (const ToolRequest& before : message.requests) used.insert(before.id);
    for (ToolRequest& asked : proposal.requests) {
      asked.name = names.tool(asked.name);
      // One that there is and that was not offered is refused by its own name, for what it is that bars it. The
      // kernel's are nobody's to ask about, and whoever looks for attempts at them looks by their names.
      if (std::string meant = tool_of_wire(asked.name);
          !meant.empty() && (meant.starts_with("kernel:") || host.has_tool(meant)))
        asked.name = std::move(meant);
      for (std::size_t n = used.size() + 1; asked.id.empty() || used.contains(asked.id); ++n)
        asked.id = "call_" + std::to_string(n);
      used.insert(asked.id);
    }
  }

  const Model model_;
  const std::string own_base_;
  const std::unique_ptr<WireFormat> format_;
  const Patience wait_;
};

Result<std::unique_ptr<Provider>> make(const Model& model, std::string own_base, std::unique_ptr<WireFormat> format,
                                       Patience wait) {
  const std::string of = "the model '" + model.profile + "' ";
  if (model.model.empty())
    return Error(ErrorCode::kInvalidConfiguration, of + "needs 'model', the provider's name for it");
  if (!model.base_url.empty() && !model.base_url.starts_with("https://") && !model.base_url.starts_with("http://"))
    return Error(ErrorCode::kInvalidConfiguration, of + "has a base_url that is no http or https URL");
  return std::unique_ptr<Provider>(
      std::make_unique<HttpProvider>(model, std::move(own_base), std::move(format), std::move(wait)));
}

}  // namespace

// In short steps, because a context is asked whether its call was cancelled and does not say so by itself.
bool wait_patiently(pack::HostContext& host, std::int64_t ms) {
  const auto until = steady_clock::now() + milliseconds(ms);
  while (!host.cancelled()) {
    const auto left = until - steady_clock::now();
    if (left <= milliseconds(0)) return true;
    std::this_thread::sleep_for(std::min<steady_clock::duration>(left, milliseconds(50)));
  }
  return false;
}

Result<std::unique_ptr<Provider>> make_openai_compatible_provider(const Model& model, Patience wait) {
  return make(model, "api.openai.com/v1", make_chat_completions(), std::move(wait));
}

Result<std::unique_ptr<Provider>> make_messages_compatible_provider(const Model& model, Patience wait) {
  return make(model, "api.anthropic.com", make_messages_format(), std::move(wait));
}

}  // namespace lumenflow::agent_runtime
