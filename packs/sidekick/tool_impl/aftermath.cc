#include "sidekick/tool_impl/aftermath.h"

#include <array>
#include <optional>
#include <string>

#include "sidekick/constants.h"

namespace lumenflow::sidekick {
namespace {

struct AnswersOneRecord {
  std::string_view tool;
  Collection collection;
  std::string_view member;  // of the answer
};
constexpr std::array<AnswersOneRecord, 5> kAnswersOneRecord{{{"task:create", Collection::kTasks, "task"},
                                                             {"task:complete", Collection::kTasks, "task"},
                                                             {"task:schedule", Collection::kTasks, "task"},
                                                             {"memory:store", Collection::kMemories, "memory"},
                                                             {"channel:configure", Collection::kChannels, "channel"}}};

// Nothing when the answer cannot be made again.
Result<std::optional<json::Value>> answer_again(StoragePort& storage, std::string_view tool, std::string_view id) {
  if (tool == "sidekick:init")
    return std::optional<json::Value>(json::Object{{"initialized", true}, {"root_dir", kRootDir}});
  if (tool == "memory:forget") return std::optional<json::Value>(json::Object{{"deleted_id", id}});
  for (const AnswersOneRecord& known : kAnswersOneRecord) {
    if (known.tool != tool) continue;
    LUMENFLOW_TRY_ASSIGN(const std::unique_ptr<Snapshot> records, storage.read(known.collection));
    LUMENFLOW_TRY_ASSIGN(std::optional<json::Value> record, records->find(id));
    if (!record) break;
    json::Object answer;
    answer.append(std::string(known.member), *std::move(record));
    return std::optional<json::Value>(std::move(answer));
  }
  return std::optional<json::Value>();
}

}  // namespace

pack::Aftermath aftermath(StorageSource& source, const pack::StartedCall& call) {
  using Effect = pack::Aftermath::Effect;
  const Result<StorageSource::Trace> trace = source.trace(call);
  if (!trace.ok()) return {};
  if (!trace->audit) return {Effect::kNone, {}};
  const json::Value* id = trace->audit->at_pointer("/ids/0");
  Result<std::optional<json::Value>> answer = answer_again(
      *trace->storage, call.tool, id != nullptr && id->is_string() ? std::string_view(id->as_string()) : "");
  if (!answer.ok() || !*answer) return {};
  return {Effect::kDone, **std::move(answer)};
}

}  // namespace lumenflow::sidekick
