#include "software-delivery/work_unit.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace lumenflow::software_delivery {
namespace {

constexpr std::array<std::string_view, 4> kPriorities{"P0", "P1", "P2", "P3"};
constexpr std::size_t kTextBytesMax = 4'096, kListMax = 100;

bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

Refusal invalid(const std::string& what) { return refuse("INVALID_WORK_UNIT", what); }

json::Array array_of(const std::vector<std::string>& texts) { return {texts.begin(), texts.end()}; }

Done take_text(const json::Member& member, std::string& into) {
  const std::string* text = member.value.if_string();
  if (text == nullptr || text->empty() || text->size() > kTextBytesMax)
    return invalid("'" + member.key + "' must be a text of at most 4096 bytes; put it into quotes");
  into = *text;
  return Nothing{};
}

Done take_texts(const json::Member& member, std::vector<std::string>& into) {
  const json::Array* list = member.value.if_array();
  if (list == nullptr || list->size() > kListMax) return invalid("'" + member.key + "' must be a list of at most 100");
  for (const json::Value& each : *list) {
    const std::string* text = each.if_string();
    if (text == nullptr || text->empty() || text->size() > kTextBytesMax)
      return invalid("'" + member.key + "' must list texts; put them into quotes");
    into.push_back(*text);
  }
  return Nothing{};
}

Done take(const json::Member& member, WorkUnit& out) {
  const std::string& key = member.key;
  if (key == "id") return take_text(member, out.id);
  if (key == "title") return take_text(member, out.title);
  if (key == "lane") return take_text(member, out.lane);
  if (key == "type") return take_text(member, out.type);
  if (key == "priority") return take_text(member, out.priority);
  if (key == "acceptance") return take_texts(member, out.acceptance);
  if (key == "code_paths") return take_texts(member, out.code_paths);
  if (key == "depends_on") return take_texts(member, out.depends_on);
  if (key == "status") return invalid("'status' is not kept in the file: the task says it; remove the line");
  return invalid("'" + key + "' is no field of a work unit");
}

}  // namespace

bool is_work_unit_id(std::string_view text) {
  const std::size_t dash = text.find('-');
  if (dash == std::string_view::npos || dash == 0 || dash > 16 || !is_upper(text[0])) return false;
  const std::string_view head = text.substr(0, dash), tail = text.substr(dash + 1);
  return std::ranges::all_of(head, [](char c) { return is_upper(c) || is_digit(c); }) && !tail.empty() &&
         tail.size() <= 9 && std::ranges::all_of(tail, is_digit);
}

json::Value to_json(const WorkUnit& work_unit) {
  return json::Object{{"id", work_unit.id},
                      {"title", work_unit.title},
                      {"lane", work_unit.lane},
                      {"type", work_unit.type},
                      {"priority", work_unit.priority},
                      {"acceptance", array_of(work_unit.acceptance)},
                      {"code_paths", array_of(work_unit.code_paths)},
                      {"depends_on", array_of(work_unit.depends_on)}};
}

Answer<WorkUnit> work_unit_from_json(const json::Value& value) {
  const json::Object* members = value.if_object();
  if (members == nullptr) return invalid("a work unit is a map of id, title, lane and more");
  WorkUnit out;
  for (const json::Member& member : *members) SD_TRY(take(member, out));
  if (!is_work_unit_id(out.id)) return invalid("'id' must be like WU-042");
  if (out.title.empty()) return invalid("'title' is missing");
  if (out.lane.empty()) return invalid("'lane' is missing");
  if (std::ranges::find(kPriorities, out.priority) == kPriorities.end())
    return invalid("'priority' must be P0, P1, P2 or P3");
  for (const std::string& other : out.depends_on)
    if (!is_work_unit_id(other)) return invalid("'depends_on' lists ids like WU-042, not '" + other + "'");
  return out;
}

std::string slug_of(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const char lower = is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c;
    if ((lower >= 'a' && lower <= 'z') || is_digit(lower))
      out += lower;
    else if (!out.empty() && out.back() != '-')
      out += '-';
  }
  while (out.ends_with('-')) out.pop_back();
  if (out.size() > 60) out.resize(60);
  return out.empty() ? "lane" : out;
}

Workplace workplace_of(std::string_view lane_id, std::string_view wu_id) {
  const std::string slug = slug_of(lane_id), id(wu_id);
  Workplace out;
  out.branch = "lane/" + slug + "/" + id;
  out.name = slug + "-" + id;
  out.worktree = ".software-delivery/worktrees/" + out.name;
  return out;
}

}  // namespace lumenflow::software_delivery
