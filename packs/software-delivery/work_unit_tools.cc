// wu:create, wu:list, wu:status and lane:list.
#include <algorithm>
#include <map>
#include <set>

#include "software-delivery/aftermath.h"
#include "software-delivery/dependencies.h"
#include "software-delivery/plan.h"
#include "software-delivery/tools.h"
#include "software-delivery/work_unit_file.h"

namespace lumenflow::software_delivery {
namespace {

Answer<std::string> next_id(const Folder& folder) {
  SD_TRY_ASSIGN(const std::vector<std::string> names, folder.list("wu"));
  long long last = 0;
  for (const std::string& name : names)
    if (name.ends_with(".yaml") && name.starts_with("WU-") && is_work_unit_id(name.substr(0, name.size() - 5)))
      last = std::max(last, std::stoll(name.substr(3)));
  std::string digits = std::to_string(last + 1);
  if (digits.size() > 9) return refuse("INVALID_INPUT", "no number is left: give the work unit an id");
  return "WU-" + std::string(digits.size() < 3 ? 3 - digits.size() : 0, '0') + digits;
}

json::Value shown_task(const std::optional<Task>& task) {
  if (!task) return nullptr;
  json::Object out{{"state", task->state}};
  if (!task->claimed_by.empty()) out.set("claimed_by", task->claimed_by);
  if (!task->reason.empty()) out.set("reason", task->reason);
  return out;
}

std::string status_of(const std::optional<Task>& task) { return task ? task->state : "ready"; }

// A claimed work unit takes up a place, so that it is in no list is for somebody to look at.
Done add_missing(Call& call, const Listed& listed, json::Array& problems) {
  SD_TRY_ASSIGN(const std::vector<Lane> lanes, call.board.lanes());
  for (const Lane& lane : lanes) {
    if (!lane.holders.is_array()) continue;
    for (const json::Value& holder : lane.holders.as_array()) {
      const std::string id(json::string_or(holder, "task_id", ""));
      if (!is_work_unit_id(id) || std::ranges::find(listed.work_units, id, &WorkUnit::id) != listed.work_units.end())
        continue;
      const Answer<WorkUnit> file = read_work_unit(call.folder, id);
      if (file.ok() || file.refusal().code != "NOT_FOUND") continue;  // what cannot be read is said already
      problems.emplace_back(id + " is claimed by " + std::string(json::string_or(holder, "claimed_by", "")) +
                            ", and its file is gone; put it back, or release the work unit");
    }
  }
  return Nothing{};
}

// Each circle once, by whichever of its work units comes first.
Done add_circles(Call& call, const std::vector<WorkUnit>& work_units, json::Array& problems) {
  std::map<std::string, const WorkUnit*, std::less<>> by_id;
  for (const WorkUnit& each : work_units) by_id.emplace(each.id, &each);
  std::set<std::string> looked_at;
  const auto depends_on = [&](const std::string& id) -> Answer<std::vector<std::string>> {
    const auto found = by_id.find(id);
    if (found == by_id.end() || found->second->depends_on.empty() || !looked_at.insert(id).second)
      return std::vector<std::string>();
    SD_TRY_ASSIGN(const std::optional<Task> task, call.board.find(id));
    return task && task->state == "done" ? std::vector<std::string>() : found->second->depends_on;
  };
  for (const WorkUnit& each : work_units) {
    SD_TRY_ASSIGN(const std::vector<std::string> circle, circle_from(each.id, depends_on));
    if (!circle.empty())
      problems.emplace_back("these wait for each other for ever: " + circle_text(circle) +
                            "; take one of them out of depends_on in its file");
  }
  return Nothing{};
}

}  // namespace

Refusal left_behind(Call& call, Refusal why, std::string_view cleanup_status, std::string action,
                    std::string_view proposed_tool) {
  json::Object details;
  if (const json::Object* given = why.details.if_object()) details = *given;
  details.set("cleanup_status", cleanup_status);
  if (cleanup_status == "clean") return refuse(std::move(why.code), std::move(why.message), std::move(details));
  const std::string recovery = recovery_of(call.context.receipt_id());
  json::Object input{{"wu_id", call.text("wu_id")}};
  if (proposed_tool == "wu:recover") input.set("confirmation_id", recovery);
  if (proposed_tool == "wu:release") input.set("reason", call.text("reason"));
  details.set("recovery_action", action.empty() ? "lumenflow recover confirm " + recovery : std::move(action));
  details.set("recovery_call", json::Object{{"tool", proposed_tool}, {"input", std::move(input)}});
  return refuse(std::move(why.code), std::move(why.message), std::move(details));
}

// A work unit that is claimed goes on when its file or its lane does not: else nobody could give back its place.
Answer<Subject> subject_of(Call& call) {
  Subject out;
  bool file_missing = false, lane_gone = false;
  Answer<WorkUnit> written = read_work_unit(call.folder, call.text("wu_id"));
  SD_TRY_ASSIGN(const std::optional<Task> task, call.board.find(call.text("wu_id")));
  const bool claimed = task && task->is_claimed();
  if (!written.ok() && written.refusal().code == "NOT_FOUND" && claimed) {
    file_missing = true;
    written = work_unit_from_json(task->spec);
  }
  if (!written.ok()) return written.refusal();
  out.work_unit = std::move(*written);
  Answer<Lane> lane = call.board.lane(out.work_unit.lane);
  if (!lane.ok() && lane.refusal().code == "UNKNOWN_LANE" && claimed && !task->lane.empty()) {
    lane_gone = true;
    lane = Lane{task->lane, task->lane, {}, 0, {}};
  }
  if (!lane.ok()) return lane.refusal();
  out.lane = std::move(*lane);
  SD_TRY_ASSIGN(out.facts, gather(call.git, call.board, call.folder, out.work_unit.id,
                                  workplace_of(out.lane.id, out.work_unit.id), call.site.in_hand));
  out.facts.file_missing = file_missing;
  out.facts.lane_gone = lane_gone;
  if (!claimed) {
    SD_TRY_ASSIGN(out.facts.circle, circle_of(call, out.work_unit));
  }
  return out;
}

Answer<std::vector<std::string>> circle_of(Call& call, const WorkUnit& about) {
  return circle_from(about.id, [&](const std::string& id) -> Answer<std::vector<std::string>> {
    SD_TRY_ASSIGN(const std::optional<Task> task, call.board.find(id));
    if (task && task->state == "done") return std::vector<std::string>();
    if (id == about.id) return about.depends_on;
    Answer<WorkUnit> other = read_work_unit(call.folder, id);
    if (!other.ok()) return std::vector<std::string>();  // wu:list says what is wrong with it
    return std::move(other->depends_on);
  });
}

Data create_work_unit(Call& call) {
  json::Object members;
  for (const json::Member& member : call.input.as_object()) members.set(member.key, member.value);
  if (call.text("id").empty()) {
    SD_TRY_ASSIGN(const std::string id, next_id(call.folder));
    members.set("id", id);
  }
  SD_TRY_ASSIGN(const WorkUnit work_unit, work_unit_from_json(json::Value(std::move(members))));
  SD_TRY_ASSIGN(const Lane lane, call.board.lane(work_unit.lane));
  SD_TRY_ASSIGN(const std::vector<std::string> circle, circle_of(call, work_unit));
  if (!circle.empty())
    return refuse(
        "DEPENDENCY_CYCLE",
        "these would wait for each other for ever: " + circle_text(circle) + "; leave one of them out of depends_on",
        json::Object{{"cycle", json::Array(circle.begin(), circle.end())}});
  SD_TRY(keep_making(call.context, work_unit));
  SD_TRY(call.folder.make_ignore_file());
  SD_TRY(write_work_unit(call.folder, work_unit));
  if (Done made = call.board.create(work_unit, lane.id); !made.ok()) {
    SD_TRY(call.folder.erase("wu/" + work_unit.id + ".yaml"));
    return made.refusal();
  }
  if (const Status erased = call.context.store().erase(making_key(call.context.receipt_id())); !erased.ok())
    return erased.error();
  const Status said =
      call.context.emit("software-delivery:wu_created",
                        json::Object{{"wu_id", work_unit.id}, {"lane", lane.id}, {"by", call.context.subject()}});
  if (!said.ok()) return said.error();
  return json::Value(
      json::Object{{"wu", to_json(work_unit)}, {"path", std::string(kFolder) + "/wu/" + work_unit.id + ".yaml"}});
}

Data list_all_work_units(Call& call) {
  SD_TRY_ASSIGN(const Listed listed, list_work_units(call.folder));
  const std::string status = call.text("status"), lane = call.text("lane"), after = call.text("after");
  const auto limit = static_cast<std::size_t>(json::integer_or(call.input, "limit", 100));
  json::Array items;
  std::string next;
  for (const WorkUnit& work_unit : listed.work_units) {
    if ((!lane.empty() && work_unit.lane != lane) || work_unit.id <= after) continue;
    SD_TRY_ASSIGN(const std::optional<Task> task, call.board.find(work_unit.id));
    if (!status.empty() && status_of(task) != status) continue;
    if (items.size() == limit) {
      next = json::string_or(items.back(), "id", "");
      break;
    }
    items.push_back(json::Object{{"id", work_unit.id},
                                 {"title", work_unit.title},
                                 {"lane", work_unit.lane},
                                 {"type", work_unit.type},
                                 {"priority", work_unit.priority},
                                 {"status", status_of(task)}});
  }
  json::Array problems(listed.problems.begin(), listed.problems.end());
  SD_TRY(add_circles(call, listed.work_units, problems));
  SD_TRY(add_missing(call, listed, problems));
  json::Object out{{"items", std::move(items)}, {"problems", std::move(problems)}};
  if (!next.empty()) out.set("next", next);
  return json::Value(std::move(out));
}

Data work_unit_status(Call& call) {
  SD_TRY_ASSIGN(const Subject subject, subject_of(call));
  const Facts& facts = subject.facts;
  const Plan plan = plan_for(facts);
  json::Array faults;
  for (const Fault& fault : plan.faults)
    faults.push_back(json::Object{{"code", fault.code}, {"message", fault.message}});
  json::Object out{{"wu", to_json(subject.work_unit)},
                   {"status", status_of(facts.task)},
                   {"lane", subject.lane.id},
                   {"task", shown_task(facts.task)},
                   {"consistency", facts.in_hand         ? "in_hand"
                                   : plan.faults.empty() ? "consistent"
                                   : plan.mends.empty()  ? "needs_attention"
                                                         : "needs_recovery"},
                   {"faults", std::move(faults)}};
  if (facts.branch_tip) {
    out.set("branch", facts.place.branch);
    out.set("commit", *facts.branch_tip);
    const bool has_own = !facts.record || *facts.branch_tip != facts.record->base;  // else nothing is there to merge
    out.set("merged", facts.merged && has_own);
  }
  if (facts.worktree.there) out.set("worktree_path", call.folder.workspace_root() + "/" + facts.place.worktree);
  if (facts.worktree.works()) {
    json::Object checked_out{{"commit", facts.head}};
    if (!facts.worktree_branch.empty()) checked_out.set("branch", facts.worktree_branch);
    if (!facts.worktree.operation.empty()) checked_out.set("operation", facts.worktree.operation);
    out.set("checked_out", std::move(checked_out));
    out.set("changes", json::Array(facts.changes.begin(), facts.changes.end()));
    out.set("ignored", json::Array(facts.ignored.begin(), facts.ignored.end()));
  }
  if (!plan.mends.empty()) out.set("recovery_action", "call wu:recover with wu_id " + facts.wu_id);
  return json::Value(std::move(out));
}

Data list_lanes(Call& call) {
  SD_TRY_ASSIGN(const std::vector<Lane> lanes, call.board.lanes());
  json::Array items;
  for (const Lane& lane : lanes) {
    json::Object item{{"id", lane.id}, {"title", lane.title}, {"slug", slug_of(lane.id)}, {"claimed", lane.claimed}};
    if (lane.wip_limit) {
      item.set("wip_limit", *lane.wip_limit);
      item.set("free", std::max<std::int64_t>(0, *lane.wip_limit - lane.claimed));
    }
    if (!lane.holders.is_null()) item.set("holders", lane.holders);
    items.push_back(std::move(item));
  }
  return json::Value(json::Object{{"items", std::move(items)}});
}

}  // namespace lumenflow::software_delivery
