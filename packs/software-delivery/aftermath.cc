#include "software-delivery/aftermath.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>

#include "software-delivery/folder.h"
#include "software-delivery/traces.h"

namespace lumenflow::software_delivery {
namespace {

using Effect = pack::Aftermath::Effect;

constexpr std::size_t kTimeCharacters = 10;  // of a ULID; 5 bits each
constexpr std::string_view kCrockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
constexpr std::array<std::string_view, 4> kToolsOfOne = {"wu:claim", "wu:release", "wu:done", "wu:recover"};

std::string_view ulid_of(std::string_view receipt) { return receipt.substr(receipt.find('-') + 1); }

// Whether the value under the key was written by this call. Nothing: the store does not say.
std::optional<bool> is_of(pack::Store& store, const std::string& key, std::string_view receipt, json::Value* value) {
  Result<std::optional<json::Value>> found = store.get(key);
  if (!found.ok()) return std::nullopt;
  const bool ours = *found && json::string_or(**found, "receipt", "") == receipt;
  if (ours && value != nullptr) *value = **std::move(found);
  return ours;
}

pack::Aftermath of_making(const pack::StartedCall& call) {
  const Result<std::optional<json::Value>> found = call.store->get(making_key(call.receipt_id));
  if (!found.ok()) return {};
  if (!*found) return {Effect::kNone, {}};
  const json::Value* work_unit = (*found)->find("wu");
  if (work_unit == nullptr) return {};
  const std::string path = std::string(kFolder) + "/wu/" + std::string(json::string_or(*work_unit, "id", "")) + ".yaml";
  struct stat info {};
  if (::lstat((call.workspace_root + "/" + path).c_str(), &info) != 0) return {Effect::kNone, {}};
  // Its task, if it has none yet, is made when it is claimed, as for one that was written by hand.
  return {Effect::kDone, json::Object{{"wu", *work_unit}, {"path", path}}};
}

// A merge writes the index before it moves the branch, under a lock that whoever is killed leaves behind: where none of
// these is otherwise than before, nothing has begun.
bool merged_nothing(const std::string& root, const json::Value& record) {
  const std::string target(json::string_or(record, "target", "")), before(json::string_or(record, "target_before", "")),
      index(json::string_or(record, "index_before", ""));
  if (json::string_or(record, "step", "") != "finishing" || target.empty() || before.empty()) return false;
  if (has_locks(root, target) || tip_by_files(root, target) != before) return false;
  return index.empty() || index_digest(root) == index;
}

}  // namespace

pack::Aftermath aftermath(const pack::StartedCall& call) {
  if (call.store == nullptr) return {};
  if (call.tool == "wu:create") return of_making(call);
  const std::string wu_id(json::string_or(call.input, "wu_id", ""));
  if (std::ranges::find(kToolsOfOne, call.tool) == kToolsOfOne.end() || wu_id.empty()) return {};
  json::Value last, record;
  const auto ended = is_of(*call.store, "last/" + wu_id, call.receipt_id, &last);
  const auto begun = is_of(*call.store, "wu/" + wu_id, call.receipt_id, &record);
  const auto mending = is_of(*call.store, "mending/" + wu_id, call.receipt_id, nullptr);
  if (!ended || !begun || !mending) return {};
  if (*ended)
    if (const json::Value* data = last.find("data")) return {Effect::kDone, *data};
  if (!*begun && !*mending) return {Effect::kNone, {}};
  if (call.tool == "wu:done" && !*mending && merged_nothing(call.workspace_root, record)) return {Effect::kNone, {}};
  const std::string recovery = recovery_of(std::string(call.receipt_id));
  pack::Aftermath cut_off;
  cut_off.cleanup = json::Object{
      {"cleanup_status", "needs_recovery"},
      {"recovery_action", "lumenflow recover confirm " + recovery},
      {"recovery_call",
       json::Object{{"tool", "wu:recover"}, {"input", json::Object{{"wu_id", wu_id}, {"confirmation_id", recovery}}}}}};
  return cut_off;
}

std::string recovery_of(const std::string& receipt) { return "rec-" + std::string(ulid_of(receipt)); }

std::optional<std::int64_t> made_at_ms(std::string_view receipt) {
  const std::string_view ulid = ulid_of(receipt);
  if (ulid.size() < kTimeCharacters) return std::nullopt;
  std::int64_t out = 0;
  for (const char character : ulid.substr(0, kTimeCharacters)) {
    const std::size_t digit = kCrockford.find(character);
    if (digit == std::string_view::npos) return std::nullopt;
    out = out * 32 + static_cast<std::int64_t>(digit);
  }
  return out;
}

std::string making_key(std::string_view receipt) { return "making/" + std::string(receipt); }

Done keep_making(pack::ToolContext& context, const WorkUnit& work_unit) {
  const auto put = [&](pack::Store& store) {
    return store.put(making_key(context.receipt_id()), json::Object{{"wu", to_json(work_unit)}});
  };
  if (const Status kept = context.transact(put); !kept.ok()) return kept.error();
  return Nothing{};
}

}  // namespace lumenflow::software_delivery
