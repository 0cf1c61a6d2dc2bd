#include "sidekick_world.h"

#include <gtest/gtest.h>

#include "journal/tables.h"
#include "sidekick/registration.h"

namespace lumenflow::testing {

SidekickWorld::SidekickWorld(std::string_view storage) {
  pack = &sidekick_pack();
  root = folder_.file(".");
  config.pack_sections["sidekick"] = json::Object{{"storage", storage}};
  config.allowed_scopes.clear();
  for (const char* access : {"read", "write"})
    config.allowed_scopes.push_back(
        *pack::parse_scope(json::Object{{"type", "path"}, {"pattern", "**"}, {"access", access}}));
}

json::Value SidekickWorld::answer(const std::string& tool, std::string_view input) {
  Result<json::Value> parsed = json::parse(input);
  EXPECT_TRUE(parsed.ok()) << input;
  json::Value whole = json::parse(call(tool, *std::move(parsed)).body).value();
  whole.as_object().erase("metadata");
  return whole;
}

json::Value SidekickWorld::data(const std::string& tool, std::string_view input) {
  const json::Value whole = answer(tool, input);
  EXPECT_TRUE(json::boolean_or(whole, "success", false)) << tool << " " << input << ": " << json::serialize(whole);
  const json::Value* found = whole.find("data");
  return found == nullptr ? json::Value() : *found;
}

std::string SidekickWorld::refusal(const std::string& tool, std::string_view input) {
  return text(answer(tool, input), "/error/code");
}

std::string SidekickWorld::pack_store() const {
  std::string all;
  const std::vector<log::KeyValue> items = log->tables().scan(journal::kStoreTable, "", "", 1'000'000).value();
  for (const log::KeyValue& item : items) all += item.key + "=" + item.value + "\n";
  return all;
}

std::vector<std::string> SidekickWorld::payloads(std::string_view kind) const {
  std::vector<std::string> found;
  for (const json::Value& entry : entries())
    if (const json::Value* event = entry.find("event"); event != nullptr && json::string_or(*event, "kind", {}) == kind)
      found.push_back(json::serialize(*event->find("payload")));
  return found;
}

std::string text(const json::Value& value, std::string_view pointer) {
  const json::Value* found = value.at_pointer(pointer);
  return found == nullptr || !found->is_string() ? std::string() : found->as_string();
}

}  // namespace lumenflow::testing
