#include "journal/former_logs.h"

#include <algorithm>

#include "base/encoding.h"
#include "journal/entry.h"
#include "json/canonical.h"

namespace lumenflow::journal {
namespace {

constexpr std::string_view kTypes[] = {"workspace.restored", "workspace.renamed"};

}  // namespace

std::string encode_former(std::string_view type, const log::Head& former, Timestamp now, std::string_view version) {
  const json::Value entry = json::Object{{"from_log_id", former.log_id}, {"from_root", to_hex(former.root)},
                                         {"from_size", former.size},     {"ts", format_rfc3339(now)},
                                         {"type", std::string(type)},    {"version", std::string(version)}};
  return *json::canonical(entry);
}

Result<std::map<std::string, std::uint64_t>> former_logs(const log::Log& log) {
  constexpr std::size_t kEntriesAtOnce = 1024;
  std::map<std::string, std::uint64_t> former;
  for (Position last(0);;) {
    LUMENFLOW_TRY_ASSIGN(const std::vector<log::StoredRow> rows, log.read(last, kEntriesAtOnce));
    if (rows.empty()) return former;
    for (const log::StoredRow& row : rows) {
      last = Position(row.first.value() + row.entries.size() - 1);
      for (std::size_t i = 0; i < row.entries.size(); ++i) {
        if (std::ranges::none_of(kTypes,
                                 [&](std::string_view type) { return row.entries[i].find(type) != std::string::npos; }))
          continue;
        LUMENFLOW_TRY_ASSIGN(const json::Value entry, decode(row.entries[i]));
        if (std::ranges::find(kTypes, type_of(entry)) == std::end(kTypes)) continue;
        const std::int64_t stated = json::integer_or(entry, "from_size", 0);
        const std::uint64_t before = row.first.value() + i - 1;
        former.insert_or_assign(std::string(json::string_or(entry, "from_log_id", "")),
                                std::min(static_cast<std::uint64_t>(std::max<std::int64_t>(stated, 0)), before));
      }
    }
  }
}

}  // namespace lumenflow::journal
