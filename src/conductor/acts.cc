#include "conductor/acts.h"

#include <iterator>
#include <memory>
#include <optional>
#include <utility>

#include "base/ulid.h"
#include "conductor/tables.h"
#include "json/canonical.h"

namespace lumenflow::conductor {
namespace {

constexpr std::string_view kActs = "acts";  // the table of records
constexpr std::size_t kActsSweptMax = 256;
constexpr std::size_t kRefusersMax = 1024;
constexpr std::chrono::seconds kCounted{10};

// An act that is younger is on its way: whoever made the change puts it into the Log. An id begins with its time.
constexpr std::chrono::seconds kOnItsWay{5};
bool is_left_over(std::string_view id, Timestamp now) {
  const std::optional<Ulid> ulid = parse_ulid(id);
  return !ulid || *ulid < make_ulid(now - kOnItsWay, {});
}

std::string workspace_of(const json::Value& entry) { return std::string(json::string_or(entry, "workspace", "")); }

}  // namespace

std::string act_text(const Act& act, Timestamp now) {
  json::Object entry = act.details;
  entry.set("type", act.type);
  entry.set("ts", format_rfc3339(now));
  if (!act.subject.empty()) entry.set("subject", act.subject);
  if (!act.workspace.empty()) entry.set("workspace", act.workspace);
  Result<std::string> text = json::canonical(json::Value(std::move(entry)));
  if (text.ok()) return *std::move(text);
  // Only what somebody else said can have no canonical form.
  return *json::canonical(json::Object{{"type", act.type}, {"ts", format_rfc3339(now)}});
}

RecordChange act_change(const Act& act, Timestamp now, Random& random) {
  return {std::string(kActs), make_ulid(now, random.draw16()).str(), 0, act_text(act, now)};
}

void Acts::change(std::vector<RecordChange> changes, const Act& act, Ledger::Done done) {
  changes.push_back(act_change(act, ports_.clock.now(), ports_.random));
  const std::string id = changes.back().key, text = *changes.back().value;
  change_silently(std::move(changes), [this, id, text, done = std::move(done)](const Status& changed) {
    if (!changed.ok()) return done(changed);
    const auto there = ports_.ledger.tables().get(kAudited, id);
    if (!there.ok()) return done(there.error());
    if (!*there)
      if (const Status put = into_log(id, text); !put.ok()) return done(put);
    ports_.ledger.when_durable(done);
  });
}

void Acts::change_silently(std::vector<RecordChange> changes, Ledger::Done done) {
  // Shared with the thread that writes.
  const auto waits = std::make_shared<Ledger::Done>(std::move(done));
  const bool taken = ports_.executor.post([this, changes = std::move(changes), waits] {
    const Status status = ports_.records.apply(changes);
    ports_.post([waits, status] { (*waits)(status); });
  });
  if (!taken)
    ports_.post(
        [waits] { (*waits)(Error(ErrorCode::kRateLimited, "the conductor has too much to write; try again")); });
}

Status Acts::into_log(const std::string& id, const std::string& text) {
  LUMENFLOW_TRY_ASSIGN(const json::Value entry, json::parse(text));
  LUMENFLOW_TRY_ASSIGN(const Position at, ports_.ledger.append({text}, lists_of_audit(workspace_of(entry))));
  LUMENFLOW_TRY(ports_.ledger.put(kAudited, id, big_endian(at.value())));
  return follow_ ? follow_(entry, at) : Status();
}

Status Acts::record(const Act& act) {
  LUMENFLOW_TRY_ASSIGN(const Position at,
                       ports_.ledger.append({act_text(act, ports_.clock.now())}, lists_of_audit(act.workspace)));
  static_cast<void>(at);
  return {};
}

bool Acts::refuse(const std::string& subject, const std::string& workspace, std::string_view route, const Error& error,
                  const From& from) {
  const std::string key = key_of({subject, name(error.code()), from.tried});
  const Timestamp now = ports_.clock.now();
  if (const auto found = refusals_.find(key); found != refusals_.end()) {
    ++found->second.count;
    return false;
  }
  if (refusals_.size() >= kRefusersMax) return false;
  Refusals refusals{0, now, {"conductor.refused", subject, workspace, {}}};
  refusals.act.details = {{"code", name(error.code())}, {"route", route}, {"address", from.address}};
  if (!from.tried.empty()) refusals.act.details.set("name", from.tried);
  const bool written = record(refusals.act).ok();
  refusals_.emplace(key, std::move(refusals));
  return written;
}

void Acts::write_counted(Refusals& refusals) {
  if (refusals.count == 0) return;
  refusals.act.details.set("count", refusals.count);
  refusals.act.details.set("since", format_rfc3339(refusals.since));
  (void)record(refusals.act);
}

void Acts::sweep() {
  const Timestamp now = ports_.clock.now();
  for (auto at = refusals_.begin(); at != refusals_.end();) {
    const bool over = at->second.since + kCounted <= now;
    if (over) write_counted(at->second);
    at = over ? refusals_.erase(at) : std::next(at);
  }
  const auto waiting = ports_.records.scan(kActs, "", "", kActsSweptMax);
  const auto durable = ports_.ledger.snapshot();
  if (!waiting.ok() || !durable.ok() || waiting->empty()) return;
  std::vector<RecordChange> gone;
  std::vector<std::string> ids;
  for (const Record& act : *waiting) {
    if (!is_left_over(act.key, now)) continue;
    const auto in_log = (*durable)->get(kAudited, act.key);
    const auto on_its_way = ports_.ledger.tables().get(kAudited, act.key);
    if (!in_log.ok() || !on_its_way.ok()) return;
    if (in_log->has_value()) {
      gone.push_back({std::string(kActs), act.key, act.version, std::nullopt});
      ids.push_back(act.key);
    } else if (!on_its_way->has_value()) {
      (void)into_log(act.key, act.value);
    }
  }
  if (gone.empty()) return;
  change_silently(std::move(gone), [this, ids = std::move(ids)](const Status& done) {
    if (!done.ok()) return;  // the next sweep sees them again
    for (const std::string& id : ids) (void)ports_.ledger.erase(kAudited, id);
  });
}

}  // namespace lumenflow::conductor
