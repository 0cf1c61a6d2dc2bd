#include "pack/scope.h"

#include <gmock/gmock.h>

namespace lumenflow::pack {
namespace {

using ::testing::HasSubstr;

Scope path(std::string_view pattern, Access access) {
  Scope scope;
  scope.pattern = Glob::compile(pattern).value();
  scope.access = access;
  return scope;
}
Scope reads(std::string_view pattern) { return path(pattern, Access::kRead); }
Scope writes(std::string_view pattern) { return path(pattern, Access::kWrite); }

ScopeLayer layer(std::string name, std::vector<Scope> scopes) { return {std::move(name), std::move(scopes)}; }
ScopeLayer everything() { return layer("workspace", {reads("**"), writes("**")}); }

json::Value object(std::string_view text) { return json::parse(text).value(); }

TEST(CheckScopes, GrantsWhatEveryLayerLeaves) {
  EXPECT_TRUE(check_scopes({reads("docs/**")}, {everything()}).granted);
  EXPECT_TRUE(check_scopes({reads("docs/**")}, {everything(), layer("lane:l", {reads("docs/a/**")})}).granted);
  EXPECT_TRUE(check_scopes({}, {layer("workspace", {})}).granted);
}

TEST(CheckScopes, NamesTheLayerAndTheScopeThatItRefused) {
  const ScopeVerdict verdict = check_scopes({reads("docs/**"), writes("src/**")},
                                            {everything(), layer("lane:l", {reads("**"), writes("docs/**")})});
  EXPECT_FALSE(verdict.granted);
  EXPECT_EQ(verdict.layer, "lane:l");
  EXPECT_EQ(verdict.scope, "write src/**");
  EXPECT_FALSE(verdict.too_complex);
}

TEST(CheckScopes, RefusesWhenOneOfSeveralIsRefused) {
  const std::vector<ScopeLayer> layers{layer("workspace", {reads("docs/**")})};
  EXPECT_TRUE(check_scopes({reads("docs/a")}, layers).granted);
  EXPECT_FALSE(check_scopes({reads("docs/a"), reads("src/a")}, layers).granted);
  EXPECT_FALSE(check_scopes({reads("src/a"), reads("docs/a")}, layers).granted);
}

TEST(CheckScopes, WantsOnePathThroughAllLayersAndNotOnePerLayer) {
  const std::vector<ScopeLayer> layers{layer("workspace", {reads("{x,y}")}), layer("lane:l", {reads("{y,z}")}),
                                       layer("task:t", {reads("{x,z}")})};
  const ScopeVerdict verdict = check_scopes({reads("*")}, layers);
  EXPECT_FALSE(verdict.granted);
  EXPECT_EQ(verdict.layer, "task:t");
}

TEST(CheckScopes, TriesEveryGlobOfALayer) {
  const std::vector<ScopeLayer> layers{layer("workspace", {reads("a/**"), reads("b/**")}),
                                       layer("lane:l", {reads("c/**"), reads("b/*.md")})};
  EXPECT_TRUE(check_scopes({reads("**/*.md")}, layers).granted);
  EXPECT_EQ(check_scopes({reads("**/*.txt")}, layers).layer, "lane:l");
}

TEST(CheckScopes, WriteDoesNotImplyReadNorReadWrite) {
  EXPECT_FALSE(check_scopes({reads("a")}, {layer("w", {writes("**")})}).granted);
  EXPECT_FALSE(check_scopes({writes("a")}, {layer("w", {reads("**")})}).granted);
}

TEST(CheckScopes, ALayerWithoutScopesGrantsNothing) {
  EXPECT_EQ(check_scopes({reads("a")}, {everything(), layer("task:t", {})}).layer, "task:t");
}

TEST(CheckScopes, NoLayerGrantsTheStateFolder) {
  for (const char* pattern :
       {".lumenflow/**", ".lumenflow", ".lumenflow/state/keys/token", ".LumenFlow/**", "[.]lumenflow/*"}) {
    const ScopeVerdict verdict = check_scopes({reads(pattern)}, {layer("w", {reads("**"), reads(pattern)})});
    EXPECT_FALSE(verdict.granted) << pattern;
    EXPECT_EQ(verdict.layer, "kernel") << pattern;
  }
  EXPECT_TRUE(check_scopes({reads(".lumenflowx/**")}, {everything()}).granted);
  EXPECT_TRUE(check_scopes({reads("a/.lumenflow/**")}, {everything()}).granted);
}

TEST(CheckScopes, WhatIsLeftOverInTheStateFolderAloneIsNothing) {
  EXPECT_FALSE(check_scopes({reads(".*/**")}, {layer("w", {reads(".lumenflow/**")})}).granted);
  EXPECT_TRUE(check_scopes({reads(".*/**")}, {layer("w", {reads(".l*/**")})}).granted);
}

TEST(CheckScopes, RefusesWhatItCannotDecideWithinItsBound) {
  // Each wants its letter at another distance from the end, and remembers where it stood: the product multiplies.
  std::vector<ScopeLayer> layers;
  for (std::size_t i = 4; i < 10; ++i) {
    const std::string letter(1, static_cast<char>('a' + i));
    layers.push_back(layer("layer", {reads("*" + letter + std::string(i, '?'))}));
  }
  const ScopeVerdict verdict = check_scopes({reads("*")}, layers);
  EXPECT_FALSE(verdict.granted);
  EXPECT_TRUE(verdict.too_complex);
}

TEST(PathAllowed, NeedsEveryLayer) {
  const std::vector<ScopeLayer> layers{layer("w", {reads("**"), writes("docs/**")}),
                                       layer("t", {reads("docs/**"), writes("**/*.md")})};
  EXPECT_TRUE(path_allowed("docs/a.md", Access::kRead, layers));
  EXPECT_TRUE(path_allowed("docs/a.md", Access::kWrite, layers));
  EXPECT_TRUE(path_allowed("docs/.x/b", Access::kRead, layers));
  EXPECT_FALSE(path_allowed("docs/a.txt", Access::kWrite, layers));
  EXPECT_FALSE(path_allowed("src/a.md", Access::kWrite, layers));
  EXPECT_FALSE(path_allowed("src/a.md", Access::kRead, layers));
}

TEST(PathAllowed, MakesThePathNormalFirst) {
  const std::vector<ScopeLayer> layers{layer("w", {reads("docs/*")})};
  for (const char* good : {"docs/a", "./docs/a", "docs//a", "docs/./a", "docs/a/", "docs/..."})
    EXPECT_TRUE(path_allowed(good, Access::kRead, layers)) << good;
}

TEST(PathAllowed, RefusesWhatLeavesTheWorkspaceOrHidesSomething) {
  for (const std::string& bad :
       {std::string(), std::string("/"), std::string("/etc/passwd"), std::string(".."), std::string("../x"),
        std::string("docs/../x"), std::string("docs/.."), std::string("a\0b", 3), std::string("a\xff"),
        std::string("."), std::string("./"), std::string(5000, 'a')})
    EXPECT_FALSE(path_allowed(bad, Access::kRead, {everything()})) << bad;
}

TEST(PathAllowed, NeverReachesTheStateFolder) {
  const std::vector<ScopeLayer> layers{layer("w", {reads("**"), reads(".lumenflow/**"), reads(".lumenflow")})};
  for (const char* bad : {".lumenflow", ".lumenflow/", ".lumenflow/state/journal.db", "./.lumenflow/x",
                          ".//.lumenflow//x", ".LUMENFLOW/x"}) {
    EXPECT_FALSE(path_allowed(bad, Access::kRead, layers)) << bad;
    EXPECT_FALSE(path_allowed(bad, Access::kRead, {})) << bad;
  }
  EXPECT_TRUE(path_allowed(".lumenflow.yaml", Access::kRead, layers));
  EXPECT_TRUE(path_allowed(".lumen", Access::kRead, layers));
}

TEST(NormalPath, SaysHowTheSamePathIsWritten) {
  EXPECT_EQ(normal_path("./a//b/./c/"), "a/b/c");
  EXPECT_EQ(normal_path("..a/b.."), "..a/b..");
  EXPECT_EQ(normal_path("a/../b"), std::nullopt);
}

TEST(ParseScope, ReadsBothTypes) {
  const json::Value written = object(R"({"type":"path","pattern":"docs/**","access":"write"})");
  const Scope scope = parse_scope(written).value();
  EXPECT_EQ(scope.access, Access::kWrite);
  EXPECT_EQ(scope.pattern->pattern(), "docs/**");
  EXPECT_EQ(scope.raw, written);
  EXPECT_EQ(to_string(scope), "write docs/**");
  const Scope net =
      parse_scope(object(R"({"type":"network","posture":"allowlist","allowlist_entries":["a.com","10.0.0.0/8"]})"))
          .value();
  EXPECT_EQ(net.type, Scope::Type::kNetwork);
  EXPECT_EQ(net.posture, NetworkPosture::kAllowlist);
  EXPECT_EQ(to_string(net), "network allowlist a.com 10.0.0.0/8");
  EXPECT_EQ(to_string(parse_scope(object(R"({"type":"network","posture":"full"})")).value()), "network full");
  EXPECT_EQ(to_string(parse_scope(object(R"({"type":"network","posture":"off"})")).value()), "network off");
}

TEST(ParseScope, ReportsEveryFaultByItsPointer) {
  struct Case {
    const char *text, *pointer;
  };
  for (const Case& c :
       {Case{"[]", ""}, Case{"{}", "/type"}, Case{R"({"type":"file"})", "/type"}, Case{R"({"type":1})", "/type"},
        Case{R"({"type":"path","access":"read"})", "/pattern"}, Case{R"({"type":"path","pattern":"a"})", "/access"},
        Case{R"({"type":"path","pattern":"../a","access":"read"})", "/pattern"},
        Case{R"({"type":"path","pattern":"a","access":"admin"})", "/access"},
        Case{R"({"type":"path","pattern":"a","access":"read","acess":1})", "/acess"},
        Case{R"({"type":"network"})", "/posture"}, Case{R"({"type":"network","posture":"some"})", "/posture"},
        Case{R"({"type":"network","posture":"full","allowlist_entries":[]})", "/allowlist_entries"},
        Case{R"({"type":"network","posture":"allowlist","allowlist_entries":["a.com","*"]})",
             "/allowlist_entries/1"}}) {
    const Result<Scope> scope = parse_scope(object(c.text));
    ASSERT_FALSE(scope.ok()) << c.text;
    EXPECT_EQ(scope.error().code(), ErrorCode::kInvalidInput) << c.text;
    ASSERT_EQ(scope.error().details().size(), 1u) << c.text << scope.error().message();
    EXPECT_EQ(scope.error().details()[0].pointer, c.pointer) << c.text;
  }
  const Result<Scope> several = parse_scope(object(R"({"type":"path","pattern":"/a","access":"x","y":1})"));
  EXPECT_EQ(several.error().details().size(), 3u);
  EXPECT_THAT(several.error().message(), HasSubstr("/access must be read or write"));
}

}  // namespace
}  // namespace lumenflow::pack
