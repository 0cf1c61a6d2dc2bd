// C4: the same event twice leaves the state of once, and replay keys are stable.
#include <algorithm>
#include <exception>

#include "base/encoding.h"
#include "conformance/run.h"

namespace lumenflow::conformance {
namespace {

constexpr std::size_t kReplayKeyBytesMax = 512;
constexpr std::string_view kMendRepetition =
    "make its effect an upsert: write under a key that the event gives, never add to what is there, and take times and "
    "ids from the event; or give the handler a replay key instead of marking it idempotent";
constexpr std::string_view kMendKey =
    "make the replay key of the event's payload alone: no clock, no chance, no counter, no memory";

Result<std::string> key_of(const pack::RegisteredHandler& handler, const pack::Event& event) {
  try {
    return handler.replay_key(event);
  } catch (const std::exception& thrown) {
    return Error(ErrorCode::kInternal, std::string("it threw: ") + thrown.what());
  }
}

const pack::RegisteredHandler& handler_of(const Scratch& scratch, const std::string& kind) {
  return *std::ranges::find(scratch.pack().handlers, kind, &pack::RegisteredHandler::kind);
}

pack::Event seen_event(const TestEvent& test) {
  pack::Event event;
  event.kind = test.kind;
  event.event_id = "00000000-0000-7000-8000-00000000000" + std::to_string(test.number);
  event.timestamp = "2026-03-01T11:00:0" + std::to_string(test.number) + ".000Z";
  event.from = "ws-conformance:phone:test";
  event.stream = kTestStream;
  event.seq = test.number;
  event.payload = test.payload;
  return event;
}

// Whether the key is one, and the same each time.
bool check_key(const std::vector<std::pair<std::string, Result<std::string>>>& keys, Case& found) {
  std::vector<std::string> shown;
  bool equal = true, valid = true;
  for (const auto& [when, key] : keys) {
    shown.push_back(when + ": " + (key.ok() ? json::serialize(*key) : key.error().message()));
    valid = valid && key.ok() && !key->empty() && key->size() <= kReplayKeyBytesMax && is_valid_utf8(*key);
    equal = equal && key.ok() && keys.front().second.ok() && *key == *keys.front().second;
  }
  if (!valid)
    found.fail("its replay key is not 1 to 512 bytes of UTF-8", shown, std::string(kMendKey));
  else if (!equal)
    found.fail("its replay key is not the same each time", shown, std::string(kMendKey));
  return valid && equal;
}

Status compare(const Scratch& scratch, const State& once, const std::string& what, std::string_view mend, Case& found) {
  LUMENFLOW_TRY_ASSIGN(const State now, scratch.state());
  if (!(now == once)) found.fail(what, differences(once, now), std::string(mend));
  return {};
}

// It is called twice indeed: what remembers that it was called is taken away.
Status check_idempotent(Run& run, Scratch& scratch, const HandlerCase& handler, const State& once, Case& found) {
  const int runs_before = run.seen.handler_runs[handler.kind];
  LUMENFLOW_TRY(scratch.forget_replays());
  LUMENFLOW_TRY_ASSIGN(const Delivered again, scratch.deliver(handler.event(), 2));
  if (run.seen.handler_runs[handler.kind] == runs_before)
    found.fail("it could not be called a second time", {again.outcome + " " + again.error},
               "report this with the manifest");
  else if (again.outcome != "applied")
    found.fail("it failed when it was called a second time", {again.error}, std::string(kMendRepetition));
  return compare(scratch, once, "called twice with the same event (" + handler.sample.name + "), it left another state",
                 kMendRepetition, found);
}

Status check_replay_key(Scratch& scratch, const HandlerCase& handler, const State& once, Case& found) {
  const TestEvent test = handler.event();
  const pack::Event event = seen_event(test);
  const Result<std::string> first = key_of(handler_of(scratch, handler.kind), event);
  const Result<std::string> again_key = key_of(handler_of(scratch, handler.kind), event);
  LUMENFLOW_TRY(scratch.reopen(Scratch::Code::kStartsAnew));
  const Result<std::string> restarted = key_of(handler_of(scratch, handler.kind), event);
  // At once: g++ 12 at -O2 sees writes out of bounds in the growth of such a vector.
  const std::vector<std::pair<std::string, Result<std::string>>> keys{
      {"first", first}, {"again", again_key}, {"after a restart", restarted}};
  if (!check_key(keys, found)) return {};

  LUMENFLOW_TRY_ASSIGN(const Delivered again, scratch.deliver(test, 3));
  if (again.outcome != "repeated")
    found.fail("the same event was not recognised", {"it was " + again.outcome + " " + again.error},
               std::string(kMendKey));
  LUMENFLOW_TRY(compare(scratch, once, "the same event again (" + handler.sample.name + ") left another state",
                        kMendRepetition, found));

  TestEvent other = test;
  other.number = 2;
  const Result<std::string> other_key = key_of(handler_of(scratch, handler.kind), seen_event(other));
  if (!other_key.ok() || *other_key != *keys.front().second) {
    found.notes.push_back(
        "its replay key differs for a new event with the same payload: it is of the event's id or time");
    return {};
  }
  LUMENFLOW_TRY_ASSIGN(const Delivered equal, scratch.deliver(other, 4));
  if (equal.outcome != "repeated")
    found.fail("a new event with an equal replay key was not recognised", {"it was " + equal.outcome},
               std::string(kMendKey));
  return compare(scratch, once, "a new event with an equal replay key left another state", kMendRepetition, found);
}

Status check_handler(Run& run, const HandlerCase& handler, Case& found) {
  if (handler.sample.generated) found.notes.push_back("it has no example: its payload was generated from its schema");
  LUMENFLOW_TRY_ASSIGN(const std::unique_ptr<Scratch> scratch, run.fresh());
  LUMENFLOW_TRY_ASSIGN(const Tree before, scratch->tree());
  LUMENFLOW_TRY_ASSIGN(const Delivered first, scratch->deliver(handler.event(), 1));
  LUMENFLOW_TRY_ASSIGN(const Tree after, scratch->tree());
  note_writes(run, "the handler of " + handler.kind, run.write_scopes, before, after);
  if (first.outcome != "applied") {
    found.fail("it did not take " + handler.sample.name,
               {"payload: " + json::serialize(handler.sample.value), "it was " + first.outcome + ": " + first.error},
               "mend the handler, or give a payload it takes: examples: {" + handler.kind + ": {…}}");
    return {};
  }
  LUMENFLOW_TRY_ASSIGN(const State once, scratch->state());
  run.state_of_once[handler.kind + " " + handler.sample.name] = once;
  if (handler.has_replay_key) return check_replay_key(*scratch, handler, once, found);
  return check_idempotent(run, *scratch, handler, once, found);
}

}  // namespace

Status check_repetition(Run& run) {
  if (run.manifest.subscribed_event_kinds.empty()) return {};
  std::vector<HandlerCase> handlers;
  {
    LUMENFLOW_TRY_ASSIGN(const std::unique_ptr<Scratch> scratch, run.fresh());
    handlers = run.handlers(*scratch);
  }
  for (const std::string& kind : run.manifest.subscribed_event_kinds) {
    Case found{"C4", kind, {}, {}, {}};
    for (const HandlerCase& handler : handlers)
      if (handler.kind == kind) LUMENFLOW_TRY(check_handler(run, handler, found));
    if (std::ranges::find(handlers, kind, &HandlerCase::kind) == handlers.end())
      found.fail("there is no payload to try it with: the manifest has no example, and no schema is known", {},
                 "add one to the manifest: examples: {" + kind + ": {…}}");
    run.report.cases.push_back(std::move(found));
  }
  run.handler_cases = std::move(handlers);
  return {};
}

}  // namespace lumenflow::conformance
