// The parts of lumenflow.yaml that say who may do what where: scopes, network, lanes; and the packs' own sections.
#include <set>

#include "kernel/config_sections.h"
#include "pack/field_scopes.h"

namespace lumenflow::kernel::config_sections {
namespace {

using pack::child_pointer;
using pack::Fields;
using pack::shown;

constexpr std::string_view kUnsafeScope = "LF2009";
constexpr std::string_view kDuplicateId = "LF2008";

std::vector<pack::Scope> read_scopes(Fields& parent, std::string_view key) {
  std::vector<pack::Scope> scopes;
  const json::Array* list = parent.list(key);
  for (std::size_t i = 0; list != nullptr && i < list->size(); ++i)
    if (auto scope = read_scope(parent.report(), (*list)[i], child_pointer(parent.pointer_to(key), i), kUnsafeScope))
      scopes.push_back(*std::move(scope));
  return scopes;
}

// `.lumenflow/` is granted by no layer, so `**` stands for everything but that.
std::vector<pack::Scope> everything() {
  std::vector<pack::Scope> scopes;
  for (const char* access : {"read", "write"}) {
    const json::Value raw = json::Object{{"type", "path"}, {"pattern", "**"}, {"access", access}};
    if (auto scope = pack::parse_scope(raw); scope.ok()) scopes.push_back(*std::move(scope));
  }
  return scopes;
}

// `off`, `full`, or `{posture, allowlist_entries}`.
void read_network(Context& context) {
  static constexpr std::string_view kPostures[] = {"off", "full"};
  context.config.network.type = pack::Scope::Type::kNetwork;
  const json::Value* value = context.root.find("network");
  json::Object scope{{"type", "network"}};
  if (value == nullptr) {
    scope.set("posture", "off");
  } else if (const std::string* word = value->if_string()) {
    if (!context.root.one_of("network", kPostures)) return;
    scope.set("posture", *word);
  } else if (const json::Object* settings = value->if_object()) {
    if (settings->contains("type"))
      return context.report.at_key("LF2002", "/network/type", "'network' has no field 'type'", "remove it");
    for (const json::Member& member : *settings) scope.set(member.key, member.value);
  } else {
    return context.report.wrong_type("/network", "off, full or a map", *value);
  }
  auto read = read_scope(context.report, scope, "/network", kUnsafeScope);
  if (!read) return;
  if (read->posture == pack::NetworkPosture::kAllowlist && read->allowlist.empty())
    context.report.bad("/network", "the allowlist names no host",
                       "add 'allowlist_entries: [api.example.com]', or write 'network: off'");
  context.config.network = *std::move(read);
}

void read_lane(Context& context, const json::Value& value, const std::string& pointer, std::set<std::string>& ids) {
  Fields fields(context.report, value, pointer, "a lane");
  if (!fields.is_map()) return;
  Lane lane;
  fields.require("id");
  lane.id = fields.text_or("id");
  if (!lane.id.empty() && !ids.insert(lane.id).second)
    context.report.at(kDuplicateId, fields.pointer_to("id"), "two lanes have the id " + shown(json::Value(lane.id)),
                      "rename one of them");
  lane.title = fields.text_or("title", lane.id);
  if (fields.find("allowed_scopes") != nullptr) lane.allowed_scopes = read_scopes(fields, "allowed_scopes");
  if (const std::int64_t limit = fields.integer("wip_limit", 0, 1, 1'000'000)) lane.wip_limit = limit;
  lane.policies = json::Array{};
  if (const json::Value* policies = fields.find("policies")) {
    check_policy_rules(context.report, *policies, fields.pointer_to("policies"), kDuplicateId);
    lane.policies = *policies;
  }
  fields.finish();
  context.config.lanes.push_back(std::move(lane));
}

void read_gates(Context& context) {
  const json::Array* gates = context.root.list("gates");
  std::set<std::string> ids;
  for (std::size_t i = 0; gates != nullptr && i < gates->size(); ++i) {
    Fields gate(context.report, (*gates)[i], child_pointer("/gates", i), "a gate");
    if (!gate.is_map()) continue;
    gate.require("id");
    const std::string* id = gate.text("id");
    if (id != nullptr && !ids.insert(*id).second)
      context.report.at(kDuplicateId, gate.pointer_to("id"), "two gates have the id " + shown(json::Value(*id)),
                        "rename one of them");
    const json::Value* command = gate.require("command");
    if (command != nullptr && command->is_array()) {
      if (gate.texts("command").empty() && command->as_array().empty())
        context.report.bad(gate.pointer_to("command"), "the command must name a program");
    } else {
      gate.text("command");
    }
    read_duration(gate, "timeout", std::chrono::milliseconds(0));
    gate.boolean("required", true);
    gate.finish();
  }
}

}  // namespace

void read_scopes_and_lanes(Context& context) {
  if (!context.config.production) context.config.allowed_scopes = everything();
  if (const json::Value* value = context.root.find("scopes")) {
    Fields scopes(context.report, *value, "/scopes", "'scopes'");
    if (scopes.find("allowed") != nullptr) context.config.allowed_scopes = read_scopes(scopes, "allowed");
    scopes.finish();
  }
  read_network(context);
  const json::Array* lanes = context.root.list("lanes");
  std::set<std::string> ids;
  for (std::size_t i = 0; lanes != nullptr && i < lanes->size(); ++i)
    read_lane(context, (*lanes)[i], child_pointer("/lanes", i), ids);
}

void read_known_pack_sections(Context& context) {
  const auto routines = [&] {
    const json::Value* value = context.root.find("routines");
    if (value == nullptr) return;
    Fields fields(context.report, *value, "/routines", "'routines'");
    fields.boolean("auto_run", false);
    fields.finish();
  };
  for (const char* key : {"routines", "gates", "agent_runtime", "sidekick", "software_delivery"}) {
    const std::size_t faults_before = context.report.faults();
    if (std::string_view(key) == "gates")
      read_gates(context);
    else if (std::string_view(key) == "routines")
      routines();
    else
      context.root.map(key);
    if (context.report.faults() != faults_before) context.refused_sections.emplace(key);
    if (const json::Value* section = context.root.find(key))
      context.config.pack_sections.insert_or_assign(key, *section);
  }
}

}  // namespace lumenflow::kernel::config_sections
