// Whom retention waits for.
#include <algorithm>

#include "journal/outbox.h"
#include "journal/outbox_rows.h"
#include "journal/retention.h"
#include "log/cursor.h"

namespace lumenflow::journal {
namespace {

constexpr std::string_view kHandlers = "handler/", kUplink = "uplink/";

// A pack's own cursor says what it has dealt with of all streams; one of a stream only where that is further, and it
// stays behind when the other has passed it.
bool counts(std::string_view cursor, bool has_uplink) {
  if (cursor.starts_with(kUplink)) return has_uplink;
  return !cursor.starts_with(kHandlers) || cursor.find('/', kHandlers.size()) == std::string_view::npos;
}

}  // namespace

Result<RetentionLimit> retention_limit(const log::Log& log) {
  LUMENFLOW_TRY_ASSIGN(const std::unique_ptr<log::Snapshot> now, log.snapshot());
  LUMENFLOW_TRY_ASSIGN(const auto stored, now->get(kOutboxTable, kOutboxSwitch));
  bool has_uplink = false;
  if (stored) {
    LUMENFLOW_TRY_ASSIGN(const OutboxSwitch state, decode_switch(*stored));
    has_uplink = state.enabled;
  }
  RetentionLimit limit{Position(log.head().size), {}};
  LUMENFLOW_TRY_ASSIGN(const std::vector<log::CursorNeeds> cursors, log::cursor_needs(*now));
  for (const log::CursorNeeds& cursor : cursors) {
    if (counts(cursor.name, has_uplink) && cursor.at < limit.position) limit = {cursor.at, "the cursor " + cursor.name};
    if (cursor.dead_letter && *cursor.dead_letter <= limit.position)
      limit = {Position(cursor.dead_letter->value() - 1), "a dead letter of " + cursor.name};
  }
  return limit;
}

}  // namespace lumenflow::journal
