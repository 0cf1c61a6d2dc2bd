#include "sdk/run.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/random.h"
#include "base/time.h"
#include "base/ulid.h"

namespace lumenflow::sdk {
namespace {

constexpr std::size_t kPageMax = 1000;  // of store/scan

std::string first_ulid(const json::Value& readings) {
  const std::string_view given = json::string_or(readings, "ulid", "");
  if (!given.empty()) return std::string(given);
  return make_ulid(SystemClock().now(), SystemRandom().draw16()).str();
}

std::int64_t start_ms(const json::Value& readings) {
  const Result<Timestamp> given = parse_rfc3339(json::string_or(readings, "now", ""));
  return given.ok() ? given->ms : SystemClock().now().ms;
}

// Of the answer to http/fetch, or of the first http/body.
HttpResponse response_of(const json::Value& said) {
  HttpResponse response{static_cast<int>(json::integer_or(said, "status", 0)),
                        std::string(json::string_or(said, "body", ""))};
  response.complete = json::boolean_or(said, "complete", true);
  if (const json::Value* headers = said.find("headers"); headers != nullptr && headers->is_object())
    for (const json::Member& member : headers->as_object())
      if (const std::string* value = member.value.if_string()) response.headers.push_back({member.key, *value});
  return response;
}

Error unexpected(std::string_view method) {
  return Error(ErrorCode::kInternal, "the host's answer to " + std::string(method) + " is not what the protocol says");
}

// Nothing for what is no answer to store/scan.
std::optional<std::vector<StoreItem>> items_of(json::Value& answer) {
  json::Value* items = answer.is_object() ? answer.if_object()->find("items") : nullptr;
  if (items == nullptr || !items->is_array()) return std::nullopt;
  std::vector<StoreItem> found;
  for (json::Value& item : *items->if_array()) {
    json::Object* pair = item.if_object();
    json::Value* value = pair == nullptr ? nullptr : pair->find("value");
    if (value == nullptr) return std::nullopt;
    found.push_back({std::string(json::string_or(item, "key", "")), std::move(*value)});
  }
  return found;
}

Result<json::Object> emission(std::string_view kind, json::Value payload, EmitOptions options) {
  json::Object params;
  params.set("kind", kind);
  params.set("payload", std::move(payload));
  if (options.idempotency_key) params.set("idempotency_key", *std::move(options.idempotency_key));
  if (options.timestamp) {
    LUMENFLOW_TRY_ASSIGN(const Timestamp at, parse_rfc3339(*options.timestamp));
    params.set("timestamp", format_rfc3339(at));
  }
  return params;
}

// The journal's word for it, as far as the code tells.
std::string outcome_of(const std::string& code) {
  static constexpr std::pair<std::string_view, std::string_view> kOutcomes[] = {
      {"TOOL_CANCELLED", "cancelled"}, {"STOPPED", "stopped"},       {"TOOL_TIMEOUT", "timeout"},
      {"TOOL_CRASHED", "crashed"},     {"TOOL_NOT_FOUND", "denied"}, {"INVALID_INPUT", "denied"}};
  for (const auto& [named, outcome] : kOutcomes)
    if (named == code) return std::string(outcome);
  const auto known = error_code_from_name(code);
  return known && info(*known).canonical == CanonicalCode::kPermissionDenied ? "denied" : "failure";
}

// Its data, or the error it ended with; a code that is not one of lumenflow's stands in the message.
Result<json::Value> data_of(Result<Invoked> invoked) {
  if (!invoked.ok()) return invoked.error();
  if (invoked->ok()) return std::move(invoked->data);
  if (const auto known = error_code_from_name(invoked->code)) return Error(*known, std::move(invoked->message));
  return Error(ErrorCode::kInternal, invoked->code + ": " + invoked->message);
}

}  // namespace

Run::Run(Connection& connection, const Registration& registration, std::string id, const json::Value& readings)
    : connection_(connection),
      registration_(registration),
      id_(std::move(id)),
      now_ms_(start_ms(readings)),
      ulid_(first_ulid(readings)) {
  const json::Value* const asks = readings.is_object() ? readings.find("asks") : nullptr;
  if (asks == nullptr || !asks->is_array()) return;
  for (const json::Value& method : asks->as_array())
    if (const std::string* name = method.if_string()) asks_.push_back(*name);
}

std::string Run::new_ulid() {
  std::string ulid = ulid_;
  if (const std::optional<Ulid> number = parse_ulid(ulid)) ulid_ = next_ulid(*number).str();
  return ulid;
}

bool Run::has_tool(std::string_view name) const {
  return std::ranges::any_of(registration_.tools(), [&](const RegisteredTool& tool) { return tool.name == name; });
}

Result<json::Value> Run::ask(std::string_view method, json::Object params, const Connection::Heard& heard) {
  params.set("in", id_);
  return connection_.ask(method, std::move(params), id_, heard);
}

Status Run::emit(std::string_view kind, json::Value payload, EmitOptions options) {
  LUMENFLOW_TRY_ASSIGN(json::Object params, emission(kind, std::move(payload), std::move(options)));
  params.set("with_result", true);
  Result<json::Value> answer = ask("event/emit", std::move(params));
  if (!answer.ok()) return std::move(answer).error();
  return {};
}

Result<Emitted> Run::emit_now(std::string_view kind, json::Value payload, EmitOptions options) {
  LUMENFLOW_TRY_ASSIGN(json::Object params, emission(kind, std::move(payload), std::move(options)));
  LUMENFLOW_TRY_ASSIGN(const json::Value answer, ask("event/emit", std::move(params)));
  return Emitted{std::string(json::string_or(answer, "event_id", "")),
                 std::string(json::string_or(answer, "timestamp", "")),
                 static_cast<std::uint64_t>(json::integer_or(answer, "seq", 0))};
}

Status Run::check_fetch(const HttpRequest& request) const {
  if (!request.url.starts_with("https://") && !(request.plain_http && request.url.starts_with("http://")))
    return Error(ErrorCode::kInvalidInput, "'" + request.url + "' is no https URL");
  if (!request.base_url.empty() || !request.base_url_env.empty())
    return Error(ErrorCode::kInvalidInput, "a pack in a process of its own gives the whole URL");
  if (!request.allowlist.empty())
    return Error(ErrorCode::kInvalidInput,
                 "the call's network scope says which hosts are allowed: leave the allowlist empty");
  if (!connection_.offers("http/fetch"))
    return Error(ErrorCode::kMethodNotAllowed, "this host does not offer http/fetch");
  return {};
}

Result<HttpResponse> Run::fetch(const HttpRequest& request) {
  LUMENFLOW_TRY(check_fetch(request));
  json::Object params;
  params.set("url", request.url);
  params.set("method", request.method);
  if (!request.body.empty()) params.set("body", request.body);
  params.set("timeout_ms", request.timeout_ms);
  if (request.idle_timeout_ms != 0) params.set("idle_timeout_ms", request.idle_timeout_ms);
  params.set("body_bytes_max", std::uint64_t{request.body_bytes_max});
  json::Array headers;
  for (const HttpHeader& header : request.headers) {
    json::Object shown{{"name", header.name}, {"value", header.value}};
    if (!header.environment.empty()) shown.set("environment", header.environment);
    headers.emplace_back(std::move(shown));
  }
  if (!headers.empty()) params.set("headers", std::move(headers));
  const bool streams = request.sink && connection_.offers("http/stop");
  if (!streams) {
    LUMENFLOW_TRY_ASSIGN(const json::Value answer, ask("http/fetch", std::move(params)));
    HttpResponse response = response_of(answer);
    if (!request.sink || response.status < 200 || response.status > 299) return response;
    const std::string body = std::exchange(response.body, {});
    response.complete = body.empty() || request.sink(response, body);
    return response;
  }
  params.set("stream", true);
  HttpResponse head;
  bool wants_more = true;
  const Connection::Heard heard = [&](std::string_view method, const json::Value& said) {
    if (method != "http/body" || !wants_more) return;
    if (head.status == 0) head = response_of(said);
    wants_more = request.sink(head, json::string_or(said, "text", ""));
    const json::Value* id = said.find("id");
    if (!wants_more && id != nullptr) connection_.notify("http/stop", {{"in", id_}, {"id", *id}});
  };
  LUMENFLOW_TRY_ASSIGN(const json::Value answer, ask("http/fetch", std::move(params), heard));
  HttpResponse response = response_of(answer);
  response.complete = response.complete && wants_more;
  return response;
}

Result<ProgramEnd> Run::run_program(const ProgramRequest& request) {
  json::Array command, paths;
  for (const std::string& argument : request.command) command.emplace_back(argument);
  for (const ProgramPath& path : request.paths)
    paths.push_back(json::Object{{"pattern", path.pattern}, {"access", path.write ? "write" : "read"}});
  json::Object environment;
  for (const std::string& variable : request.environment) {
    const std::size_t end = variable.find('=');
    if (end == std::string::npos)
      return Error(ErrorCode::kInvalidInput, "'" + variable + "' is no variable: write NAME=value");
    environment.set(variable.substr(0, end), variable.substr(end + 1));
  }
  json::Object params{{"command", std::move(command)},
                      {"environment", std::move(environment)},
                      {"stdin", request.input},
                      {"output_bytes_max", std::uint64_t{request.output_bytes_max}},
                      {"errors_with_output", request.errors_with_output},
                      {"lines", static_cast<bool>(request.on_line)}};
  if (!request.directory.empty()) params.set("directory", request.directory);
  if (!paths.empty()) params.set("paths", std::move(paths));
  if (request.timeout_ms > 0) params.set("timeout_ms", request.timeout_ms);
  if (request.on_line)
    connection_.on_program_line([&request](const json::Value& said) {
      request.on_line(json::string_or(said, "stream", "") == "errors" ? ProgramStream::kErrors : ProgramStream::kOutput,
                      json::string_or(said, "line", ""));
    });
  if (request.on_start) request.on_start();
  const Result<json::Value> answer = ask("process/run", std::move(params));
  connection_.on_program_line({});
  if (!answer.ok()) return answer.error();
  ProgramEnd end;
  end.exit_code = static_cast<int>(json::integer_or(*answer, "exit_code", 0));
  end.signal = static_cast<int>(json::integer_or(*answer, "signal", 0));
  end.limit = json::string_or(*answer, "limit", "");
  end.output = json::string_or(*answer, "output", "");
  end.errors = json::string_or(*answer, "errors", "");
  end.duration_ms = json::integer_or(*answer, "duration_ms", 0);
  end.isolation = json::string_or(*answer, "isolation", "");
  if (request.on_end) request.on_end(end);
  return end;
}

Result<std::optional<json::Value>> Run::get(std::string_view key) {
  LUMENFLOW_TRY_ASSIGN(json::Value answer, ask("store/get", {{"key", key}}));
  json::Value* value = answer.is_object() ? answer.if_object()->find("value") : nullptr;
  if (value == nullptr) return unexpected("store/get");
  if (value->is_null()) return std::optional<json::Value>();
  return std::optional<json::Value>(std::move(*value));
}

Status Run::put(std::string_view key, json::Value value) {
  Result<json::Value> answer = ask("store/put", {{"key", key}, {"value", std::move(value)}});
  if (!answer.ok()) return std::move(answer).error();
  return {};
}

Status Run::erase(std::string_view key) {
  Result<json::Value> answer = ask("store/delete", {{"key", key}});
  if (!answer.ok()) return std::move(answer).error();
  return {};
}

Result<std::vector<StoreItem>> Run::scan(std::string_view prefix, std::string_view after, std::size_t limit) {
  std::vector<StoreItem> found;
  std::string behind(after);
  while (found.size() < limit) {
    json::Object params{{"prefix", prefix}, {"limit", std::uint64_t{std::min(limit - found.size(), kPageMax)}}};
    if (!behind.empty()) params.set("after", behind);
    LUMENFLOW_TRY_ASSIGN(json::Value answer, ask("store/scan", std::move(params)));
    auto page = items_of(answer);
    if (!page) return unexpected("store/scan");
    std::move(page->begin(), page->end(), std::back_inserter(found));
    const std::string_view next = json::string_or(answer, "next", "");
    if (next.empty()) break;
    behind = next;
  }
  return found;
}

// The protocol reads forwards only.
Result<std::vector<StoreItem>> Run::scan_descending(std::string_view prefix, std::string_view before,
                                                    std::size_t limit) {
  LUMENFLOW_TRY_ASSIGN(std::vector<StoreItem> all, scan(prefix, {}, std::size_t(-1)));
  if (!before.empty()) std::erase_if(all, [&](const StoreItem& item) { return item.key >= before; });
  std::ranges::reverse(all);
  if (all.size() > limit) all.erase(all.begin() + static_cast<std::ptrdiff_t>(limit), all.end());
  return all;
}

Result<json::Value> Run::invoke(std::string_view tool, json::Value input, std::optional<std::string> idempotency_key) {
  return data_of(invoked(tool, std::move(input), std::move(idempotency_key)));
}

Result<json::Value> Run::tasks(std::string_view step, json::Value input, std::optional<std::string> idempotency_key) {
  return data_of(task_step(step, std::move(input), std::move(idempotency_key)));
}

Result<Invoked> Run::invoked(std::string_view tool, json::Value input, std::optional<std::string> idempotency_key) {
  return ask_call("tool/invoke", {{"tool", tool}, {"input", std::move(input)}}, std::move(idempotency_key));
}

Result<Invoked> Run::task_step(std::string_view step, json::Value input, std::optional<std::string> idempotency_key) {
  return ask_call("task/" + std::string(step), {{"input", std::move(input)}}, std::move(idempotency_key));
}

// What answers with the result of a call, whatever it is.
Result<Invoked> Run::ask_call(std::string_view method, json::Object params, std::optional<std::string> key) {
  if (key) params.set("idempotency_key", *std::move(key));
  LUMENFLOW_TRY_ASSIGN(const json::Value answer, ask(method, std::move(params)));
  Invoked read = read_result(answer);
  if (!read.ok() && answer.find("error") == nullptr) return unexpected(method);
  if (read.outcome.empty()) read.outcome = outcome_of(read.code);
  return read;
}

bool Run::may_ask(std::string_view method) const { return std::ranges::find(asks_, method) != asks_.end(); }

Result<std::vector<json::Value>> Run::ask_caller(const std::vector<Question>& questions) {
  json::Array asked;
  for (const Question& question : questions)
    asked.push_back(json::Object{{"key", question.key}, {"method", question.method}, {"params", question.params}});
  LUMENFLOW_TRY_ASSIGN(json::Value answer, ask("call/ask", {{"questions", std::move(asked)}}));
  json::Value* const answers = answer.is_object() ? answer.as_object().find("answers") : nullptr;
  if (answers == nullptr || !answers->is_array() || answers->as_array().size() != questions.size())
    return unexpected("call/ask");
  std::vector<json::Value> all;
  for (json::Value& one : answers->as_array()) all.push_back(std::move(one));
  return all;
}

Result<bool> Run::was_handled(std::string_view kind, std::string_view replay_key) {
  LUMENFLOW_TRY_ASSIGN(const json::Value answer, ask("replay_log/has", {{"kind", kind}, {"replay_key", replay_key}}));
  return json::boolean_or(answer, "has", false);
}

void Run::progress(double fraction, std::string_view message) {
  connection_.notify("tool/progress", {{"in", id_}, {"fraction", fraction}, {"message", message}});
}

void Run::log(std::string_view level, std::string_view message, json::Value fields) {
  json::Object params{{"level", level}, {"message", message}};
  if (fields.is_object() && !fields.as_object().empty()) params.set("fields", std::move(fields));
  connection_.notify("log", std::move(params));
}

}  // namespace lumenflow::sdk
