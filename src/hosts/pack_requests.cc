#include "hosts/pack_requests.h"

#include <algorithm>
#include <utility>

#include "hosts/body_stream.h"

namespace lumenflow::hosts {
namespace {

constexpr std::size_t kValueBytesMax = 1u << 20;
constexpr std::int64_t kBodyBytesMax = 4 << 20;  // in one answer
constexpr std::size_t kPageBytesMax = 4u << 20;
constexpr std::size_t kScanStep = 32;  // items that are read at once
constexpr std::int64_t kScanDefault = 100;
constexpr std::string_view kKernelTools = "kernel:", kTaskMethods = "task/", kCallMethods = "call/";

Error invalid(std::string what) { return {ErrorCode::kInvalidInput, std::move(what)}; }

std::string_view text(const json::Value& params, std::string_view key) { return json::string_or(params, key, ""); }

LogLevel level_of(std::string_view name) {
  if (name == "debug") return LogLevel::kDebug;
  if (name == "warn") return LogLevel::kWarn;
  return name == "error" ? LogLevel::kError : LogLevel::kInfo;
}

// The host of a URL, for scopes that allow any; the fetch itself reads the URL properly.
std::string host_of(std::string_view url) {
  if (const std::size_t scheme = url.find("://"); scheme != std::string_view::npos) url.remove_prefix(scheme + 3);
  std::string_view authority = url.substr(0, url.find_first_of("/?#"));
  if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) authority.remove_prefix(at + 1);
  return std::string(authority);
}

}  // namespace

const std::vector<std::string_view>& offered_methods() {
  static const std::vector<std::string_view> methods{
      "event/emit",   "store/get",   "store/put",   "store/delete", "store/scan",    "replay_log/has",
      "tool/invoke",  "http/fetch",  "http/stop",   "process/run",  "tool/progress", "log",
      "call/elicit",  "call/sample", "call/ask",    "task/create",  "task/claim",    "task/block",
      "task/unblock", "task/wait",   "task/resume", "task/release", "task/delegate", "task/complete",
      "task/show",    "task/list",   "task/lanes"};
  return methods;
}

Result<std::string> PackRequests::take(Message message, const Say& say) {
  const bool asks = message.kind == Message::Kind::kRequest;
  const auto& offered = offered_methods();
  if (!protocol_.from_pack(message.method) || std::ranges::find(offered, message.method) == offered.end())
    return asks ? method_not_found_line(message.id, message.method) : std::string();
  Status status = protocol_.check_params(message.method, message.body);
  if (!asks) {
    if (!status.ok()) return Error(ErrorCode::kInvalidRequest, status.error().message());
    notice(message.method, message.body);
    return std::string();
  }
  if (status.ok() && (context_ == nullptr || text(message.body, "in") != run_id_) &&
      !(context_ != nullptr && message.body.find("in") == nullptr))
    status = Error(ErrorCode::kInvalidRequest, "'in' names nothing that this child works on now");
  if (!status.ok()) return refusal_line(message.id, status.error());
  asked_id_ = message.id;
  const Result<json::Value> result = answer(message.method, message.body, say);
  return result.ok() ? answer_line(message.id, *result) : refusal_line(message.id, result.error());
}

Result<json::Value> PackRequests::answer(const std::string& method, const json::Value& params, const Say& say) {
  const json::Value done = json::Object{};
  if (method == "store/get") {
    LUMENFLOW_TRY_ASSIGN(std::optional<json::Value> value, context_->store().get(text(params, "key")));
    return json::Value(json::Object{{"value", value ? *std::move(value) : json::Value()}});
  }
  if (method == "store/put") {
    const json::Value& value = *params.find("value");
    if (json::serialize(value).size() > kValueBytesMax) return invalid("a value has at most 1 MiB as JSON");
    LUMENFLOW_TRY(context_->store().put(text(params, "key"), value));
    return done;
  }
  if (method == "store/delete") {
    LUMENFLOW_TRY(context_->store().erase(text(params, "key")));
    return done;
  }
  if (method == "store/scan") return scan(params);
  if (method == "event/emit") return emit(params);
  if (method == "http/fetch") return fetch(params);
  if (method == "process/run") return run_program(params, say);
  if (method.starts_with(kCallMethods)) return ask_caller(method, params);
  if (method == "tool/invoke") {
    if (text(params, "tool").starts_with(kKernelTools))
      return Error(ErrorCode::kToolNotFound, "of the kernel's own tools a pack reaches those of tasks, by task/*");
    return invoke(text(params, "tool"), params);
  }
  if (method.starts_with(kTaskMethods))
    return invoke(std::string(kKernelTools) + "task_" + method.substr(kTaskMethods.size()), params);
  pack::HostedRun* const run = context_->hosted();
  if (run == nullptr) return Error(ErrorCode::kInternal, "the run has no host");
  LUMENFLOW_TRY_ASSIGN(const bool has, run->was_handled(text(params, "kind"), text(params, "replay_key")));
  return json::Value(json::Object{{"has", has}});
}

Result<json::Value> PackRequests::emit(const json::Value& params) {
  pack::EmitOptions options;
  if (const json::Value* key = params.find("idempotency_key")) options.idempotency_key = key->as_string();
  if (const json::Value* timestamp = params.find("timestamp")) options.timestamp = timestamp->as_string();
  const json::Value& payload = *params.find("payload");
  if (json::boolean_or(params, "with_result", false)) {
    LUMENFLOW_TRY(context_->emit(text(params, "kind"), payload, std::move(options)));
    return json::Value(json::Object{});
  }
  LUMENFLOW_TRY_ASSIGN(const pack::Emitted emitted,
                       context_->emit_now(text(params, "kind"), payload, std::move(options)));
  return json::Value(
      json::Object{{"event_id", emitted.event_id}, {"timestamp", emitted.timestamp}, {"seq", emitted.seq}});
}

// In steps, so that a page of large values ends before it is too large.
Result<json::Value> PackRequests::scan(const json::Value& params) {
  const auto limit = static_cast<std::size_t>(json::integer_or(params, "limit", kScanDefault));
  const std::string_view prefix = text(params, "prefix");
  std::string after(text(params, "after"));
  json::Array items;
  std::size_t bytes = 0;
  bool more = true;
  while (more && items.size() < limit && bytes < kPageBytesMax) {
    const std::size_t step = std::min(kScanStep, limit - items.size());
    LUMENFLOW_TRY_ASSIGN(std::vector<pack::StoreItem> page, context_->store().scan(prefix, after, step));
    more = page.size() == step;
    for (pack::StoreItem& item : page) {
      if (bytes >= kPageBytesMax) {
        more = true;
        break;
      }
      bytes += item.key.size() + json::serialize(item.value).size();
      after = item.key;
      items.push_back(json::Object{{"key", std::move(item.key)}, {"value", std::move(item.value)}});
    }
  }
  json::Object result{{"items", std::move(items)}};
  if (more) result.set("next", after);
  return json::Value(std::move(result));
}

Result<json::Value> PackRequests::fetch(const json::Value& params) {
  pack::HostedRun* const run = context_->hosted();
  if (run == nullptr) return Error(ErrorCode::kInternal, "the run has no host");
  const pack::Scope& network = run->scopes().network;
  pack::HttpRequest request;
  request.url = text(params, "url");
  request.body = text(params, "body");
  request.method = json::string_or(params, "method", request.method);
  request.timeout_ms = json::integer_or(params, "timeout_ms", request.timeout_ms);
  request.idle_timeout_ms = json::integer_or(params, "idle_timeout_ms", 0);
  request.body_bytes_max = static_cast<std::size_t>(
      json::integer_or(params, "body_bytes_max", static_cast<std::int64_t>(request.body_bytes_max)));
  if (const json::Value* headers = params.find("headers"))
    for (const json::Value& header : headers->as_array())
      request.headers.push_back({std::string(text(header, "name")), std::string(text(header, "value")),
                                 std::string(text(header, "environment"))});
  // With posture full nothing is written down, so nothing is reached in the open.
  request.plain_http = network.posture == pack::NetworkPosture::kAllowlist;
  if (network.posture == pack::NetworkPosture::kFull) request.allowlist = {host_of(request.url)};
  if (network.posture == pack::NetworkPosture::kAllowlist) request.allowlist = network.allowlist;
  if (json::boolean_or(params, "stream", false)) return stream(std::move(request));
  if (static_cast<std::int64_t>(request.body_bytes_max) > kBodyBytesMax)
    return invalid("body_bytes_max is at most 4 MiB without 'stream'");
  LUMENFLOW_TRY_ASSIGN(const pack::HttpResponse response, context_->fetch(request));
  return json::Value(
      json::Object{{"status", response.status}, {"headers", headers_of(response)}, {"body", response.body}});
}

Result<json::Value> PackRequests::stream(pack::HttpRequest request) {
  if (aside_ == nullptr) return Error(ErrorCode::kInternal, "nobody takes a stream here");
  BodyStream body(*aside_, run_id_, asked_id_);
  request.sink = [&body](const pack::HttpResponse& head, std::string_view piece) { return body.take(head, piece); };
  LUMENFLOW_TRY_ASSIGN(const pack::HttpResponse response, context_->fetch(request));
  const bool complete = response.complete && body.finish();
  return json::Value(json::Object{
      {"status", response.status}, {"headers", headers_of(response)}, {"body", response.body}, {"complete", complete}});
}

// The protocol carries UTF-8 alone: what is none becomes U+FFFD when the answer is written.
Result<json::Value> PackRequests::run_program(const json::Value& params, const Say& say) {
  pack::ProgramRequest request;
  for (const json::Value& argument : params.find("command")->as_array())
    request.command.push_back(argument.as_string());
  request.directory = text(params, "directory");
  if (const json::Value* environment = params.find("environment"))
    for (const json::Member& variable : environment->as_object())
      request.environment.push_back(variable.key + "=" + variable.value.as_string());
  if (const json::Value* paths = params.find("paths"))
    for (const json::Value& path : paths->as_array())
      request.paths.push_back({std::string(text(path, "pattern")), text(path, "access") == "write"});
  request.input = text(params, "stdin");
  request.timeout_ms = json::integer_or(params, "timeout_ms", 0);
  request.output_bytes_max = static_cast<std::size_t>(json::integer_or(params, "output_bytes_max", 1 << 20));
  request.errors_with_output = json::boolean_or(params, "errors_with_output", false);
  if (say && json::boolean_or(params, "lines", false))
    request.on_line = [&](pack::ProgramStream stream, std::string_view line) {
      say(notification_line("process/output",
                            json::Object{{"in", run_id_},
                                         {"stream", stream == pack::ProgramStream::kOutput ? "output" : "errors"},
                                         {"line", line}}));
    };
  LUMENFLOW_TRY_ASSIGN(const pack::ProgramEnd end, context_->run_program(request));
  return json::Value(json::Object{{"exit_code", end.exit_code},
                                  {"signal", end.signal},
                                  {"limit", end.limit},
                                  {"output", end.output},
                                  {"errors", end.errors},
                                  {"duration_ms", end.duration_ms},
                                  {"isolation", end.isolation}});
}

Result<json::Value> PackRequests::invoke(std::string_view tool, const json::Value& params) {
  pack::HostedRun* const run = context_->hosted();
  if (run == nullptr) return Error(ErrorCode::kInternal, "the run has no host");
  std::optional<PackExecutor::Waiting> waiting;
  if (threads_ != nullptr) waiting.emplace(threads_);
  LUMENFLOW_TRY_ASSIGN(const std::string result,
                       run->invoke(tool, *params.find("input"), text(params, "idempotency_key")));
  return json::parse(result, {.depth_max = 256});
}

Result<json::Value> PackRequests::ask_caller(const std::string& method, const json::Value& params) {
  std::vector<pack::Question> questions;
  if (method == "call/ask")
    for (const json::Value& question : params.find("questions")->as_array())
      questions.push_back(
          {std::string(text(question, "key")), std::string(text(question, "method")), *question.find("params")});
  else
    questions.push_back({"question", method == "call/elicit" ? "elicitation/create" : "sampling/createMessage",
                         *params.find("params")});
  std::optional<PackExecutor::Waiting> waiting;
  if (threads_ != nullptr) waiting.emplace(threads_);
  LUMENFLOW_TRY_ASSIGN(std::vector<json::Value> answers, context_->ask(questions));
  if (method != "call/ask") return json::Value(json::Object{{"answer", std::move(answers.front())}});
  json::Array all;
  for (json::Value& answer : answers) all.push_back(std::move(answer));
  return json::Value(json::Object{{"answers", std::move(all)}});
}

void PackRequests::notice(const std::string& method, const json::Value& params) {
  const bool of_this_run = context_ != nullptr && json::string_or(params, "in", run_id_) == run_id_;
  pack::HostedRun* const run = of_this_run ? context_->hosted() : nullptr;
  if (method == "log") {
    std::string line(text(params, "message"));
    if (const json::Value* fields = params.find("fields")) line += " " + json::serialize(*fields);
    log_.line(level_of(text(params, "level")), "log", line);
    if (run != nullptr) run->logged(json::string_or(params, "level", "info"), log_.masked(line));
  } else if (method != "http/stop") {  // which came too late: what it is about has been answered
    log_.line(LogLevel::kDebug, "progress", json::serialize(params));
    const json::Value* done = params.find("fraction");
    const double fraction = done == nullptr ? 0 : done->as_double();
    if (run != nullptr) run->progressed(fraction, log_.masked(text(params, "message")));
  }
}

}  // namespace lumenflow::hosts
