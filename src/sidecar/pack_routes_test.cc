// GET /packs and /diagnostics, and that what runs is the copy that was made.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "sidecar/testing/sidecar_world.h"

namespace lumenflow::sidecar {
namespace {

constexpr const char* kAcmeManifest =
    "id: acme\nversion: 1.2.0\ntitle: Acme\nruntime: {type: process, command: [./run]}\n"
    "tools: [{name: 'acme:read', required_scopes: [{type: path, pattern: 'data/**', access: read}]}]\n";

// `acme:read` answers what the pack's file `answer` says where its code runs.
Status load_second_acme(const kernel::WorkspaceConfig&, const pack::Manifest&, const std::string& folder,
                        pack::Registration& registration) {
  registration.tool("acme:read", {}, [folder](pack::ToolContext&, const json::Value&) -> pack::ToolResult {
    return pack::ToolOutput{json::Object{{"answer", *PosixFiles().read(folder + "/answer", 100)}}, {}};
  });
  return {};
}

WorldOptions with_acme(const std::string& more = "") {
  return {
      .config = "packs: [{id: probe}, {id: acme, source: local, path: packs/acme" + more + "}]\n",
      .files = {{"packs/acme/manifest.yaml", kAcmeManifest}, {"packs/acme/run", ""}, {"packs/acme/answer", "first"}},
      .load_code = load_second_acme};
}

const json::Value* item(const Answer& answer, std::string_view id) {
  for (const json::Value& each : answer.value.find("items")->as_array())
    if (json::string_or(each, "id", "") == id) return &each;
  return nullptr;
}

TEST(PackRoutes, SayWhereAPackComesFrom) {
  const SidecarWorld world(with_acme());
  const Answer packs = world.get("/packs");
  ASSERT_EQ(packs.status, 200) << packs.body;
  const json::Value* acme = item(packs, "acme");
  ASSERT_NE(acme, nullptr);
  EXPECT_EQ(json::string_or(*acme, "status", ""), "active");
  EXPECT_EQ(json::string_or(*acme, "source", ""), "local");
  EXPECT_EQ(json::string_or(*acme, "version", ""), "1.2.0");
  EXPECT_EQ(json::string_or(*acme, "integrity", "").size(), 71u);
  EXPECT_EQ(*acme->find("diagnostics"), json::Value(json::Array{}));
  EXPECT_EQ(json::string_or(*item(packs, "probe"), "source", ""), "builtin");
}

TEST(PackRoutes, AChangedPackDoesNotRunAndIsReported) {
  const SidecarWorld world(with_acme());
  world.write("packs/acme/answer", "changed");
  EXPECT_EQ(world.call("acme:read").text("/data/answer"), "first");
  const Answer packs = world.get("/packs");
  const json::Value* found = item(packs, "acme")->at_pointer("/diagnostics/0/code");
  ASSERT_NE(found, nullptr) << packs.body;
  EXPECT_EQ(*found, json::Value("LF1040"));
  const Answer diagnostics = world.get("/diagnostics");
  EXPECT_NE(diagnostics.body.find("LF1040"), std::string::npos) << diagnostics.body;
  world.write("packs/acme/answer", "first");
  EXPECT_EQ(world.get("/diagnostics").body.find("LF1040"), std::string::npos) << "put back";
}

TEST(PackRoutes, ARefusedPackIsThereWithTheReasonAndTheOthersRun) {
  const SidecarWorld world(with_acme(", integrity: 'sha256:" + std::string(64, '0') + "'"));
  const Answer packs = world.get("/packs");
  const json::Value* acme = item(packs, "acme");
  ASSERT_NE(acme, nullptr) << packs.body;
  EXPECT_EQ(json::string_or(*acme, "status", ""), "refused");
  EXPECT_EQ(json::string_or(*acme, "source", ""), "local");
  EXPECT_EQ(*acme->at_pointer("/diagnostics/0/code"), json::Value("LF1040"));
  EXPECT_EQ(world.call("acme:read").status, 404);
  EXPECT_EQ(world.call("probe:echo").status, 200);
}

TEST(PackRoutes, OldCopiesAreGoneAfterARestart) {
  SidecarWorld world(with_acme());
  world.stop();
  world.write("packs/acme/answer", "second");
  world.start();
  EXPECT_EQ(world.call("acme:read").text("/data/answer"), "second");
  const auto copies = PosixFiles().list(world.root() + "/.lumenflow/state/snapshots");
  ASSERT_TRUE(copies.ok());
  EXPECT_EQ(copies->size(), 1u);
}

}  // namespace
}  // namespace lumenflow::sidecar
