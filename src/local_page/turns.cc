#include "local_page/turns.h"

namespace lumenflow::local_page {
namespace {

constexpr std::size_t kKeptMax = 1'000;

std::string_view state_of(std::string_view kind) {
  if (kind == Turns::kKinds[0]) return "running";
  return kind == Turns::kKinds[1] ? "completed" : "aborted";
}

}  // namespace

void Turns::take(const json::Value& event, const std::string& workspace) {
  const json::Value* payload = event.find("payload");
  if (payload == nullptr || !payload->is_object()) return;
  const std::string id(json::string_or(*payload, "turn_id", ""));
  if (id.empty()) return;
  const std::string_view state = state_of(json::string_or(event, "kind", ""));
  const auto [found, fresh] = turns_.try_emplace(id);
  json::Object& turn = found->second;
  if (fresh) {
    const std::int64_t position = json::integer_or(event, "position", 0);
    turn = {{"turn_id", id}, {"workspace_id", workspace}, {"position", position}};
    order_[static_cast<std::uint64_t>(position)] = id;
  }
  // Its kinds are read one after the other: what began it may come behind what ended it.
  const json::Value* known = turn.find("state");
  const bool over = known != nullptr && *known != json::Value("running");
  for (const json::Member& member : payload->as_object())
    if (!over || turn.find(member.key) == nullptr) turn.set(member.key, member.value);
  if (!over) turn.set("state", state);
  turn.set(state == "running" ? "started_at" : "ended_at", json::string_or(event, "timestamp", ""));
  if (order_.size() <= kKeptMax) return;
  turns_.erase(order_.begin()->second);
  order_.erase(order_.begin());
}

json::Value Turns::page(std::uint64_t before, std::size_t limit) const {
  json::Array items;
  std::uint64_t last = 0;
  for (auto it = before == 0 ? order_.end() : order_.lower_bound(before);
       it != order_.begin() && items.size() < limit;) {
    --it;
    last = it->first;
    items.push_back(turns_.find(it->second)->second);
  }
  const bool more = last != 0 && order_.begin()->first < last;
  return json::Object{{"items", std::move(items)}, {"next", more ? json::Value(last) : json::Value()}};
}

}  // namespace lumenflow::local_page
