#include "sidekick/constants.h"
#include "sidekick/tool_impl/memories.h"
#include "sidekick/tool_impl/tags.h"
#include "sidekick/tool_impl/time.h"

namespace lumenflow::sidekick {

Answer store_memory(Call& call) {
  const Input& input = call.input;
  LUMENFLOW_TRY_ASSIGN(const std::string_view type, input.required_text("type"));
  LUMENFLOW_TRY_ASSIGN(const std::string_view content, input.required_text("content"));
  const std::string id = std::string(kMemoryIdPrefix) + call.context.new_ulid();
  json::Value memory(json::Object{{"id", id},
                                  {"type", type},
                                  {"content", content},
                                  {"tags", to_array(input.labels("tags"))},
                                  {"created_at", format_time(call.context.now_ms())}});
  const bool dry_run = input.flag("dry_run");
  if (!dry_run)
    LUMENFLOW_TRY(commit(call, {Collection::kMemories, AuditOp::kCreate, id},
                         [&](Editor& memories) { return memories.insert(id, memory); }));
  return answer_record("memory", std::move(memory), dry_run);
}

Answer forget_memory(Call& call) {
  LUMENFLOW_TRY_ASSIGN(const std::string_view id, call.input.required_text("id"));
  const bool dry_run = call.input.flag("dry_run");
  const Error not_found(ErrorCode::kNotFound, "no memory " + std::string(id));
  if (dry_run) {
    LUMENFLOW_TRY_ASSIGN(const std::unique_ptr<Snapshot> memories, call.storage.read(Collection::kMemories));
    LUMENFLOW_TRY_ASSIGN(const std::optional<json::Value> memory, memories->find(id));
    if (!memory) return not_found;
  } else {
    const auto erase = [&](Editor& memories) -> Status {
      LUMENFLOW_TRY_ASSIGN(const bool erased, memories.erase(id));
      return erased ? Status() : Status(not_found);
    };
    LUMENFLOW_TRY(commit(call, {Collection::kMemories, AuditOp::kDelete, std::string(id)}, erase));
  }
  return answer_record("deleted_id", id, dry_run);
}

}  // namespace lumenflow::sidekick
