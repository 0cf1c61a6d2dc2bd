#include "pack/enforced_scopes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lumenflow::pack {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

Scope path(const char* pattern, const char* access) {
  return *parse_scope(json::Object{{"type", "path"}, {"pattern", pattern}, {"access", access}});
}

std::vector<std::string> shown(const EnforcedScopes& scopes) {
  std::vector<std::string> out;
  for (const MountScope& mount : scopes.mounts)
    out.push_back((mount.access == Access::kWrite ? "write " : "read ") + mount.pattern);
  for (const GlobScope& glob : scopes.globs) {
    std::string line = (glob.access == Access::kWrite ? "write glob in '" : "read glob in '") + glob.folder + "'";
    for (const Glob& each : glob.globs) line += " " + each.pattern();
    out.push_back(line);
  }
  return out;
}

std::vector<std::string> enforced(const Scope& tool, std::vector<std::vector<Scope>> layers) {
  std::vector<ScopeLayer> all;
  for (auto& scopes : layers) all.push_back({"workspace", std::move(scopes)});
  return shown(enforce_scopes({tool}, all));
}

TEST(EnforcedScopes, OfTwoFoldersTheInnerOneIsLeft) {
  EXPECT_THAT(enforced(path("src/**", "write"), {{path("**", "write")}}), ElementsAre("write src/**"));
  EXPECT_THAT(enforced(path("src/**", "write"), {{path("src/app/**", "write")}}), ElementsAre("write src/app/**"));
  EXPECT_THAT(enforced(path("src/app/**", "write"), {{path("src/**", "write")}}), ElementsAre("write src/app/**"));
  EXPECT_THAT(enforced(path("src/**", "read"), {{path("srcs/**", "read")}}), IsEmpty());
  EXPECT_THAT(enforced(path("src/a.txt", "read"), {{path("src/**", "read")}, {path("**", "read")}}),
              ElementsAre("read src/a.txt"));
  EXPECT_THAT(enforced(path("src/a.txt", "read"), {{path("src/b.txt", "read")}}), IsEmpty());
}

TEST(EnforcedScopes, EveryLayerNarrows) {
  EXPECT_THAT(enforced(path("src/**", "read"), {{path("src/a/**", "read")}, {path("src/b/**", "read")}}), IsEmpty());
  EXPECT_THAT(enforced(path("src/**", "read"),
                       {{path("src/a/**", "read"), path("src/b/**", "read")}, {path("src/b/c/**", "read")}}),
              ElementsAre("read src/b/c/**"));
  EXPECT_THAT(enforced(path("src/**", "read"), {{}}), IsEmpty());
}

TEST(EnforcedScopes, WriteDoesNotImplyRead) {
  EXPECT_THAT(enforced(path("src/**", "read"), {{path("src/**", "write")}}), IsEmpty());
  EXPECT_THAT(enforced(path("src/**", "write"), {{path("src/**", "read")}}), IsEmpty());
}

TEST(EnforcedScopes, BracesAreTakenApart) {
  EXPECT_THAT(enforced(path("{src,docs}/**", "read"), {{path("**", "read")}}),
              UnorderedElementsAre("read src/**", "read docs/**"));
  EXPECT_THAT(enforced(path("src/**", "write"), {{path("{src/{a,b},docs}/**", "write")}}),
              UnorderedElementsAre("write src/a/**", "write src/b/**"));
}

TEST(EnforcedScopes, WhatCannotBeMountedStaysAGlob) {
  EXPECT_THAT(enforced(path("src/**/*.ts", "read"), {{path("**", "read")}}),
              ElementsAre("read glob in 'src' src/**/*.ts"));
  EXPECT_THAT(enforced(path("src/**", "read"), {{path("**/*.ts", "read")}}),
              ElementsAre("read glob in 'src' **/*.ts src/**"));
  EXPECT_THAT(enforced(path("src/**", "read"), {{path("docs/*.md", "read")}}), IsEmpty());
  EXPECT_THAT(enforced(path("src/a.ts", "read"), {{path("**/*.ts", "read")}}), ElementsAre("read src/a.ts"));
  EXPECT_THAT(enforced(path("src/a.js", "read"), {{path("**/*.ts", "read")}}), IsEmpty());
}

TEST(EnforcedScopes, AGlobScopeHoldsWhatAllOfItsGlobsMatch) {
  const EnforcedScopes scopes = enforce_scopes({path("src/**", "read")}, {{"workspace", {path("**/*.ts", "read")}}});
  ASSERT_EQ(scopes.globs.size(), 1U);
  EXPECT_TRUE(holds(scopes.globs[0], "src/deep/a.ts"));
  EXPECT_FALSE(holds(scopes.globs[0], "src/deep/a.js"));
  EXPECT_FALSE(holds(scopes.globs[0], "docs/a.ts"));
}

TEST(EnforcedScopes, KernelStateIsInNone) {
  EXPECT_TRUE(is_kernel_state(".lumenflow/state/journal.db"));
  const EnforcedScopes scopes = enforce_scopes({path("**/*.db", "read")}, {{"workspace", {path("**", "read")}}});
  ASSERT_EQ(scopes.globs.size(), 1U);
  EXPECT_FALSE(holds(scopes.globs[0], ".lumenflow/state/journal.db"));
}

TEST(EnforcedScopes, TheNetworkIsWhatAllLeave) {
  const auto network = [](const char* posture, json::Array entries) {
    json::Object scope{{"type", "network"}, {"posture", posture}};
    if (!entries.empty()) scope.set("allowlist_entries", std::move(entries));
    return *parse_scope(scope);
  };
  const Scope asked = network("allowlist", {"a.example", "b.example"});
  EXPECT_EQ(enforce_scopes({asked}, {{"workspace", {network("full", {})}}}).network.allowlist.size(), 2U);
  EXPECT_THAT(enforce_scopes({asked}, {{"workspace", {network("allowlist", {"b.example"})}}}).network.allowlist,
              ElementsAre("b.example"));
  EXPECT_EQ(enforce_scopes({asked}, {{"workspace", {}}}).network.posture, NetworkPosture::kOff);
  EXPECT_EQ(enforce_scopes({}, {{"workspace", {network("full", {})}}}).network.posture, NetworkPosture::kOff);
}

}  // namespace
}  // namespace lumenflow::pack
