// The types against the JSON Schema document: what is written is what it allows, what it requires is required.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <map>

#include "json/schema.h"
#include "lumenflow/consumers/sidekick.h"
#include "support/source_tree.h"

namespace lumenflow::consumers::sidekick {
namespace {

using ::testing::UnorderedElementsAreArray;

const json::Value& document() {
  static const json::Value value = [] {
    std::ifstream file(lumenflow::testing::source_path("schemas/consumers/sidekick.schema.json"));
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    Result<json::Value> parsed = json::parse(text);
    EXPECT_TRUE(parsed.ok());
    return parsed.ok() ? *std::move(parsed) : json::Value();
  }();
  return value;
}

const json::Value& definition(const std::string& name) {
  const json::Value* found = document().at_pointer("/$defs/" + name);
  EXPECT_NE(found, nullptr) << name;
  return found == nullptr ? document() : *found;
}

std::vector<std::string> required_of(const std::string& name) {
  std::vector<std::string> names;
  if (const json::Value* required = definition(name).find("required"))
    for (const json::Value& each : required->as_array()) names.push_back("/" + each.as_string());
  return names;
}

// What reading an empty object misses.
template <class T>
std::vector<std::string> missed() {
  T value;
  std::vector<std::string> places;
  if (const Status read = from_json(json::Value(json::Object{}), value); !read.ok())
    for (const ErrorDetail& detail : read.error().details())
      if (detail.reason == "is required") places.push_back(detail.pointer);
  return places;
}

template <class Request>
void expect_same_requirements(std::map<std::string, int>& seen) {
  const std::string tool(Request::kTool);
  ++seen[tool];
  const json::Value* exchange = document().at_pointer("/properties/" + tool + "/properties");
  ASSERT_NE(exchange, nullptr) << tool;
  const auto type_of = [&](const char* side) {
    return exchange->at_pointer(std::string("/") + side + "/$ref")->as_string().substr(std::string("#/$defs/").size());
  };
  EXPECT_THAT(missed<Request>(), UnorderedElementsAreArray(required_of(type_of("request")))) << tool;
  EXPECT_THAT(missed<typename Request::Response>(), UnorderedElementsAreArray(required_of(type_of("response"))))
      << tool;
}

TEST(Contract, RequestsAndAnswersRequireWhatTheDocumentRequires) {
  std::map<std::string, int> seen;
  expect_same_requirements<TaskCreateRequest>(seen);
  expect_same_requirements<TaskListRequest>(seen);
  expect_same_requirements<TaskCompleteRequest>(seen);
  expect_same_requirements<TaskScheduleRequest>(seen);
  expect_same_requirements<MemoryStoreRequest>(seen);
  expect_same_requirements<MemoryRecallRequest>(seen);
  expect_same_requirements<MemoryForgetRequest>(seen);
  expect_same_requirements<ChannelConfigureRequest>(seen);
  expect_same_requirements<ChannelSendRequest>(seen);
  expect_same_requirements<ChannelReceiveRequest>(seen);
  expect_same_requirements<RoutineCreateRequest>(seen);
  expect_same_requirements<RoutineListRequest>(seen);
  expect_same_requirements<RoutineRunRequest>(seen);
  expect_same_requirements<SidekickInitRequest>(seen);
  expect_same_requirements<SidekickStatusRequest>(seen);
  expect_same_requirements<SidekickExportRequest>(seen);
  EXPECT_EQ(seen.size(), document().find("properties")->as_object().size());
}

TEST(Contract, TheDocumentCompilesAndTakesWhatIsWritten) {
  const Result<json::Schema> schema = json::Schema::compile(document());
  ASSERT_TRUE(schema.ok()) << schema.error().message();
  Task task{.id = "task-01ARZ3NDEKTSV4RRFFQ69G5FAV",
            .title = "x",
            .status = TaskStatus::kDone,
            .priority = TaskPriority::kP0,
            .tags = {"a"},
            .created_at = "2026-01-01T00:00:00.000Z",
            .updated_at = "2026-01-01T00:00:00.000Z"};
  const TaskListRequest request{.status = TaskStatus::kDone, .tags = {{"a", "b"}}, .limit = 20};
  const auto exchange = [&] {
    return json::Value(json::Object{
        {"task:list", json::Object{{"request", to_json(request)},
                                   {"response", to_json(TaskListResponse{.items = {task}, .count = 1})}}}});
  };
  EXPECT_TRUE(schema->validate(exchange()).empty());
  task.id = "mem-01ARZ3NDEKTSV4RRFFQ69G5FAV";
  EXPECT_FALSE(schema->validate(exchange()).empty()) << "the document's patterns are in force";
}

TEST(Contract, WhatIsReadIsWrittenAgain) {
  const json::Value json =
      *json::parse(R"({"exported_at":"t","version":1,"data":{"tasks":[{"a":[1,null]}],"memories":"{}\n","channels":[],)"
                   R"("messages":[],"routines":[]}})");
  SidekickExportResponse value;
  ASSERT_TRUE(from_json(json, value).ok());
  EXPECT_EQ(std::get<std::vector<json::Object>>(value.data.tasks).size(), 1u);
  EXPECT_EQ(std::get<std::string>(value.data.memories), "{}\n");
  EXPECT_EQ(value.data.audit, std::nullopt);
  EXPECT_EQ(to_json(value), json);
}

TEST(Contract, ReadingNamesEveryFaultAndSkipsWhatIsUnknown) {
  RoutineCreateRequest value;
  const Status read = from_json(
      *json::parse(R"({"name":1,"steps":[{"tool":"a:b"},{"input":[]}],"enabled":"yes","cron":null,"later":1})"), value);
  ASSERT_FALSE(read.ok());
  EXPECT_EQ(read.error().code(), ErrorCode::kInvalidInput);
  std::vector<std::string> places;
  for (const ErrorDetail& detail : read.error().details()) places.push_back(detail.pointer);
  EXPECT_THAT(places, ::testing::ElementsAre("/name", "/steps/1/tool", "/steps/1/input", "/cron", "/enabled"));
  TaskScheduleResponse other;
  EXPECT_FALSE(from_json(*json::parse(R"({"task":[]})"), other).ok());
  MemoryStoreRequest memory;
  EXPECT_FALSE(from_json(*json::parse(R"({"type":"opinion","content":"x"})"), memory).ok()) << "no such word";
  EXPECT_EQ(name(MemoryType::kSnippet), "snippet");
}

}  // namespace
}  // namespace lumenflow::consumers::sidekick
