#include "http/testing/documented.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <vector>

#include "http/openapi.h"
#include "support/source_tree.h"

namespace lumenflow::http {
namespace {

using json::Value;

std::vector<std::string_view> segments_of(std::string_view path) {
  std::vector<std::string_view> segments;
  path = path.substr(0, path.find('?'));
  while (!path.empty()) {
    const std::size_t end = std::min(path.find('/'), path.size());
    segments.push_back(path.substr(0, end));
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return segments;
}

// How well a path fits a pattern: the literal segments of it, or nothing.
std::optional<std::size_t> fit(const std::vector<std::string_view>& pattern,
                               const std::vector<std::string_view>& path) {
  if (pattern.size() != path.size()) return std::nullopt;
  std::size_t literal = 0;
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (pattern[i].starts_with('{')) continue;
    if (pattern[i] != path[i]) return std::nullopt;
    ++literal;
  }
  return literal;
}

const Value* member(const Value* of, std::string_view name) { return of == nullptr ? nullptr : of->find(name); }

// The schema of what has this media type.
const Value* schema_of(const Value* described, std::string_view content_type) {
  return member(member(member(described, "content"), content_type.substr(0, content_type.find(';'))), "schema");
}

}  // namespace

const Value* Documented::operation_of(Method method, std::string_view target) const {
  const auto segments = segments_of(target);
  const Value* found = nullptr;
  std::size_t best = 0;
  for (const json::Member& path : openapi_.find("paths")->as_object()) {
    const auto literal = fit(segments_of(path.key), segments);
    const Value* operation = path.value.find(openapi_key(method));
    if (!literal || operation == nullptr || (found != nullptr && *literal <= best)) continue;
    found = operation;
    best = *literal;
  }
  return found;
}

void Documented::expect_valid(const Value& schema, const Value& value, const std::string& what) {
  const std::lock_guard lock(mutex_);
  std::unique_ptr<json::Schema>& compiled = compiled_[json::serialize(schema)];
  if (compiled == nullptr) {
    const Value whole = json::Object{{"allOf", json::Array{schema}}, {"components", *openapi_.find("components")}};
    auto made = json::Schema::compile(whole, {.assert_format = true});
    ASSERT_TRUE(made.ok()) << what << ": " << made.error().to_string();
    compiled = std::make_unique<json::Schema>(*std::move(made));
  }
  for (const ErrorDetail& detail : compiled->validate(value))
    ADD_FAILURE() << what << " is not as it is described: " << detail.pointer << " " << detail.reason << "\n"
                  << json::serialize(value);
}

void Documented::expect(const Exchanged& exchanged) {
  const std::string what = std::string(name(exchanged.method)) + " " + exchanged.target;
  const Value* operation = operation_of(exchanged.method, exchanged.target);
  if (operation == nullptr) {
    EXPECT_TRUE(exchanged.status == 404 || exchanged.status == 405) << what << " is described nowhere";
    return;
  }
  const bool success = exchanged.status < 400;
  const Value* responses = operation->find("responses");
  const Value* described = responses->find(std::to_string(exchanged.status));
  if (described == nullptr && !success) described = responses->find("default");
  ASSERT_NE(described, nullptr) << what << ": " << exchanged.status << " is described nowhere";
  if (const Value* body = operation->find("requestBody"); success && body != nullptr && exchanged.body != nullptr) {
    const Value* schema = schema_of(body, "application/json");
    ASSERT_NE(schema, nullptr) << what << " takes JSON, which is described nowhere";
    expect_valid(*schema, *exchanged.body, "the request of " + what);
  }
  if (exchanged.answer.empty() && described->find("content") == nullptr) return;
  const Value* schema = schema_of(described, exchanged.content_type);
  ASSERT_NE(schema, nullptr) << what << ": " << exchanged.status << " answers '" << exchanged.content_type
                             << "', which is described nowhere";
  const auto answer = json::parse(exchanged.answer, {.depth_max = 512});
  const bool is_json = exchanged.content_type.find("json") != std::string::npos;
  ASSERT_TRUE(answer.ok() || !is_json) << what << ": " << exchanged.answer;
  expect_valid(*schema, is_json ? *answer : Value(exchanged.answer),
               "the answer " + std::to_string(exchanged.status) + " of " + what);
}

void Documented::expect_event(const std::string& target, const std::string& data, Method method) {
  const Value* operation = operation_of(method, target);
  const Value* content = operation == nullptr ? nullptr : operation->at_pointer("/responses/200/content");
  const Value* schema = member(member(content, "text/event-stream"), "x-event-data");
  ASSERT_NE(schema, nullptr) << target << " streams nothing that is described";
  const auto value = json::parse(data, {.depth_max = 512});
  ASSERT_TRUE(value.ok()) << data;
  expect_valid(*schema, *value, "an event of " + target);
}

Value kept(const std::string& path) {
  std::ifstream file(lumenflow::testing::source_path(path), std::ios::binary);
  const auto read = json::parse(std::string{std::istreambuf_iterator<char>(file), {}});
  return read.ok() ? *read : Value();
}

bool is_kept(const Value& openapi, const std::string& path) {
  const std::string whole_path = lumenflow::testing::source_path(path), text = json::serialize_pretty(openapi) + "\n";
  if (std::getenv("LUMENFLOW_UPDATE") != nullptr) std::ofstream(whole_path, std::ios::binary) << text;
  std::ifstream file(whole_path, std::ios::binary);
  return std::string{std::istreambuf_iterator<char>(file), {}} == text;
}

}  // namespace lumenflow::http
