// C3: every emitted kind builds a v2 envelope, and one idempotency key gives one event.
#include <algorithm>
#include <optional>

#include "conformance/run.h"
#include "event/envelope_reader.h"

namespace lumenflow::conformance {
namespace {

// Emits with the pack's own context, as its tools do.
Result<pack::Emitted> emit(Scratch& scratch, const std::string& kind, const json::Value& payload) {
  std::optional<Result<pack::Emitted>> emitted;
  scratch.seen().probe = [&](pack::HostContext& context) {
    emitted = context.emit_now(kind, payload, {.idempotency_key = "conformance", .timestamp = {}});
  };
  LUMENFLOW_TRY(scratch.reopen(Scratch::Code::kGoesOn));
  if (!emitted) return Error(ErrorCode::kInternal, "the pack's context could not be had");
  return *std::move(emitted);
}

Status check_envelope(const std::vector<json::Value>& envelopes, const std::string& event_id, Case& found) {
  std::size_t count = 0;
  for (const json::Value& envelope : envelopes) {
    if (json::string_or(envelope, "event_id", "") != event_id) continue;
    ++count;
    const auto read = event::read_envelope(envelope);
    if (!read.ok())
      found.fail("its envelope is malformed", {read.error().to_string(), json::serialize(envelope)},
                 "report this with the manifest: envelopes are the program's own");
    else if (json::integer_or(envelope, "schema_version", 0) != 2)
      found.fail("its envelope is not of version 2", {json::serialize(envelope)}, "report this with the manifest");
  }
  if (count != 1)
    found.fail("one idempotency key gave " + std::to_string(count) + " events", {},
               "report this with the manifest: keys are the program's own");
  return {};
}

Status check_kind(Run& run, Scratch& scratch, const std::string& kind) {
  Case& found = run.begin("C3", kind);
  std::vector<Sample> samples = samples_of_kind(run.manifest, run.pack, kind, run.options.seed);
  if (samples.empty()) {
    const json::Value* schemas = run.manifest.raw.find("event_schemas");
    if (schemas != nullptr && schemas->find(kind) != nullptr) {
      found.fail("no payload could be made from its schema", {},
                 "add one to the manifest: examples: {" + kind + ": {…}}");
      return {};
    }
    samples.push_back({json::Object{}, true, "an empty payload"});
  }
  if (samples.front().generated) found.notes.push_back("it has no example: " + samples.front().name + " was used");
  const json::Value& payload = samples.front().value;
  std::string first_id;
  for (int time = 0; time < 2; ++time) {
    const Result<pack::Emitted> emitted = emit(scratch, kind, payload);
    if (!emitted.ok()) {
      found.fail("it cannot be emitted", {"payload: " + json::serialize(payload), emitted.error().to_string()},
                 "mend the example, or the kind's event_schemas");
      return {};
    }
    if (time == 0)
      first_id = emitted->event_id;
    else if (emitted->event_id != first_id)
      found.fail("one idempotency key gave two event ids", {first_id, emitted->event_id},
                 "report this with the manifest: keys are the program's own");
  }
  LUMENFLOW_TRY_ASSIGN(const std::vector<json::Value> envelopes, scratch.emitted());
  return check_envelope(envelopes, first_id, found);
}

}  // namespace

Status check_envelopes(Run& run) {
  if (run.manifest.emitted_event_kinds.empty()) return {};
  LUMENFLOW_TRY_ASSIGN(const std::unique_ptr<Scratch> scratch, run.fresh());
  for (const std::string& kind : run.manifest.emitted_event_kinds) LUMENFLOW_TRY(check_kind(run, *scratch, kind));
  return {};
}

}  // namespace lumenflow::conformance
