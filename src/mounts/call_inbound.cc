#include "mounts/call_inbound.h"

#include <algorithm>
#include "http/url.h"

namespace lumenflow::mounts {
namespace {

constexpr std::string_view kElicit = "elicitation/create", kSample = "sampling/createMessage", kRoots = "roots/list";

LogLevel level_of(std::string_view level) {
  if (level == "debug" || level == "info") return level == "info" ? LogLevel::kInfo : LogLevel::kDebug;
  return level == "notice" ? LogLevel::kInfo : level == "warning" ? LogLevel::kWarn : LogLevel::kError;
}

std::string_view word_of(LogLevel level) {
  if (level == LogLevel::kError) return "error";
  return level == LogLevel::kWarn ? "warn" : level == LogLevel::kInfo ? "info" : "debug";
}

double number_of(const json::Value& object, std::string_view key, double fallback) {
  const json::Value* const value = object.find(key);
  return value != nullptr && value->is_number() ? value->as_double() : fallback;
}

}  // namespace

void CallInbound::notice(std::string_view method, const json::Value& params) {
  if (method == "notifications/progress") {
    progress(params);
  } else if (method == "notifications/message") {
    const json::Value* const data = params.find("data");
    const std::string text = data == nullptr     ? std::string()
                             : data->is_string() ? data->as_string()
                                                 : json::serialize(*data);
    const LogLevel level = level_of(json::string_or(params, "level", "info"));
    log_.line(level, "log", text);
    // Whoever follows the call hears of it as well, without what the server was given.
    if (pack::HostedRun* const run = context_ == nullptr ? nullptr : context_->hosted())
      run->logged(word_of(level), log_.masked(text));
  } else if (method == "notifications/tools/list_changed") {
    tools_changed_ = true;
  }
}

void CallInbound::working(std::string_view message) {
  if (context_ != nullptr) context_->progress(0, message);
}

void CallInbound::progress(const json::Value& params) {
  const json::Value* const token = params.find("progressToken");
  if (context_ == nullptr || token == nullptr || token_.is_null() || *token != token_) return;
  const double total = number_of(params, "total", 0);
  const double done = number_of(params, "progress", 0);
  // Without a total nobody knows how much is left; what is said then is that something happens.
  const double fraction = total > 0 ? std::clamp(done / total, 0.0, 1.0) : 0;
  context_->progress(fraction, json::string_or(params, "message", ""));
}

Offers CallInbound::offers() const {
  if (context_ == nullptr) return {};
  return {context_->may_ask(kElicit), context_->may_ask(kSample), context_->may_ask(kRoots)};
}

Result<json::Value> CallInbound::answer(std::string_view method, const json::Value& params) {
  if (method == "ping") return json::Value(json::Object{});
  if (method != kElicit && method != kSample && method != kRoots)
    return Error(ErrorCode::kMethodNotAllowed, "this client does not offer " + std::string(method.substr(0, 64)));
  const bool can_be_asked = context_ != nullptr && context_->may_ask(method);
  // A server with a handshake was told that there are people to ask; that there is nobody now is an answer, too.
  if (!can_be_asked && method == kElicit) return json::Value(json::Object{{"action", "cancel"}});
  if (!can_be_asked && method == kRoots) return json::Value(json::Object{{"roots", json::Array{}}});
  if (!can_be_asked) return Error(ErrorCode::kClientCapabilityMissing, "who made this call has no model to ask");
  LUMENFLOW_TRY_ASSIGN(json::Value without, asked_by(context_->tool(), method, params));
  const std::vector<pack::Question> questions{{"question", std::string(method), std::move(without)}};
  LUMENFLOW_TRY_ASSIGN(std::vector<json::Value> answers, context_->ask(questions));
  return std::move(answers.front());
}

// Together, where all of them can be asked of the caller: they see one round of questions, by the server's own names.
Result<json::Object> CallInbound::answer_all(const json::Object& requests) {
  json::Object answers;
  std::vector<pack::Question> questions;
  bool all = context_ != nullptr;
  for (const json::Member& request : requests) {
    const std::string method(json::string_or(request.value, "method", ""));
    const json::Value* const given = request.value.find("params");
    json::Value params = given != nullptr && given->is_object() ? *given : json::Value(json::Object{});
    all = all && context_->may_ask(method);
    questions.push_back({request.key, method, std::move(params)});
  }
  if (!all || questions.empty()) {
    for (const pack::Question& question : questions) {
      LUMENFLOW_TRY_ASSIGN(json::Value said, answer(question.method, question.params));
      answers.set(question.key, std::move(said));
    }
    return answers;
  }
  for (pack::Question& question : questions) {
    LUMENFLOW_TRY_ASSIGN(question.params, asked_by(context_->tool(), question.method, std::move(question.params)));
  }
  LUMENFLOW_TRY_ASSIGN(std::vector<json::Value> said, context_->ask(questions));
  for (std::size_t i = 0; i < said.size(); ++i) answers.set(questions[i].key, std::move(said[i]));
  return answers;
}

Result<json::Value> asked_by(std::string_view tool, std::string_view method, json::Value params) {
  if (!params.is_object()) params = json::Object{};
  params.as_object().erase("_meta");  // of this conversation, not of the caller's
  if (method != kElicit) return params;
  const json::Value* const message = params.find("message");
  if (message == nullptr || !message->is_string())
    return Error(ErrorCode::kInvalidInput, "elicitation/create needs a 'message'");
  params.as_object().set("message", std::string(tool.substr(0, tool.find(':'))) + " asks: " + message->as_string());
  if (json::string_or(params, "mode", "form") != "url") return params;
  LUMENFLOW_TRY_ASSIGN(const http::Url url, http::parse_url(json::string_or(params, "url", "")));
  const bool is_here = url.host == "localhost" || url.host == "127.0.0.1" || url.host == "::1";
  if (url.scheme == "https" || is_here) return params;
  return Error(ErrorCode::kInvalidInput, "nobody is sent to a URL without https");
}

}  // namespace lumenflow::mounts
