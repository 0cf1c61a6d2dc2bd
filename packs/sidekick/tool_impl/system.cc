#include "sidekick/tool_impl/system.h"

#include "sidekick/constants.h"
#include "sidekick/tool_impl/time.h"

namespace lumenflow::sidekick {

Answer initialize(Call& call) {
  LUMENFLOW_TRY(call.storage.transaction({}, [&](Transaction& transaction) -> Status {
    LUMENFLOW_TRY_ASSIGN(const bool made, transaction.initialize(format_time(call.context.now_ms())));
    return transaction.append_audit(audit_event(call.context, made ? AuditOp::kCreate : AuditOp::kUpdate));
  }));
  return answer({{"initialized", true}, {"root_dir", kRootDir}});
}

Answer report_status(Call& call) {
  LUMENFLOW_TRY_ASSIGN(const Stats stats, call.storage.stats());
  json::Object counts;
  bool initialized = stats.initialized || stats.audit.count > 0;  // a write makes what is missing
  std::int64_t bytes = stats.audit.bytes;
  for (Collection collection : kCollections) {
    const Usage& usage = stats.collections[index_of(collection)];
    counts.append(std::string(name(collection)), usage.count);
    initialized = initialized || usage.count > 0;
    bytes += usage.bytes;
  }
  json::Array problems;
  for (const std::string& problem : stats.problems) problems.emplace_back(problem);
  json::Object data;
  data.append("initialized", initialized);
  data.append("counts", std::move(counts));
  data.append("audit_events", stats.audit.count);
  data.append("storage_adapter", stats.adapter);
  data.append("bytes", bytes);
  data.append("health", problems.empty() ? "ok" : "degraded");
  data.append("problems", std::move(problems));
  return answer(std::move(data));
}

}  // namespace lumenflow::sidekick
