// Stages 11 and 12: the call's last record, its events and its store's writes in one commit, and the answer after it.
#include <algorithm>
#include <utility>

#include "base/encoding.h"
#include "journal/tables.h"
#include "json/canonical.h"
#include "kernel/call_store.h"
#include "kernel/commands.h"
#include "kernel/kernel.h"
#include "kernel/recover.h"
#include "kernel/result_text.h"
#include "kernel/secret_keeper.h"
#include "pack/automations.h"

namespace lumenflow::kernel {
namespace {

constexpr std::size_t kHashHexBytes = 64;
constexpr int kLastStageBeforeIt = 8;  // of those that a tool's start comes after
constexpr std::string_view kToolCalled = "agent-runtime:tool_called";

std::string_view code_of(const CallEnd& end) { return end.code ? name(*end.code) : std::string_view(end.tool_code); }

// SHA-256 of the canonical JSON of {input, subject, tool}; an input without a canonical form counts as null.
std::string envelope_hash(const RunningCall& call) {
  // Hashed in parts: the input is the long one and need not be copied.
  const std::string_view input = call.input_text.empty() ? std::string_view("null") : std::string_view(call.input_text);
  std::string rest = ",\"subject\":";
  rest.reserve(256);
  json::append_canonical_string(call.call.credential->subject.str(), rest);
  rest += ",\"tool\":";
  json::append_canonical_string(call.tool->descriptor.name, rest);
  rest += '}';
  return to_hex(sha256({R"({"input":)", input, rest}));
}

// Every call has one, so it is written in canonical form at once.
std::string tool_called_payload(const ToolCalled& called) {
  std::string out;
  out.reserve(320);
  const auto text = [&out](std::string_view key, std::string_view value) {
    out.append(key);
    json::append_canonical_string(value, out);
  };
  if (!called.code.empty()) text(R"({"code":)", called.code);
  append_milliseconds(called.duration_us,
                      out.append(called.code.empty() ? R"({"duration_ms":)" : R"(,"duration_ms":)"));
  text(R"(,"envelope_hash":)", called.envelope_hash);
  text(R"(,"outcome":)", journal::name(called.outcome));
  text(R"(,"receipt_id":)", called.receipt);
  text(R"(,"tool_name":)", called.tool);
  if (!called.turn.empty()) text(R"(,"turn_id":)", called.turn);
  return out += '}';
}

std::string_view isolation_of(const RunningCall& call) {
  const bool elsewhere = call.tool->pack != nullptr && !call.tool->pack->isolation.empty();
  return elsewhere ? std::string_view(call.tool->pack->isolation) : "in-process";
}

json::Value hashed(const std::string& key, const json::Value& value) {
  const Hash256 mac = hmac_sha256(key, json::serialize(value));
  return "hmac-sha256:" + to_hex(mac);
}

// What looks like a credential leaves the input before it is recorded; the tool has had it, or will get it, as it was.
// The hash of what is recorded: the call's own tells apart what the caller gave.
std::optional<Hash256> mask_input(RunningCall& call, const std::string& key) {
  if (call.clean_input) return call.input_hash;
  std::optional<std::string> masked = input_without_secrets(call.input_text, key);
  if (!masked) return call.masked_input ? sha256(call.input_text) : call.input_hash;
  call.input_text = *std::move(masked);
  return sha256(call.input_text);
}

std::string text_of_failure(std::string_view code, const std::string& message, const json::Value& details) {
  const std::optional<json::Value> without = details_without_secrets(details);
  std::string text = failure_text(code, message, without ? *without : details);
  if (auto masked = failure_without_secrets(text)) text = *std::move(masked);
  return text;
}

// A result on its way to the record and to the caller. A tool whose schema says which of its values are secrets, and
// the kernel's own, answer their caller in clear: handing one out is what they are for.
void mask_result(const RunningCall& call, const json::Schema& schema, std::string& response, std::string& stored) {
  if (call.clean_output) return;
  std::optional<std::string> masked = result_without_secrets(stored);
  if (!masked) return;
  if (call.tool->pack != nullptr && !schema.has_write_only()) response = *masked;
  stored = *std::move(masked);
}

}  // namespace

json::Value Kernel::sealed_by(const json::Schema& schema, const json::Value& value) const {
  return schema.redact_write_only(value,
                                  [this](const json::Value& secret) { return hashed(options_.redaction_key, secret); });
}

std::string Kernel::redact(const json::Schema& schema, const json::Value& value) const {
  if (tape_.replays()) return json::serialize(value);  // it is on the tape as it may be shown
  return json::serialize(sealed_by(schema, value));
}

void Kernel::end_call(const CallPtr& call, CallEnd end, const pack::ToolOutput* output, CallContext* context) {
  Ending ending{call, std::move(end), {}, {}, {}, {}, {}};
  if (call->starts_durably && ending.end.stage <= kLastStageBeforeIt)
    call->refusal = std::make_unique<const CallEnd>(ending.end);
  if (output != nullptr) {
    const std::string data = call->output_text.empty() ? json::serialize(output->data) : std::move(call->output_text);
    std::string whole = success_text(data, output->content);
    if ((output->content.empty() ? data.size() : whole.size()) > options_.config.limits.output_bytes) {
      output = nullptr;
      context = nullptr;
      ending.end = {.stage = 9,
                    .outcome = journal::Outcome::kFailure,
                    .code = ErrorCode::kOutputTooLarge,
                    .tool_code = {},
                    .decided_by = "limits.output_bytes",
                    .message = "the tool's answer is over limits.output_bytes",
                    .details = {}};
    } else {
      const json::Schema& schema = *call->tool->descriptor.output_validator;
      ending.response_result = std::move(whole);
      ending.stored_result = schema.has_write_only() ? success_text(redact(schema, output->data), output->content)
                                                     : ending.response_result;
      mask_result(*call, schema, ending.response_result, ending.stored_result);
    }
  }
  if (context != nullptr) {
    ending.events = std::move(context->events());
    ending.store_writes = context->store_writes().writes();
  }
  release(call);
  begin_turns_end(*call);
  if (output == nullptr && ending.end.outcome != journal::Outcome::kSuccess) {
    ending.recovery = recovery_of(*call, ending.end);
    ending.response_result = ending.stored_result =
        text_of_failure(code_of(ending.end), ending.end.message, ending.end.details);
    if (ending.response_result.size() > options_.config.limits.output_bytes && ending.end.code == std::nullopt) {
      json::Value less = json::Object{{"left_out", "the details are over limits.output_bytes"}};
      if (ending.recovery) less = details_with(less, *ending.recovery);
      ending.response_result = ending.stored_result = text_of_failure(code_of(ending.end), ending.end.message, less);
    }
  }
  note_turn_call(*call, ending.end);
  end_turn(ending);
  answer_later(ending, duration_since(call->arrived_monotonic));
  Status status = batch_error_ ? Status() : record(ending);
  if (!status.ok() && !batch_error_) batch_error_ = std::move(status).error();
  const bool effects_are_out = call->started;
  if (effects_are_out) open_.endings_of_effects.push_back(std::move(ending));
}

std::int64_t Kernel::duration_since(std::chrono::nanoseconds start) const {
  return std::chrono::duration_cast<std::chrono::microseconds>(ports_.clock.monotonic() - start).count();
}

void Kernel::answer_later(const Ending& ending, std::int64_t duration_us) {
  const RunningCall& call = *ending.call;
  CallResult result{call.receipt, ending.end.outcome, ending.end.code, {}, false};
  if (!ending.response_result.empty()) result.body = with_metadata(ending.response_result, call.receipt, duration_us);
  if (call.idempotency_hash) undurable_results_.insert_or_assign(call.receipt.str(), result);
  open_.answers.push_back({ending.call, std::move(result)});
}

Result<log::Row> Kernel::final_row(const Ending& ending) {
  RunningCall& call = *ending.call;
  const Timestamp now = ports_.clock.now();
  const std::int64_t duration_us = duration_since(call.arrived_monotonic);
  log::Row row;
  row.entries.reserve(3 + ending.events.size());
  if (call.requested.value() == 0)
    row.entries.push_back(requested_entry(call));
  else
    mask_input(call, options_.redaction_key);
  if (!call.decided.empty() && !call.started) row.entries.push_back(call.decided);
  journal::CallFinished finished;
  finished.receipt = call.receipt.str();
  finished.ts = now;
  finished.outcome = ending.end.outcome;
  finished.code = code_of(ending.end);
  finished.stage = ending.end.stage;
  finished.decided_by = ending.end.decided_by;
  finished.policy = call.policy;
  finished.isolation = call.isolation;
  finished.duration_us = duration_us;
  if (!ending.stored_result.empty()) finished.output_hash = sha256(ending.stored_result);
  if (bell_.anyone()) {
    const std::string unknown =
        call.tool == nullptr ? choice_without_secrets(call.call.tool, options_.redaction_key) : std::string();
    const FinishedFacts facts{finished.receipt,
                              call.tool == nullptr ? unknown : call.tool->descriptor.name,
                              call.call.credential ? std::string_view(call.call.credential->subject.str()) : "",
                              journal::name(finished.outcome),
                              finished.code,
                              duration_us};
    bell_.finished(facts, row.entries.size(), call.call.traceparent);
  }
  row.entries.push_back(journal::encode(finished));
  if (call.tool != nullptr) {
    const std::string envelope = envelope_hash(call);
    const ToolCalled called{call.receipt.str(), call.tool->descriptor.name, envelope,   code_of(ending.end),
                            call.call.turn,     ending.end.outcome,         duration_us};
    row.entries.push_back(tool_called_entry(called, call.call, now));
  }
  for (const PendingEvent& event : ending.events) {
    LUMENFLOW_TRY(put_event(event, call.tool->pack->manifest, now, call.call, row));
  }
  const journal::Body body{call.requested.value() != 0 ? std::string() : call.input_text, ending.stored_result};
  if (!body.input.empty() || !body.result.empty()) {
    LUMENFLOW_TRY_ASSIGN(row.body, journal::encode_body(body, ports_.blobs));
  }
  return row;
}

// One event on its way into a row, and onto the bus once that is durable. Said twice under one key it is one there,
// too.
Status Kernel::put_event(const PendingEvent& event, const pack::Manifest& manifest, Timestamp now, const Call& cause,
                         log::Row& row, pack::Emitted* emitted) {
  bool is_new = true;
  if (event.kind.empty()) {
    if (emitted != nullptr) *emitted = {"rte_" + make_ulid(now, ports_.random.draw16()).str(), format_rfc3339(now), 0};
  } else {
    const event::EventClass event_class = manifest.backpressure_policy.find(event.kind)->second;
    LUMENFLOW_TRY_ASSIGN(Emission emission, emitter_.emit(event, event_class, now, cause));
    is_new = emission.entry.has_value();
    if (is_new) row.entries.push_back(*std::move(emission.entry));
    if (emitted != nullptr) *emitted = std::move(emission.event);
  }
  if (is_new && !event.runtime_type.empty())
    bell_.published(*pack::find_event_type(manifest, event.runtime_type), event.payload, cause.traceparent);
  return {};
}

Status Kernel::record(Ending& ending) {
  RunningCall& call = *ending.call;
  LUMENFLOW_TRY_ASSIGN(log::Row row, final_row(ending));
  LUMENFLOW_TRY_ASSIGN(const Position at, append(std::move(row)));

  const std::string key(as_chars(call.ulid.bytes));
  const journal::CallPlaces places{call.requested.value() != 0 ? call.requested : at, at};
  if (call.call.command.value() != 0 && call.requested.value() == 0) LUMENFLOW_TRY(commands_->recorded(call));
  LUMENFLOW_TRY(ports_.log.put(journal::kCallsTable, key, journal::encode(places)));
  if (call.started) LUMENFLOW_TRY(ports_.log.erase(journal::kOpenCallsTable, key));
  if (ending.recovery) LUMENFLOW_TRY(journal::put_recovery(ports_.log, *ending.recovery));
  if (!call.started && call.idempotency_hash && ending.end.stage > 6) {
    LUMENFLOW_TRY(idempotency_.put(*call.idempotency_hash, {*call.input_hash, key}, call.arrived));
  }
  return apply_store_writes(call.pack_id, ending.store_writes);
}

void Kernel::note_store_written(std::string_view pack_id) {
  std::string pack(pack_id);
  const std::uint64_t version = ++store_versions_[pack];
  open_.store_versions.emplace_back(std::move(pack), version);
}

Status Kernel::apply_store_writes(std::string_view pack_id,
                                  const std::map<std::string, std::optional<std::string>>& writes) {
  if (writes.empty()) return {};
  note_store_written(pack_id);
  bool stops_more = false;
  for (const auto& [key, text] : writes) {
    LUMENFLOW_TRY(text ? ports_.log.put(journal::kStoreTable, key, *text)
                       : ports_.log.erase(journal::kStoreTable, key));
    stops_more = orders_.changed(key, text.has_value()) || stops_more;
  }
  if (stops_more) end_stopped_calls();
  return {};
}

Status Kernel::append_started(RunningCall& call) {
  log::Row row;
  const bool was_parked = call.requested.value() != 0;
  if (!was_parked) row.entries.push_back(requested_entry(call));
  if (!call.decided.empty()) row.entries.push_back(call.decided);
  row.entries.push_back(journal::encode(journal::CallStarted{call.receipt.str(), call.arrived, isolation_of(call)}));
  if (!was_parked) {
    LUMENFLOW_TRY_ASSIGN(row.body, journal::encode_body({call.input_text, {}}, ports_.blobs));
  }
  LUMENFLOW_TRY_ASSIGN(const Position at, append_alone(std::move(row)));
  if (!was_parked) call.requested = at;
  if (call.call.command.value() != 0) LUMENFLOW_TRY(commands_->recorded(call));
  const std::string key(as_chars(call.ulid.bytes));
  LUMENFLOW_TRY(
      ports_.log.put(journal::kCallsTable, key, journal::encode(journal::CallPlaces{call.requested, Position(0)})));
  LUMENFLOW_TRY(ports_.log.put(journal::kOpenCallsTable, key, envelope_hash(call) + call.tool->descriptor.name));
  if (call.idempotency_hash) {
    LUMENFLOW_TRY(idempotency_.put(*call.idempotency_hash, {*call.input_hash, key}, call.arrived));
  }
  call.started = true;
  return {};
}

// As it may be read by anybody: what looks like a credential is masked, in the call's text too.
std::string Kernel::requested_entry(RunningCall& call) const {
  const std::string key = choice_without_secrets(call.call.idempotency_key, options_.redaction_key);
  const std::string unknown =
      call.tool == nullptr ? choice_without_secrets(call.call.tool, options_.redaction_key) : std::string();
  journal::CallRequested entry;
  entry.receipt = call.receipt.str();
  entry.ts = call.arrived;
  entry.subject = call.call.credential->subject.str();
  entry.on_behalf_of = call.call.credential->on_behalf_of;
  entry.tool = call.tool != nullptr ? std::string_view(call.tool->descriptor.name) : clip_utf8(unknown, 200);
  if (call.tool != nullptr) {
    entry.pack = call.pack_id;
    if (call.tool->pack != nullptr) entry.pack_integrity = call.tool->pack->origin.integrity;
  }
  entry.input_hash = mask_input(call, options_.redaction_key);
  entry.idempotency_key = clip_utf8(key, 256);
  return journal::encode(entry);
}

std::string Kernel::tool_called_entry(const ToolCalled& called, const Call& cause, Timestamp now) {
  return emitter_.emit_canonical(kToolCalled, tool_called_payload(called), event::EventClass::kEphemeral, now, cause);
}

// Those last that opened turns: what is left of a turn is what its calls have left.
Status Kernel::close_crashed_calls() {
  CrashedCalls closed;
  std::vector<log::KeyValue> turns;
  for (std::string after;;) {
    LUMENFLOW_TRY_ASSIGN(const auto open, ports_.log.tables().scan(journal::kOpenCallsTable, "", after, 256));
    if (open.empty()) break;
    after = open.back().key;
    for (const log::KeyValue& call : open) {
      if (call.key.size() != Ulid().bytes.size())
        return Error(ErrorCode::kJournalDamaged, "the table of open calls has a malformed key");
      const ReceiptId receipt = journal::receipt_of_call_key(call.key);
      LUMENFLOW_TRY_ASSIGN(const auto turn, find_turn(ports_.log.tables(), turn_id_of(receipt)));
      if (turn) {
        turns.push_back(call);
        continue;
      }
      LUMENFLOW_TRY_ASSIGN(closed[receipt.str()], close_crashed_call(call, closed));
    }
  }
  for (const log::KeyValue& call : turns) {
    LUMENFLOW_TRY_ASSIGN([[maybe_unused]] const journal::Outcome outcome, close_crashed_call(call, closed));
  }
  return {};
}

// What its pack says of it, which may look at the call's input and into its own store.
pack::Aftermath Kernel::aftermath_of(const ReceiptId& receipt, const pack::ActiveTool& tool) {
  const auto scopes = grants_->enforced(&tool);
  const LazySnapshot durable(ports_.log);
  CallStore store(durable, tool.pack->manifest.id);
  pack::StartedCall started{receipt.str(), tool.descriptor.name, options_.workspace_root, scopes.get()};
  started.store = &store;
  if (const Result<journal::RecordedCall> call = reader_.call(receipt); call.ok())
    if (Result<json::Value> input = json::parse(call->body.input, {.depth_max = 256}); input.ok())
      started.input = *std::move(input);
  return tool.status(started);
}

CrashedEnd Kernel::end_of_crashed(const ReceiptId& receipt, const std::string& tool_name) {
  const pack::ActiveTool* tool = options_.registry->find(tool_name);
  pack::Aftermath aftermath;
  if (tool != nullptr && tool->status) aftermath = aftermath_of(receipt, *tool);
  if (aftermath.effect == pack::Aftermath::Effect::kDone) {
    const json::Schema& schema = *tool->descriptor.output_validator;
    if (schema.validate(aftermath.data).empty()) {
      const std::string data =
          schema.has_write_only() ? redact(schema, aftermath.data) : json::serialize(aftermath.data);
      std::string result = success_text(data, {});
      if (auto masked = result_without_secrets(result)) result = *std::move(masked);
      return CrashedEnd{journal::Outcome::kSuccess, {}, "status", std::move(result), {}};
    }
  }
  // What a tool changes of the journal alone commits with its end, which there was not.
  const bool none = aftermath.effect == pack::Aftermath::Effect::kNone || (tool != nullptr && tool->traits.store_only);
  const bool repeatable =
      tool != nullptr && (tool->descriptor.permission == pack::Permission::kRead || tool->descriptor.idempotent);
  CrashedEnd end;
  end.outcome = none || repeatable ? journal::Outcome::kCrashed : journal::Outcome::kUnknown;
  end.code = name(ErrorCode::kToolCrashed);
  end.decided_by = aftermath.effect == pack::Aftermath::Effect::kNone ? "status" : "restart";
  json::Value details;
  if (end.outcome == journal::Outcome::kUnknown) {
    end.recovery = recovery_of_unknown(receipt, tool_name, aftermath.cleanup);
    details = details_with({}, *end.recovery);
  }
  end.result = failure_text(end.code,
                            none         ? "the process died before the tool took effect; nothing was changed"
                            : repeatable ? "the process died while the tool ran; calling it again is safe"
                                         : "the process died while the tool ran; whether it took effect is unknown",
                            details);
  return end;
}

// A call that was started by a process that is gone. What its pack knows of it decides; where the pack does not know,
// one without effects is crashed, any other is unknown.
Result<journal::Outcome> Kernel::close_crashed_call(const log::KeyValue& open_call, const CrashedCalls& others) {
  const ReceiptId receipt = journal::receipt_of_call_key(open_call.key);
  LUMENFLOW_TRY_ASSIGN(const auto found, ports_.log.tables().get(journal::kCallsTable, open_call.key));
  const auto places = found ? journal::decode_call_places(*found) : std::nullopt;
  if (!places || open_call.value.size() < kHashHexBytes)
    return Error(ErrorCode::kJournalDamaged, "an open call has no record: " + receipt.str());
  const std::string tool_name = open_call.value.substr(kHashHexBytes);
  LUMENFLOW_TRY_ASSIGN(auto turn, find_turn(ports_.log.tables(), turn_id_of(receipt)));
  CrashedEnd end;
  if (turn) {
    LUMENFLOW_TRY_ASSIGN(end, end_of_crashed_turn(*std::move(turn), receipt, tool_name, others));
  } else {
    end = end_of_crashed(receipt, tool_name);
  }
  const std::string& result = end.result;
  const std::string& code = end.code;
  journal::CallFinished finished;
  finished.receipt = receipt.str();
  finished.ts = ports_.clock.now();
  finished.outcome = end.outcome;
  finished.code = code;
  finished.stage = end.outcome == journal::Outcome::kSuccess ? 12 : 9;
  finished.decided_by = end.decided_by;
  finished.output_hash = sha256(result);
  std::string made_by;  // the turn whose call it was
  if (const Result<journal::RecordedCall> call = reader_.call(receipt); call.ok())
    made_by = turn_of_subject(options_.config.id.str(), json::string_or(call->requested, "subject", "")).value_or("");
  const std::string_view envelope = std::string_view(open_call.value).substr(0, kHashHexBytes);
  const ToolCalled called{receipt.str(), tool_name, envelope, code, made_by, finished.outcome, 0};
  log::Row row;
  row.entries.push_back(journal::encode(finished));
  row.entries.push_back(tool_called_entry(called, Call{}, finished.ts));
  LUMENFLOW_TRY_ASSIGN(row.body, journal::encode_body({{}, result}, ports_.blobs));
  LUMENFLOW_TRY_ASSIGN(const Position at, append(std::move(row)));
  if (end.recovery) LUMENFLOW_TRY(journal::put_recovery(ports_.log, *end.recovery));
  const journal::CallPlaces closed{places->requested, at};
  LUMENFLOW_TRY(ports_.log.put(journal::kCallsTable, open_call.key, journal::encode(closed)));
  LUMENFLOW_TRY(ports_.log.erase(journal::kOpenCallsTable, open_call.key));
  return end.outcome;
}

}  // namespace lumenflow::kernel
