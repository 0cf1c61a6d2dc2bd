#include "journal/former_logs.h"

#include <algorithm>

#include "journal/entry.h"

namespace lumenflow::journal {

Result<std::map<std::string, std::uint64_t>> former_logs(const log::Log& log) {
  constexpr std::size_t kEntriesAtOnce = 1024;
  constexpr std::string_view kType = "workspace.restored";
  std::map<std::string, std::uint64_t> former;
  for (Position last(0);;) {
    LUMENFLOW_TRY_ASSIGN(const std::vector<log::StoredRow> rows, log.read(last, kEntriesAtOnce));
    if (rows.empty()) return former;
    for (const log::StoredRow& row : rows) {
      last = Position(row.first.value() + row.entries.size() - 1);
      for (std::size_t i = 0; i < row.entries.size(); ++i) {
        if (row.entries[i].find(kType) == std::string::npos) continue;
        LUMENFLOW_TRY_ASSIGN(const json::Value entry, decode(row.entries[i]));
        if (type_of(entry) != kType) continue;
        const std::int64_t stated = json::integer_or(entry, "from_size", 0);
        const std::uint64_t before = row.first.value() + i - 1;
        former.insert_or_assign(std::string(json::string_or(entry, "from_log_id", "")),
                                std::min(static_cast<std::uint64_t>(std::max<std::int64_t>(stated, 0)), before));
      }
    }
  }
}

}  // namespace lumenflow::journal
