#include "conductor/sweeper.h"

#include <array>
#include <utility>

#include "conductor/authenticator.h"

namespace lumenflow::conductor {
namespace {

constexpr std::size_t kLookedAtMax = 64;  // of each table in one sweep; the next one goes on behind them
// A used ticket is told apart from one that never was for a while.
constexpr std::chrono::hours kKept{24};

struct Swept {
  const char* table;
  std::chrono::milliseconds kept;  // after it is over
};
constexpr std::array<Swept, 4> kSwept = {Swept{kTicketsTable, kKept}, Swept{kSessionsTable, {}},
                                         Swept{kTokensTable, {}}, Swept{kAssertionsTable, {}}};

}  // namespace

void sweep_records(Context& context) {
  const Timestamp now = context.clock.now();
  std::vector<RecordChange> gone;
  for (const Swept& swept : kSwept) {
    std::string& behind = context.swept_to[swept.table];
    const auto page = context.store.records->scan(swept.table, "", behind, kLookedAtMax);
    if (!page.ok()) return;
    for (const Record& record : *page)
      if (Timestamp{json::integer_or(parsed(record), "expires_ms", INT64_MAX / 2)} + swept.kept <= now)
        gone.push_back({swept.table, record.key, record.version, std::nullopt});
    behind = page->size() == kLookedAtMax ? page->back().key : std::string();
  }
  if (gone.empty()) return;
  context.acts.change_silently(std::move(gone), [](const Status&) {});  // what changed meanwhile is looked at again
}

}  // namespace lumenflow::conductor
