#include "hosts/process_pack.h"

#include <algorithm>
#include <utility>

#include "base/secret_reference.h"
#include "base/time.h"
#include "hosts/pause.h"

namespace lumenflow::hosts {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

json::Value event_json(const pack::Event& event) {
  return json::Object{{"kind", event.kind},      {"event_id", event.event_id}, {"timestamp", event.timestamp},
                      {"from", event.from},      {"channel", event.stream},    {"seq", event.seq},
                      {"payload", event.payload}};
}

// What stands in a Result of the protocol, which has been checked against its schema.
pack::ToolResult tool_result(json::Value result) {
  json::Object& members = result.as_object();
  if (const json::Value* error = members.find("error")) {
    const json::Value* details = error->find("details");
    return pack::ToolError{error->find("code")->as_string(), error->find("message")->as_string(),
                           details == nullptr ? json::Value() : *details};
  }
  pack::ToolOutput output{json::Object{}, {}};
  if (json::Value* data = members.find("data")) output.data = std::move(*data);
  if (json::Value* content = members.find("content")) output.content = std::move(content->as_array());
  return output;
}

}  // namespace

ProcessPack::ProcessPack(sandbox::Launcher& launcher, const ProcessHostOptions& options, const Protocol& protocol,
                         Keeper& keeper, const ProcessPackSource& source)
    : launcher_(launcher),
      options_(options),
      protocol_(protocol),
      keeper_(keeper),
      conversation_{options.requests_max, options.request_bytes_max, options.cancel_grace},
      id_(source.manifest.id),
      version_(source.manifest.version),
      workspace_id_(source.workspace_id),
      workspace_root_(source.workspace_root),
      config_(source.config.is_object() ? source.config : json::Value(json::Object{})),
      config_schema_(source.manifest.config_schema),
      program_(source.manifest, source.snapshot_dir, source.workspace_root,
               {options.limits, options.read_only_paths, options.expanded_files_max}),
      log_(
          options.log_lines_per_second_max,
          [this, also = options.redact](std::string_view line) {
            const std::string masked = secrets_.masked(line);
            return also ? also(masked) : masked;
          },
          [pack = source.manifest.id](LogLevel level, std::string_view origin, const std::string& line) {
            write_log(level, "hosts", "a pack says", {{"pack", pack}, {"origin", std::string(origin)}, {"line", line}});
          }),
      children_(std::make_shared<Children>(ChildrenLimits{options.idle_children, options.idle, options.backoff_first,
                                                          options.backoff_max, options.backoff_wait},
                                           keeper)) {
  for (const pack::ToolDescriptor& tool : source.manifest.tools) {
    required_env_[tool.name] = tool.required_env;
    if (tool.permission == pack::Permission::kRead) harmless_.insert(tool.name);
    if (tool.output_validator->accepts(json::Object{})) promise_nothing_.insert(tool.name);
  }
  keeper_.watch(children_);
}

ProcessPack::~ProcessPack() { close(); }

void ProcessPack::close() {
  children_->close();
  const std::lock_guard lock(mutex_);
  closed_ = true;
  for (ChildConnection* child : at_work_) child->child().kill();
}

bool ProcessPack::enter(ChildConnection& child) {
  const std::lock_guard lock(mutex_);
  if (closed_) return false;
  at_work_.push_back(&child);
  return true;
}

void ProcessPack::leave(ChildConnection& child) {
  const std::lock_guard lock(mutex_);
  std::erase(at_work_, &child);
}

// A secret of the pack's section may be written as a reference; where the schema says `writeOnly`, it is one.
Result<json::Value> ProcessPack::resolved_config() {
  if (config_schema_ == nullptr || !config_schema_->has_write_only()) return config_;
  Status status;
  json::Value resolved = config_schema_->redact_write_only(config_, [&](const json::Value& written) {
    const std::string* text = written.if_string();
    if (text == nullptr || !is_secret_reference(*text)) return written;
    Result<std::string> value = resolve_secret(*text, workspace_root_);
    if (value.ok()) secrets_.add(*value);
    if (!value.ok() && status.ok()) status = value.error();
    return value.ok() ? json::Value(*std::move(value)) : written;
  });
  if (!status.ok())
    return Error(ErrorCode::kInvalidConfiguration, "a secret of its configuration: " + status.error().message());
  return resolved;
}

const std::vector<std::string>& ProcessPack::environment_of(std::string_view tool) const {
  static const std::vector<std::string> none;
  const auto found = required_env_.find(tool);
  return found == required_env_.end() ? none : found->second;
}

Result<ProgramPlace> ProcessPack::place_of(const pack::EnforcedScopes& scopes,
                                           const std::vector<std::string>& required_env) {
  return program_.place_of(scopes, required_env, secrets_);
}

Status ProcessPack::initialize(ChildConnection& child) {
  json::Array methods;
  for (const std::string_view method : offered_methods()) methods.emplace_back(method);
  LUMENFLOW_TRY_ASSIGN(json::Value config, resolved_config());
  Question question;
  question.method = "pack/initialize";
  question.params = json::Object{{"protocol", kProtocolVersion},
                                 {"workspace_id", workspace_id_},
                                 {"pack", json::Object{{"id", id_}, {"version", version_}}},
                                 {"config", std::move(config)},
                                 {"host", json::Object{{"methods", std::move(methods)}}}};
  question.deadline = steady_clock::now() + options_.initialize;
  PackRequests requests(protocol_, log_, {}, nullptr, nullptr);
  Outcome outcome = ask(child, protocol_, conversation_, std::move(question), requests);
  if (outcome.kind != Outcome::Kind::kAnswered) return std::move(outcome.error);
  if (outcome.message.kind == Message::Kind::kRefusal)
    return Error(ErrorCode::kToolCrashed, "the pack refused pack/initialize: " + outcome.message.refusal.message);
  const json::Value& said = outcome.message.body;
  if (said.find("protocol")->as_integer() > kProtocolVersion)
    return Error(ErrorCode::kToolCrashed, "the pack speaks version " + json::serialize(*said.find("protocol")) +
                                              " of the protocol, not " + std::to_string(kProtocolVersion));
  Introduction introduction;
  for (const json::Value& tool : said.find("tools")->as_array()) introduction.tools.push_back(tool.as_string());
  for (const json::Value& handler : said.find("handlers")->as_array())
    introduction.handlers.push_back({handler.find("kind")->as_string(), handler.find("idempotent")->as_boolean(),
                                     handler.find("replay_key")->as_boolean()});
  for (const json::Value& offer : said.find("offers")->as_array())
    introduction.offers_status = introduction.offers_status || offer == json::Value("tool/status");
  introduction.isolation = child.child().isolation();
  const std::lock_guard lock(mutex_);
  if (introduction_.isolation.empty()) introduction_ = std::move(introduction);
  return {};
}

Result<ProcessPack::Lease> ProcessPack::start(const ProgramPlace& place) {
  LUMENFLOW_TRY_ASSIGN(std::unique_ptr<sandbox::Child> child, launcher_.start(program_.confinement(place)));
  LUMENFLOW_TRY_ASSIGN(std::unique_ptr<ChildConnection> connection,
                       ChildConnection::make(std::move(child), options_.line_bytes_max, log_));
  connection->says_farewell_by(request_line(0, "pack/shutdown", json::Object{}));
  if (!enter(*connection)) return Error(ErrorCode::kToolCrashed, "the pack is being ended");
  Status status = initialize(*connection);
  leave(*connection);
  if (!status.ok()) {
    connection->child().kill();
    children_->note_fault();
    return secrets_.masked(status.error()).with_context("starting the pack " + id_);
  }
  return Lease{place.key, std::move(connection)};
}

Result<ProcessPack::Lease> ProcessPack::lease(const ProgramPlace& place, pack::HostedRun* run) {
  while (std::unique_ptr<ChildConnection> child = children_->take(place.key)) {
    PackRequests requests(protocol_, log_, {}, nullptr, nullptr);
    if (settle(*child, requests, 64)) return Lease{place.key, std::move(child)};
    child->child().kill();  // it ended, or spoke out of turn: nobody's call is the worse for it
  }
  LUMENFLOW_TRY_ASSIGN(const milliseconds time, children_->pause());
  if (!pause(time, run)) return Error(ErrorCode::kToolCancelled, "the run was cancelled");
  return start(place);
}

void ProcessPack::give_back(Lease lease, const Outcome& outcome) {
  if (outcome.reusable) {
    if (outcome.kind == Outcome::Kind::kAnswered) children_->note_success();
    return children_->put_back(lease.key, std::move(lease.child));
  }
  lease.child->child().kill();
  write_log(LogLevel::kWarn, "hosts", "a pack's process was ended",
            {{"pack", id_}, {"reason", outcome.error.message()}});
  if (outcome.kind == Outcome::Kind::kFault) children_->note_fault();
}

Outcome ProcessPack::ask_child(const ProgramPlace& place, Asked asked) {
  Outcome outcome;
  Result<Lease> lease = this->lease(place, asked.question.run);
  if (!lease.ok()) {
    outcome.error = std::move(lease).error();
    outcome.not_asked = true;
    return outcome;
  }
  ChildConnection& child = *lease->child;
  if (asked.question.run != nullptr) asked.question.run->held_by(child.child().isolation());
  if (!enter(child)) {
    outcome.error = Error(ErrorCode::kToolCrashed, "the pack is being ended");
    outcome.not_asked = true;
    return outcome;
  }
  PackRequests requests(protocol_, log_, asked.run_id, asked.context, threads_);
  outcome = ask(child, protocol_, conversation_, std::move(asked.question), requests);
  leave(child);
  outcome.error = secrets_.masked(outcome.error);
  secrets_.mask_errors(outcome.message);
  give_back(*std::move(lease), outcome);
  return outcome;
}

Result<ProcessPack::Introduction> ProcessPack::introduce() {
  if (program_.empty()) return Error(ErrorCode::kInvalidConfiguration, "runtime.command names no program to start");
  LUMENFLOW_TRY_ASSIGN(const ProgramPlace place, place_of({}, {}));
  Result<Lease> first = start(place);
  if (!first.ok()) {
    const bool own = first.error().code() == ErrorCode::kToolCrashed ||
                     first.error().code() == ErrorCode::kToolTimeout ||
                     first.error().code() == ErrorCode::kOutputTooLarge;
    return own ? Error(ErrorCode::kInvalidConfiguration, first.error().message()) : first.error();
  }
  children_->put_back(first->key, std::move(first->child));
  const std::lock_guard lock(mutex_);
  return introduction_;
}

pack::ToolResult ProcessPack::call(pack::ToolContext& context, const json::Value& input) {
  pack::HostedRun* const run = context.hosted();
  if (run == nullptr || context.cancelled())
    return pack::ToolCrash{ErrorCode::kToolCancelled, "the call was cancelled before the pack saw it", true};
  Result<ProgramPlace> place = place_of(run->scopes(), environment_of(context.tool()));
  if (!place.ok()) return pack::ToolCrash{place.error().code(), place.error().message(), true};

  json::Object around{{"subject", context.subject()},
                      {"now", format_rfc3339(Timestamp{context.now_ms()})},
                      {"ulid", context.new_ulid()}};
  json::Array asks;  // what the caller can be asked
  for (const char* method : {"elicitation/create", "sampling/createMessage", "roots/list"})
    if (context.may_ask(method)) asks.push_back(method);
  if (!asks.empty()) around.set("asks", std::move(asks));
  if (!run->idempotency_key().empty()) around.set("idempotency_key", run->idempotency_key());
  const auto left = run->time_left();
  Asked asked;
  asked.question.method = "tool/call";
  asked.question.params = json::Object{
      {"receipt_id", context.receipt_id()},
      {"tool", context.tool()},
      {"input", input},
      {"scopes", run->scopes().description},
      {"context", std::move(around)},
      {"deadline_ms", left ? std::max<std::int64_t>(0, std::chrono::floor<milliseconds>(*left).count()) : 0}};
  asked.question.cancel = json::Object{{"receipt_id", context.receipt_id()}};
  asked.question.run = run;
  asked.run_id = context.receipt_id();
  asked.context = &context;
  return result_of(ask_child(*place, std::move(asked)),
                   {context.receipt_id(), context.tool(), workspace_root_, &run->scopes()});
}

pack::ToolResult ProcessPack::result_of(Outcome outcome, const pack::StartedCall& started) {
  if (outcome.not_asked) return pack::ToolCrash{outcome.error.code(), outcome.error.message(), true};
  if (outcome.kind == Outcome::Kind::kAnswered) {
    if (outcome.message.kind == Message::Kind::kAnswer) return tool_result(std::move(outcome.message.body));
    Message::Refusal& refusal = outcome.message.refusal;
    if (!refusal.code.empty())
      return pack::ToolError{std::move(refusal.code), std::move(refusal.message), std::move(refusal.details)};
    return pack::ToolCrash{ErrorCode::kToolCrashed, "the pack refused the call: " + refusal.message, false};
  }
  pack::ToolCrash crash{outcome.error.code(), outcome.error.message(), false};
  if (outcome.kind == Outcome::Kind::kCancelled) return crash;  // the call has been ended already
  crash.no_effect = harmless_.contains(started.tool);
  if (crash.no_effect) return crash;
  const pack::Aftermath aftermath = status(started);
  if (aftermath.effect == pack::Aftermath::Effect::kDone) return pack::ToolOutput{aftermath.data, {}};
  crash.no_effect = aftermath.effect == pack::Aftermath::Effect::kNone;
  return crash;
}

Status ProcessPack::handle(pack::HandlerContext& context, const pack::Event& event) {
  LUMENFLOW_TRY_ASSIGN(const ProgramPlace place, place_of({}, {}));
  Asked asked;
  asked.question.method = "event/handle";
  asked.question.params = json::Object{
      {"delivery_id", context.delivery_id()},
      {"attempt", context.attempt()},
      {"event", event_json(event)},
      {"context", json::Object{{"now", format_rfc3339(Timestamp{context.now_ms()})}, {"ulid", context.new_ulid()}}}};
  asked.question.cancel = json::Object{{"delivery_id", context.delivery_id()}};
  asked.question.deadline = steady_clock::now() + options_.handler;
  asked.question.run = context.hosted();
  asked.run_id = context.delivery_id();
  asked.context = &context;
  Outcome outcome = ask_child(place, std::move(asked));
  if (outcome.kind != Outcome::Kind::kAnswered) return std::move(outcome.error);
  if (outcome.message.kind == Message::Kind::kAnswer) return {};
  const Message::Refusal& refusal = outcome.message.refusal;
  return Error(error_code_from_name(refusal.code).value_or(ErrorCode::kInternal),
               "the handler says: " + (refusal.code.empty() ? "" : refusal.code + ": ") + refusal.message);
}

std::string ProcessPack::replay_key(const pack::Event& event) {
  const Result<ProgramPlace> place = place_of({}, {});
  if (!place.ok()) return {};
  Asked asked;
  asked.question.method = "event/replay_key";
  asked.question.params = json::Object{{"event", event_json(event)}};
  asked.question.deadline = steady_clock::now() + options_.question;
  Outcome outcome = ask_child(*place, std::move(asked));
  if (outcome.kind == Outcome::Kind::kAnswered && outcome.message.kind == Message::Kind::kAnswer)
    return outcome.message.body.find("key")->as_string();
  write_log(LogLevel::kWarn, "hosts", "a replay key could not be had",
            {{"pack", id_},
             {"kind", event.kind},
             {"reason",
              outcome.kind == Outcome::Kind::kAnswered ? outcome.message.refusal.message : outcome.error.message()}});
  return {};
}

pack::Aftermath ProcessPack::status(const pack::StartedCall& call) {
  {
    const std::lock_guard lock(mutex_);
    if (!introduction_.offers_status) return {};
  }
  static const pack::EnforcedScopes nothing;
  const Result<ProgramPlace> place =
      place_of(call.scopes == nullptr ? nothing : *call.scopes, environment_of(call.tool));
  if (!place.ok()) return {};
  Asked asked;
  asked.question.method = "tool/status";
  asked.question.params = json::Object{{"receipt_id", call.receipt_id}};
  asked.question.deadline = steady_clock::now() + options_.question;
  Outcome outcome = ask_child(*place, std::move(asked));
  if (outcome.kind != Outcome::Kind::kAnswered || outcome.message.kind != Message::Kind::kAnswer) return {};
  const std::string_view status = json::string_or(outcome.message.body, "status", "");
  if (status == "not_applied") return {pack::Aftermath::Effect::kNone, {}};
  json::Value* const result = outcome.message.body.as_object().find("result");
  if (status != "applied") return {};
  if (result == nullptr) {
    if (!promise_nothing_.contains(call.tool)) return {};  // what it owes its caller nobody knows
    return {pack::Aftermath::Effect::kDone, json::Object{}};
  }
  pack::ToolResult said = tool_result(std::move(*result));
  auto* const output = std::get_if<pack::ToolOutput>(&said);
  if (output == nullptr) return {};
  return {pack::Aftermath::Effect::kDone, std::move(output->data)};
}

}  // namespace lumenflow::hosts
