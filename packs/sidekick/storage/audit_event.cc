#include "sidekick/storage/audit_event.h"

#include <array>
#include <string_view>
#include <utility>

namespace lumenflow::sidekick {

json::Value to_json(AuditEvent event) {
  constexpr std::array<std::string_view, 3> kOps{"create", "update", "delete"};
  json::Object line;
  line.reserve(8);
  line.append("id", std::move(event.id));
  line.append("ts", std::move(event.ts));
  line.append("tool", std::move(event.tool));
  line.append("op", kOps[static_cast<std::size_t>(event.op)]);
  line.append("actor", std::move(event.actor));
  line.append("receipt_id", std::move(event.receipt_id));
  if (!event.ids.empty()) {
    json::Array ids;
    ids.reserve(event.ids.size());
    for (std::string& id : event.ids) ids.emplace_back(std::move(id));
    line.append("ids", std::move(ids));
  }
  if (!event.details.empty()) line.append("details", std::move(event.details));
  return line;
}

}  // namespace lumenflow::sidekick
