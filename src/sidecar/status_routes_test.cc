#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <map>
#include <set>

#include "sidecar/testing/sidecar_world.h"

namespace lumenflow::sidecar {
namespace {

using testing::HasSubstr;

bool is_name(std::string_view text) {
  return !text.empty() && (text[0] < '0' || text[0] > '9') &&
         text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_:") ==
             std::string_view::npos;
}

// The text exposition format 0.0.4, as strictly as a scraper: each sample's value by its name and labels. Fails the
// test on a line that is none, a family told twice or without HELP and TYPE, and a sample that is there twice.
class Exposition {
 public:
  explicit Exposition(const std::string& text) {
    EXPECT_TRUE(text.ends_with('\n'));
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t end = text.find('\n', at);
      line(text.substr(at, end - at));
      at = end + 1;
    }
  }
  std::map<std::string, double> samples;
  std::map<std::string, std::string> types;

 private:
  void line(const std::string& text) {
    if (text.starts_with("# HELP ") || text.starts_with("# TYPE ")) {
      const std::size_t space = text.find(' ', 7);
      ASSERT_NE(space, std::string::npos) << text;
      const std::string name = text.substr(7, space - 7);
      EXPECT_TRUE(is_name(name)) << text;
      if (text[2] == 'T') {
        EXPECT_TRUE(types.emplace(name, text.substr(space + 1)).second) << "told twice: " << text;
      }
      return;
    }
    const std::size_t space = text.rfind(' ');
    ASSERT_NE(space, std::string::npos) << text;
    const std::string key = text.substr(0, space);
    const std::string name = key.substr(0, key.find('{'));
    EXPECT_TRUE(is_name(name)) << text;
    char* end = nullptr;
    const double value = std::strtod(text.c_str() + space + 1, &end);
    EXPECT_EQ(*end, '\0') << text;
    EXPECT_FALSE(std::isnan(value)) << text;
    EXPECT_TRUE(samples.emplace(key, value).second) << "there twice: " << text;
    std::string family = name;
    for (const std::string suffix : {"_bucket", "_sum", "_count"})
      if (family.ends_with(suffix) && types.contains(family.substr(0, family.size() - suffix.size())))
        family.resize(family.size() - suffix.size());
    EXPECT_TRUE(types.contains(family)) << "no TYPE before " << text;
  }
};

Exposition scrape(const SidecarWorld& world) {
  const Answer answer = world.get("/metrics", world.as(world.token("metrics:read")));
  EXPECT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(answer.header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  return Exposition(answer.body);
}

TEST(StatusRoutes, MetricsAreWellFormedAndCount) {
  const SidecarWorld world;
  world.call("probe:echo");
  world.call("probe:fail");
  world.call("probe:echo", R"({"other":1})");
  world.get("/nowhere");
  const Exposition first = scrape(world);
  EXPECT_EQ(first.types.at("lumenflow_calls_total"), "counter");
  EXPECT_EQ(first.samples.at("lumenflow_calls_total{outcome=\"success\"}"), 1);
  EXPECT_EQ(first.samples.at("lumenflow_calls_total{outcome=\"failure\"}"), 1);
  EXPECT_EQ(first.samples.at("lumenflow_calls_total{outcome=\"denied\"}"), 1);
  EXPECT_EQ(first.samples.at("lumenflow_http_requests_total{status=\"404\"}"), 1);
  EXPECT_EQ(first.samples.at("lumenflow_http_requests_total{status=\"400\"}"), 1);
  EXPECT_EQ(first.samples.at("lumenflow_call_duration_seconds_count"), 3);
  EXPECT_EQ(first.samples.at("lumenflow_call_duration_seconds_bucket{le=\"+Inf\"}"), 3);
  EXPECT_EQ(first.samples.at("lumenflow_state{name=\"tools\"}"), 5);
  EXPECT_GE(first.samples.at("lumenflow_state{name=\"connections\"}"), 1);
  world.call("probe:echo");
  const Exposition second = scrape(world);
  for (const auto& [key, value] : first.samples) {
    const auto type = first.types.find(key.substr(0, key.find('{')));
    if (type == first.types.end() || type->second != "counter") continue;
    EXPECT_GE(second.samples.at(key), value) << key << " went back";
  }
  EXPECT_EQ(second.samples.at("lumenflow_calls_total{outcome=\"success\"}"), 2);
}

TEST(StatusRoutes, MetricsThatAreOffAreNotThere) {
  const SidecarWorld world({.config = "telemetry: {metrics: off}\n"});
  const Answer answer = world.get("/metrics", world.as(world.token("metrics:read")));
  EXPECT_EQ(answer.status, 404);
  EXPECT_THAT(answer.text("/detail"), HasSubstr("telemetry"));
}

TEST(StatusRoutes, HealthAndReadinessNeedNoToken) {
  const SidecarWorld world;
  for (const char* path : {"/healthz", "/readyz"}) {
    const Answer answer = world.get(path, {{"Authorization", "Bearer nonsense"}});
    EXPECT_EQ(answer.status, 200) << path;
    EXPECT_NE(answer.text("/version"), "");
  }
}

TEST(StatusRoutes, PacksSayWhatTheyAreAndBring) {
  const SidecarWorld world;
  const Answer packs = world.get("/packs");
  ASSERT_EQ(packs.value.find("items")->as_array().size(), 1u) << packs.body;
  const json::Value& probe = packs.value.find("items")->as_array()[0];
  EXPECT_EQ(json::string_or(probe, "id", ""), "probe");
  EXPECT_EQ(json::string_or(probe, "status", ""), "active");
  EXPECT_EQ(json::string_or(probe, "source", ""), "builtin");
  EXPECT_THAT(json::string_or(probe, "integrity", ""), testing::StartsWith("sha256:"));
  EXPECT_EQ(probe.find("tools")->as_array().size(), 5u);
  EXPECT_TRUE(packs.value.find("next")->is_null());
}

TEST(StatusRoutes, DiagnosticsTellOfTheJournal) {
  const SidecarWorld world;
  const Answer diagnostics = world.get("/diagnostics");
  EXPECT_EQ(diagnostics.status, 200);
  EXPECT_NE(diagnostics.value.find("items")->if_array(), nullptr);
  EXPECT_EQ(*diagnostics.value.at_pointer("/journal/damaged"), json::Value(false));
  EXPECT_EQ(*diagnostics.value.at_pointer("/journal/available"), json::Value(true));
}

}  // namespace
}  // namespace lumenflow::sidecar
