#include "agent_world.h"

#include <gtest/gtest.h>

#include <fstream>

#include "agent-runtime/registration.h"
#include "journal/tables.h"
#include "sidekick/registration.h"

namespace lumenflow::testing {

AgentWorld::AgentWorld() {
  root = folder_.file(".");
  waits_for_tools = true;
  credential.subject = Subject("ws-42:phone:pixel");
  credential.scopes = {"workspace", "agent:execute-turn"};
  config.approval_providers = json::Object{{"*", "console"}};
  config.allowed_scopes.clear();
  for (const char* access : {"read", "write"})
    config.allowed_scopes.push_back(
        *pack::parse_scope(json::Object{{"type", "path"}, {"pattern", "**"}, {"access", access}}));
  section = json::Object{{"models", json::Object{}}};
}

void AgentWorld::script(const std::string& name, std::string_view text) const {
  std::ofstream(folder_.file(name + ".yaml")) << text;
}

void AgentWorld::intent(const std::string& id, std::vector<std::string> allowed,
                        std::vector<std::string> with_approval) {
  if (!section.contains("intents")) section.set("intents", json::Object{});
  json::Object declared{{"description", id}, {"allow_tools", json::Array(allowed.begin(), allowed.end())}};
  if (!with_approval.empty())
    declared.set("approval_required_tools", json::Array(with_approval.begin(), with_approval.end()));
  section.find("intents")->as_object().set(id, std::move(declared));
}

void AgentWorld::begin() {
  json::Object models = section.find("models")->as_object();  // the test's own, besides those that follow a script
  for (const char* name : {"demo", "other"})
    models.set(name, json::Object{{"provider", "scripted"},
                                  {"model", std::string(name) + ".yaml"},
                                  {"price_usd_per_million_tokens", json::Object{{"input", 1}, {"output", 1'000'000}}}});
  section.set("models", std::move(models));
  if (!section.contains("default_model")) section.set("default_model", "demo");
  config.pack_sections["agent_runtime"] = section;
  config.pack_sections["sidekick"] = json::Object{{"storage", "journal"}};
  pack::RegistryBuilder builder;
  builder.add_builtin(sidekick_pack());
  builder.add_builtin(agent_runtime_pack());
  const auto anything = [](std::string_view) { return true; };
  const pack::Activation activation{anything, anything, config.pack_sections};
  registry = builder.build(&activation);
  open();
  settle();
}

json::Value AgentWorld::run(json::Value input) {
  return json::parse(call("agent:execute-turn", std::move(input)).body, {.depth_max = 256}).value();
}

std::vector<json::Value> AgentWorld::payloads(std::string_view kind) const {
  std::vector<json::Value> found;
  for (const json::Value& entry : entries())
    if (const json::Value* event = entry.find("event"); event != nullptr && json::string_or(*event, "kind", {}) == kind)
      found.push_back(*event->find("payload"));
  return found;
}

std::vector<std::string> AgentWorld::calls_of_turns() const {
  std::vector<std::string> found;
  const std::vector<json::Value> all = entries();
  for (const json::Value& entry : all) {
    if (json::string_or(entry, "type", "") != "call.finished") continue;
    for (const json::Value& asked : all)
      if (json::string_or(asked, "type", "") == "call.requested" &&
          json::string_or(asked, "receipt_id", "-") == json::string_or(entry, "receipt_id", "") &&
          json::string_or(asked, "subject", "").starts_with("ws-42:turn:"))
        found.push_back(std::string(json::string_or(asked, "tool", "")) + " " +
                        std::string(json::string_or(entry, "outcome", "")) + " " +
                        std::string(json::string_or(entry, "code", "-")));
  }
  return found;
}

json::Value AgentWorld::session(const std::string& id) const {
  const auto text = log->tables().get(journal::kStoreTable, journal::store_key("agent-runtime", "session/" + id));
  return text.ok() && *text ? *json::parse(**text) : json::Value();
}

}  // namespace lumenflow::testing
