#include "mounts/call_inbound.h"

#include <algorithm>
#include "http/url.h"

namespace lumenflow::mounts {
namespace {

constexpr std::string_view kElicit = "elicitation/create", kSample = "sampling/createMessage";

LogLevel level_of(std::string_view level) {
  if (level == "debug" || level == "info") return level == "info" ? LogLevel::kInfo : LogLevel::kDebug;
  return level == "notice" ? LogLevel::kInfo : level == "warning" ? LogLevel::kWarn : LogLevel::kError;
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
    log_.line(level_of(json::string_or(params, "level", "info")), "log", text);
  } else if (method == "notifications/tools/list_changed") {
    tools_changed_ = true;
  }
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
  return {context_->may_ask(kElicit), context_->may_ask(kSample)};
}

Result<json::Value> CallInbound::answer(std::string_view method, const json::Value& params) {
  if (method == "ping") return json::Value(json::Object{});
  if (method != kElicit && method != kSample)
    return Error(ErrorCode::kMethodNotAllowed, "this client does not offer " + std::string(method.substr(0, 64)));
  const bool can_be_asked = context_ != nullptr && context_->may_ask(method);
  // A server with a handshake was told that there are people to ask; that there is nobody now is an answer, too.
  if (!can_be_asked && method == kElicit) return json::Value(json::Object{{"action", "cancel"}});
  if (!can_be_asked) return Error(ErrorCode::kClientCapabilityMissing, "who made this call has no model to ask");
  LUMENFLOW_TRY_ASSIGN(json::Value without, asked_by(context_->tool(), method, params));
  return method == kElicit ? context_->elicit(std::move(without)) : context_->sample(std::move(without));
}

Result<json::Value> asked_by(std::string_view tool, std::string_view method, json::Value params) {
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
