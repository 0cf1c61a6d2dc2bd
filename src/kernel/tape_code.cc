// Code that is not the kernel's, and what comes of it: a recording captures that, and a replay takes it from there
// instead of running the code.
#include <algorithm>
#include <utility>

#include "base/encoding.h"
#include "base/logging.h"
#include "base/sealing.h"
#include "kernel/kernel.h"
#include "kernel/result_text.h"
#include "kernel/secret_keeper.h"
#include "kernel/taped_strand.h"

namespace lumenflow::kernel {
namespace {

using bus::FactKind;
using bus::FactReader;
using bus::FactWriter;
using Texts = std::map<std::string, std::optional<std::string>>;

constexpr std::size_t kReplayKeyBytesMax = 512;
enum class Ended : std::uint8_t { kThrew, kOutput, kError, kCrash };

void write_texts(FactWriter& out, const Texts& texts) {
  out.number(texts.size());
  for (const auto& [key, text] : texts) {
    out.text(key);
    out.optional_text(text);
  }
}

Texts read_texts(FactReader& in) {
  Texts texts;
  const std::uint64_t count = in.number();
  for (std::uint64_t i = 0; i < count && !in.failed(); ++i) {
    std::string key(in.text());
    texts.insert_or_assign(std::move(key), in.optional_text());
  }
  return texts;
}

void write_events(FactWriter& out, const std::vector<PendingEvent>& events, std::size_t from) {
  out.number(events.size() - from);
  for (std::size_t i = from; i < events.size(); ++i) {
    const PendingEvent& event = events[i];
    const std::optional<json::Value> masked = payload_without_secrets(event.payload);
    out.text(event.name());
    out.text(json::serialize(masked ? *masked : event.payload));
    out.optional_text(event.options.idempotency_key);
    out.optional_text(event.options.timestamp);
  }
}

json::Value read_json(FactReader& in) {
  Result<json::Value> value = json::parse(in.text(), {.depth_max = 1'000});
  return value.ok() ? *std::move(value) : json::Value();
}

void read_pending(FactReader& in, const pack::Manifest* manifest, std::vector<PendingEvent>& events) {
  const std::uint64_t count = in.number();
  for (std::uint64_t i = 0; i < count && !in.failed(); ++i) {
    const std::string name(in.text());
    json::Value payload = read_json(in);
    pack::EmitOptions options;
    options.idempotency_key = in.optional_text();
    options.timestamp = in.optional_text();
    if (manifest != nullptr)
      events.push_back(pending_event(*manifest, name, std::move(payload), std::move(options)));
    else
      events.push_back({name, std::move(payload), std::move(options)});
  }
}

void write_trigger(FactWriter& out, const pack::Trigger& trigger) { out.text(trigger.kind); }

pack::Trigger read_trigger(FactReader& in) {
  const Error unused(ErrorCode::kInternal, "a replay runs no code of packs");
  return {std::string(in.text()), [unused](pack::HandlerContext&, const pack::Event&) { return Status(unused); }};
}

std::string without_secrets(const std::string& text) {
  auto masked = failure_without_secrets(text);
  return masked ? *std::move(masked) : text;
}

Status shown(const Status& status) {
  if (status.ok()) return {};
  return Error(status.error().code(), without_secrets(status.error().message()));
}

Status run_changes(const HostServices::Change& change, pack::Store& store) {
  try {
    return change(store);
  } catch (const std::exception&) {
    return Error(ErrorCode::kInternal, "a change of the pack's store threw");
  }
}

}  // namespace

void opens_turn(RunningCall& call, std::string turn_id, std::string session_id);  // turns.cc

// A builtin that throws is a crash of that call and of nothing else.
std::optional<pack::ToolResult> run_handler(const RunningCall& call, CallContext& context) {
  try {
    return call.tool->handler(context, call.call.input);
  } catch (const std::exception& error) {
    write_log(LogLevel::kError, "kernel", "a tool threw",
              {{"tool", call.tool->descriptor.name}, {"receipt", call.receipt.str()}});
    return std::nullopt;
  }
}

Result<std::string> make_replay_key(const Delivery& delivery) {
  try {
    std::string key = delivery.handler->replay_key(delivery.event);
    if (key.empty() || key.size() > kReplayKeyBytesMax || !is_valid_utf8(key))
      return Error(ErrorCode::kInternal, "its replay key is not 1 to 512 bytes of UTF-8");
    return key;
  } catch (const std::exception&) {
    return Error(ErrorCode::kInternal, "its replay key threw");
  }
}

Status call_handler(const Delivery& delivery, DeliveryContext& context) {
  try {
    return delivery.handler->handler(context, delivery.event);
  } catch (const std::exception&) {
    return Error(ErrorCode::kInternal, "it threw");
  }
}

// --- what it did to its context ---

void TapedStrand::write_state(const HostState& state, FactWriter& out) {
  write_events(out, state.events, 0);
  write_texts(out, state.store.writes());
  write_texts(out, state.store.reads());
  out.flag(state.store.read_ranges());
  write_wishes(state, out);
}

void TapedStrand::write_wishes(const HostState& state, FactWriter& out) {
  out.number(state.wakes.size());
  for (const auto& [timer, at] : state.wakes) {
    out.text(timer);
    out.difference(at);
  }
  out.flag(state.watched.has_value());
  if (!state.watched) return;
  out.number(state.watched->size());
  for (const pack::Trigger& trigger : *state.watched) write_trigger(out, trigger);
}

void TapedStrand::replayed_wishes(HostState& state) {
  FactReader& in = kernel_.tape_.values();
  const std::uint64_t wakes = in.number();
  for (std::uint64_t i = 0; i < wakes && !in.failed(); ++i) {
    std::string timer(in.text());
    state.wakes.emplace_back(std::move(timer), in.difference());
  }
  if (!in.flag()) return;
  state.watched.emplace();
  const std::uint64_t triggers = in.number();
  for (std::uint64_t i = 0; i < triggers && !in.failed(); ++i) state.watched->push_back(read_trigger(in));
}

void TapedStrand::replayed_state(HostState& state) {
  FactReader& in = kernel_.tape_.values();
  read_pending(in, state.scope.manifest, state.events);
  Texts writes = read_texts(in), reads = read_texts(in);
  state.store.replay(std::move(writes), std::move(reads), in.flag());
  replayed_wishes(state);
}

Status TapedStrand::replayed_handler(HostState& state) {
  replayed_state(state);
  return read_status(kernel_.tape_.values());
}

// --- tools ---

void TapedStrand::write_tool(RunningCall& call, HostState& state, const std::optional<pack::ToolResult>& result,
                             const std::string& isolation, FactWriter& out) {
  call.output_text.clear();
  call.clean_output = false;
  write_state(state, out);
  out.text(isolation);
  if (!result) return out.number(static_cast<std::uint64_t>(Ended::kThrew));
  if (const auto* output = std::get_if<pack::ToolOutput>(&*result)) {
    const json::Schema& schema = *call.tool->descriptor.output_validator;
    std::string data = schema.has_write_only() ? kernel_.redact(schema, output->data) : json::serialize(output->data);
    std::optional<std::string> masked = result_without_secrets(data);
    std::string content = output->content.empty() ? std::string("[]") : json::serialize(output->content);
    std::optional<std::string> masked_content =
        output->content.empty() ? std::nullopt : result_without_secrets(content);
    call.sealed_output = schema.has_write_only() || masked || masked_content;
    out.number(static_cast<std::uint64_t>(Ended::kOutput));
    out.flag(call.sealed_output);
    out.text(masked ? *masked : data);
    out.text(masked_content ? *masked_content : content);
    call.clean_output = !masked && !masked_content;
    call.output_text = schema.has_write_only() ? std::string() : std::move(data);
  } else if (const auto* error = std::get_if<pack::ToolError>(&*result)) {
    const std::optional<json::Value> details = details_without_secrets(error->details);
    out.number(static_cast<std::uint64_t>(Ended::kError));
    out.text(error->code);
    out.text(without_secrets(error->message));
    out.text(json::serialize(details ? *details : error->details));
  } else {
    const auto& crash = std::get<pack::ToolCrash>(*result);
    out.number(static_cast<std::uint64_t>(Ended::kCrash));
    out.text(name(crash.code));
    out.text(without_secrets(crash.message));
    out.flag(crash.no_effect);
  }
}

std::optional<pack::ToolResult> TapedStrand::replayed_tool(RunningCall& call, HostState& state,
                                                           std::string& isolation) {
  replayed_state(state);
  FactReader& in = kernel_.tape_.values();
  isolation = in.text();
  switch (static_cast<Ended>(in.number())) {
    case Ended::kOutput: {
      call.sealed_output = in.flag();
      pack::ToolOutput output;
      output.data = read_json(in);
      if (json::Value content = read_json(in); content.is_array()) output.content = std::move(content.as_array());
      return output;
    }
    case Ended::kError: {
      pack::ToolError error;
      error.code = in.text();
      error.message = in.text();
      error.details = read_json(in);
      return error;
    }
    case Ended::kCrash: {
      pack::ToolCrash crash;
      crash.code = error_code_from_name(in.text()).value_or(ErrorCode::kToolCrashed);
      crash.message = in.text();
      crash.no_effect = in.flag();
      return crash;
    }
    case Ended::kThrew:
      return std::nullopt;
  }
  return std::nullopt;
}

std::optional<pack::ToolResult> TapedStrand::run_tool(RunningCall& call, CallContext& context) {
  std::string isolation;
  if (kernel_.tape_.replaying()) {
    kernel_.tape_.expect(FactKind::kOutcome);
    std::optional<pack::ToolResult> result = replayed_tool(call, context.state(), isolation);
    kernel_.tape_.check();
    return result;
  }
  std::optional<pack::ToolResult> result;
  {
    const Tape::Aside aside;
    result = lumenflow::kernel::run_handler(call, context);
  }
  if (kernel_.tape_.recording())
    write_tool(call, context.state(), result, isolation, kernel_.tape_.fact(FactKind::kOutcome));
  return result;
}

// --- handlers and changes ---

Result<std::string> TapedStrand::replay_key(const Delivery& delivery) {
  if (kernel_.tape_.replaying()) {
    kernel_.tape_.expect(FactKind::kOutcome);
    Result<std::string> key = replayed_key();
    kernel_.tape_.check();
    return key;
  }
  Result<std::string> key = make_replay_key(delivery);
  if (kernel_.tape_.recording()) {
    FactWriter& out = kernel_.tape_.fact(FactKind::kOutcome);
    write_status(out, shown(key.ok() ? Status() : Status(key.error())));
    if (key.ok()) out.text(*key);
  }
  return key;
}

Status TapedStrand::run_handler(const Delivery& delivery, DeliveryContext& context) {
  if (kernel_.tape_.replaying()) {
    kernel_.tape_.expect(FactKind::kOutcome);
    Status status = replayed_handler(context.state());
    kernel_.tape_.check();
    return status;
  }
  Status status;
  {
    const Tape::Aside aside;
    status = call_handler(delivery, context);
  }
  if (kernel_.tape_.recording()) {
    FactWriter& out = kernel_.tape_.fact(FactKind::kOutcome);
    write_state(context.state(), out);
    write_status(out, shown(status));
  }
  return status;
}

Status TapedStrand::run_change(const Transaction& transaction, CallStore& store) {
  std::vector<PendingEvent>& events = transaction.state->events;
  if (kernel_.tape_.replaying()) {
    kernel_.log_.replay_writes();
    FactReader& in = kernel_.tape_.expect(FactKind::kOutcome);
    read_pending(in, transaction.state->scope.manifest, events);
    store.replay(read_texts(in), {}, false);
    std::string turn(in.text()), session(in.text());
    if (RunningCall* const call = transaction.call.get(); call != nullptr && !turn.empty())
      opens_turn(*call, std::move(turn), std::move(session));
    Status status = read_status(in);
    kernel_.tape_.check();
    return status;
  }
  const std::size_t before = events.size();
  // The steps of turns are such changes, and write to the journal themselves.
  kernel_.tape_.foreign_change = true;
  Status status = run_changes(*transaction.change, store);
  kernel_.tape_.foreign_change = false;
  if (kernel_.tape_.recording()) {
    const RunningCall* const call = transaction.call.get();
    FactWriter& out = kernel_.tape_.fact(FactKind::kOutcome);
    write_events(out, events, before);
    write_texts(out, store.writes());
    out.text(call == nullptr ? std::string() : call->opened_turn);
    out.text(call == nullptr ? std::string() : call->turn_session);
    write_status(out, shown(status));
  }
  return status;
}

}  // namespace lumenflow::kernel
