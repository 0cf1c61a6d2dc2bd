#include "software-delivery/board.h"

#include <algorithm>

namespace lumenflow::software_delivery {
namespace {

constexpr std::string_view kTaskType = "work-unit";

json::Value of_task(const std::string& wu_id) { return json::Object{{"task_id", wu_id}}; }

}  // namespace

Answer<json::Value> Board::step(std::string_view step, json::Value input) {
  Result<pack::Invoked> ended = context_.tasks(step, std::move(input));
  if (!ended.ok()) return ended.error();
  if (ended->ok()) return std::move(ended->data);
  return refuse(ended->code, ended->message, std::move(ended->details));
}

Answer<std::optional<Task>> Board::find(const std::string& wu_id) {
  Answer<json::Value> shown = step("show", of_task(wu_id));
  if (!shown.ok() && shown.refusal().code == "NOT_FOUND") return std::optional<Task>();
  if (!shown.ok()) return shown.refusal();
  const json::Value* task = shown->find("task");
  if (task == nullptr) return refuse("INTERNAL", "the kernel shows no task");
  Task out;
  out.state = json::string_or(*task, "state", "");
  out.lane = json::string_or(*task, "lane", "");
  out.claimed_by = json::string_or(*task, "claimed_by", "");
  out.reason = json::string_or(*task, "reason", "");
  if (const json::Value* spec = task->find("spec")) out.spec = *spec;
  if (json::string_or(*task, "type", "") != kTaskType)
    return refuse("CONFLICT", "the task '" + wu_id + "' is no work unit: another pack or person has made it");
  return std::optional<Task>(std::move(out));
}

Answer<std::vector<Lane>> Board::lanes() {
  SD_TRY_ASSIGN(const json::Value data, step("lanes", json::Object{}));
  std::vector<Lane> out;
  const json::Value* items = data.find("items");
  for (const json::Value& item : items == nullptr ? json::Array{} : items->as_array()) {
    Lane lane;
    lane.id = json::string_or(item, "id", "");
    lane.title = json::string_or(item, "title", "");
    if (const json::Value* limit = item.find("wip_limit"); limit != nullptr && limit->is_number())
      lane.wip_limit = limit->as_integer();
    lane.claimed = json::integer_or(item, "claimed", 0);
    if (const json::Value* holders = item.find("holders")) lane.holders = *holders;
    out.push_back(std::move(lane));
  }
  return out;
}

Answer<Lane> Board::lane(const std::string& written) {
  SD_TRY_ASSIGN(std::vector<Lane> all, lanes());
  std::string known;
  for (Lane& lane : all) {
    if (lane.id == written || lane.title == written) return std::move(lane);
    known += (known.empty() ? "" : ", ") + lane.id;
  }
  return refuse("UNKNOWN_LANE", "there is no lane '" + written + "' in lumenflow.yaml" +
                                    (known.empty() ? "; add one to 'lanes'" : "; there are " + known));
}

Done Board::create(const WorkUnit& work_unit, const std::string& lane_id) {
  json::Object input{{"task_id", work_unit.id}, {"type", kTaskType}, {"lane", lane_id}, {"spec", to_json(work_unit)}};
  input.set("title", work_unit.title.substr(0, 500));
  const Answer<json::Value> made = step("create", std::move(input));
  if (!made.ok() && made.refusal().code == "ALREADY_EXISTS") return Nothing{};
  return done(made);
}

Done Board::claim(const std::string& wu_id, const Workplace& place) {
  return done(step("claim", json::Object{{"task_id", wu_id},
                                         {"domain_data",
                                          json::Object{{"branch", place.branch}, {"worktree_path", place.worktree}}}}));
}

Done Board::block(const std::string& wu_id, std::string_view reason) {
  return done(step("block", json::Object{{"task_id", wu_id}, {"reason", reason}}));
}

Done Board::unblock(const std::string& wu_id) { return done(step("unblock", of_task(wu_id))); }

Done Board::release(const std::string& wu_id, std::string_view reason) {
  SD_TRY_ASSIGN(const std::optional<Task> task, find(wu_id));
  if (!task || !task->is_claimed()) return Nothing{};
  if (task->state == "blocked") SD_TRY(unblock(wu_id));
  if (task->state == "waiting") SD_TRY(done(step("resume", of_task(wu_id))));
  return done(step("release", json::Object{{"task_id", wu_id}, {"reason", reason}}));
}

Done Board::complete(const std::string& wu_id, const std::vector<std::string>& evidence) {
  json::Object input{{"task_id", wu_id}};
  if (!evidence.empty()) input.set("evidence_refs", json::Array(evidence.begin(), evidence.end()));
  return done(step("complete", std::move(input)));
}

}  // namespace lumenflow::software_delivery
