#include "sidekick/tool_impl/watch.h"

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "sidekick/constants.h"
#include "sidekick/tool_impl/time.h"

namespace lumenflow::sidekick {
namespace {

constexpr std::size_t kPage = 256;

struct Listener {
  std::string routine_id;
  std::int64_t since_ms = 0;  // when it was made: what happened before is not for it
};

Status announce(pack::HandlerContext& context, const std::vector<Listener>& listeners, const pack::Event& event) {
  const Result<std::int64_t> happened_ms = parse_time(event.timestamp);
  for (const Listener& listener : listeners) {
    if (happened_ms.ok() && *happened_ms < listener.since_ms) continue;
    pack::EmitOptions options;
    options.idempotency_key = listener.routine_id + "@" + event.event_id;
    LUMENFLOW_TRY(context.emit(kRoutineDue,
                               json::Object{{"routine_id", listener.routine_id}, {"due_at", event.timestamp}},
                               std::move(options)));
  }
  return {};
}

}  // namespace

Status watch_events(pack::HostContext& context, StoragePort& storage) {
  LUMENFLOW_TRY_ASSIGN(const std::unique_ptr<Snapshot> routines, storage.read(Collection::kRoutines));
  std::map<std::string, std::vector<Listener>> by_kind;
  std::string after;
  for (bool more = true; more;) {
    LUMENFLOW_TRY_ASSIGN(const std::vector<Record> page, routines->oldest(after, kPage));
    more = page.size() == kPage;
    if (more) after = page.back().id;
    for (const Record& routine : page) {
      const std::string kind(json::string_or(routine.value, "on_event", ""));
      if (kind.empty() || kind == kRoutineDue || !json::boolean_or(routine.value, "enabled", false)) continue;
      const Result<std::int64_t> since_ms = parse_time(json::string_or(routine.value, "created_at", ""));
      by_kind[kind].push_back({routine.id, since_ms.ok() ? *since_ms : 0});
    }
  }
  std::vector<pack::Trigger> triggers;
  for (auto& [kind, listeners] : by_kind)
    triggers.push_back({kind, [listeners = std::move(listeners)](pack::HandlerContext& run, const pack::Event& event) {
                          return announce(run, listeners, event);
                        }});
  context.watch(std::move(triggers));
  return {};
}

}  // namespace lumenflow::sidekick
