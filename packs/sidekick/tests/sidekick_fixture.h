// Calls the pack's tools the way a host does: by name, through what the pack registers.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "sidekick/registration.h"
#include "support/fake_tool_context.h"

namespace lumenflow::sidekick {

class SidekickTest : public ::testing::Test {
 protected:
  SidekickTest() { sidekick_pack().register_pack(registration_); }

  pack::ToolResult call(std::string_view tool, std::string_view input) {
    for (const pack::RegisteredTool& registered : registration_.tools()) {
      if (registered.name != tool) continue;
      Result<json::Value> parsed = json::parse(input);
      EXPECT_TRUE(parsed.ok()) << input;
      context.tool_name = tool;
      return registered.handler(context, *parsed);
    }
    ADD_FAILURE() << "no tool " << tool;
    return pack::ToolError{};
  }
  json::Value succeed(std::string_view tool, std::string_view input) {
    pack::ToolResult result = call(tool, input);
    if (const auto* error = std::get_if<pack::ToolError>(&result)) {
      ADD_FAILURE() << tool << " " << input << ": " << error->code << " " << error->message;
      return json::Object{};
    }
    return std::move(std::get<pack::ToolOutput>(result).data);
  }
  pack::ToolError refuse(std::string_view tool, std::string_view input) {
    pack::ToolResult result = call(tool, input);
    if (auto* error = std::get_if<pack::ToolError>(&result)) return std::move(*error);
    ADD_FAILURE() << tool << " " << input << " was accepted";
    return {};
  }
  // The id of a new task with these members.
  std::string create(std::string_view input) {
    return std::string(json::string_or(*succeed("task:create", input).find("task"), "id", {}));
  }
  static std::string_view text(const json::Value& value, std::string_view pointer) {
    const json::Value* found = value.at_pointer(pointer);
    return found == nullptr || !found->is_string() ? std::string_view() : std::string_view(*found->if_string());
  }
  // Runs the timer that announces what falls due: when it wants to run next.
  std::optional<std::int64_t> run_timer(std::string_view name = "due") {
    for (const pack::RegisteredTimer& timer : registration_.timers()) {
      if (timer.name != name) continue;
      const Result<std::optional<std::int64_t>> next = timer.handler(context);
      EXPECT_TRUE(next.ok()) << next.error().to_string();
      return next.ok() ? *next : std::nullopt;
    }
    ADD_FAILURE() << "no timer " << name;
    return std::nullopt;
  }
  // The members `pointer` of the items of an answer.
  static std::vector<std::string> texts(const json::Value& data, std::string_view pointer) {
    std::vector<std::string> found;
    for (const json::Value& item : data.find("items")->as_array()) found.emplace_back(text(item, pointer));
    return found;
  }
  // The stored audit trail, oldest first.
  std::vector<json::Value> audit() {
    std::vector<json::Value> events;
    for (const auto& [key, value] : store.contents)
      if (key.starts_with("audit/")) events.push_back(value);
    return events;
  }

  lumenflow::testing::MemoryStore store;
  lumenflow::testing::FakeToolContext context{store};
  pack::Registration registration_{json::Object{{"storage", "journal"}}};
};

}  // namespace lumenflow::sidekick
