// What `doctor`, `reload --check` and `pack validate` say and how they exit, as scripts see it.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "running_sidecar.h"
#include "support/source_tree.h"

namespace lumenflow::testing {
namespace {

namespace fs = std::filesystem;

void write(const std::string& path, const std::string& text) {
  fs::create_directories(fs::path(path).parent_path());
  std::ofstream(path, std::ios::binary) << text;
}

json::Value document(const CommandResult& result) {
  Result<json::Value> value = json::parse(result.out);
  EXPECT_TRUE(value.ok()) << result.out;
  return value.ok() ? *std::move(value) : json::Value();
}

// The state of one check; "absent" when there is none.
std::string state_of(const json::Value& doctor, std::string_view name) {
  for (const json::Value& check : doctor.find("checks")->as_array())
    if (*check.find("name") == json::Value(name)) return check.find("state")->as_string();
  return "absent";
}

constexpr std::string_view kGoodManifest = "id: acme\nversion: 1.0.0\n";

TEST(Doctor, AFreshWorkspaceIsWell) {
  const ScratchWorkspace workspace;
  const CommandResult result = workspace.run({"doctor", "--json"});
  EXPECT_EQ(result.exit_code, 0) << result.out;
  const json::Value doctor = document(result);
  EXPECT_EQ(*doctor.find("ok"), json::Value(true));
  for (const char* name : {"version", "environment", "workspace", "state", "keys", "config", "pack sidekick", "clock",
                           "disk", "sandbox", "uplink", "sidecar", "journal", "port"}) {
    EXPECT_NE(state_of(doctor, name), "absent") << name;
    EXPECT_NE(state_of(doctor, name), "fault") << name;
  }
  EXPECT_TRUE(doctor.find("diagnostics")->as_array().empty());
}

TEST(Doctor, KeysThatOthersCanReadAreAFault) {
  const ScratchWorkspace workspace;
  const std::string state = workspace.root() + "/.lumenflow/state";
  fs::permissions(state + "/keys/token.pem", fs::perms::group_read, fs::perm_options::add);
  CommandResult result = workspace.run({"doctor", "--json"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_EQ(state_of(document(result), "keys"), "fault");
  EXPECT_EQ(state_of(document(result), "state"), "ok");
  fs::permissions(state + "/keys/token.pem", fs::perms::owner_read | fs::perms::owner_write);
  fs::permissions(state, fs::perms::others_exec, fs::perm_options::add);
  fs::remove(workspace.root() + "/.lumenflow/.gitignore");
  result = workspace.run({"doctor", "--json"});
  EXPECT_EQ(state_of(document(result), "keys"), "ok");
  EXPECT_EQ(state_of(document(result), "state"), "fault");
  fs::permissions(state, fs::perms::owner_all);
  result = workspace.run({"doctor", "--json"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(state_of(document(result), "state"), "warning");
}

TEST(Doctor, AConfigurationWithFaultsIsShownWithThem) {
  const ScratchWorkspace workspace;
  write(workspace.root() + "/lumenflow.yaml", "id: ws-42\nlimts: {}\npacks: [{id: sidekik}]\n");
  const CommandResult result = workspace.run({"doctor", "--format", "json"});
  EXPECT_EQ(result.exit_code, 1);
  const json::Value doctor = document(result);
  EXPECT_EQ(state_of(doctor, "config"), "fault");
  ASSERT_EQ(doctor.find("diagnostics")->as_array().size(), 2u);
  EXPECT_EQ(*doctor.at_pointer("/diagnostics/0/code"), json::Value("LF2002"));
  EXPECT_EQ(*doctor.at_pointer("/diagnostics/1/code"), json::Value("LF2006"));
  EXPECT_EQ(*doctor.at_pointer("/diagnostics/1/line"), json::Value(3));
  const CommandResult sarif = workspace.run({"doctor", "--format", "sarif"});
  EXPECT_EQ(sarif.exit_code, 1);
  EXPECT_EQ(document(sarif).at_pointer("/runs/0/results")->as_array().size(), 2u);
  const CommandResult text = workspace.run({"reload", "--check"});
  EXPECT_EQ(text.exit_code, 1);
  EXPECT_NE(text.out.find("help: did you mean 'limits'?"), std::string::npos) << text.out;
  EXPECT_EQ(text.out.find('\x1b'), std::string::npos) << "no colour outside of a terminal";
}

TEST(Doctor, SaysThatASidecarRunsAndHoldsThePort) {
  const ScratchWorkspace workspace;
  RunningSidecar sidecar(workspace);
  ASSERT_TRUE(sidecar.start());
  const CommandResult result = workspace.run({"doctor"});
  EXPECT_EQ(result.exit_code, 0) << result.out;
  EXPECT_NE(result.out.find("held by the running sidecar"), std::string::npos) << result.out;
}

TEST(Doctor, WithoutAWorkspaceItCannotRun) {
  const ScratchWorkspace workspace;
  fs::remove(workspace.root() + "/lumenflow.yaml");
  EXPECT_EQ(workspace.run({"doctor"}).exit_code, 2);
  EXPECT_EQ(workspace.run({"reload", "--check"}).exit_code, 2);
  EXPECT_EQ(workspace.run({"reload"}).exit_code, 2);
}

TEST(PackValidate, ExitsByWhatItFound) {
  const ScratchWorkspace workspace;
  const std::string folder = workspace.root() + "/packs/acme";
  write(folder + "/manifest.yaml", std::string(kGoodManifest));
  EXPECT_EQ(workspace.run({"pack", "validate", folder}).exit_code, 0);
  EXPECT_EQ(workspace.run({"pack", "validate", folder + "/manifest.yaml"}).exit_code, 0);
  EXPECT_EQ(workspace.run({"pack", "validate", "--id", "acme"}).exit_code, 0) << "found in packs/";
  EXPECT_EQ(workspace.run({"pack", "validate", "--id", "sidekick"}).exit_code, 0) << "a builtin";
  EXPECT_EQ(workspace.run({"pack", "validate", workspace.root() + "/packs"}).exit_code, 1) << "no manifest: LF1001";
  EXPECT_EQ(workspace.run({"pack", "validate", "--id", "nobody"}).exit_code, 2);
  EXPECT_EQ(workspace.run({"pack", "validate", "--id", "acme", folder}).exit_code, 2);
  EXPECT_EQ(workspace.run({"pack", "validate", folder, "--format", "xml"}).exit_code, 2);
}

TEST(PackValidate, TheFirstPartyPacksAreWithoutFault) {
  const ScratchWorkspace workspace;
  std::size_t packs = 0;
  for (const auto& entry : fs::directory_iterator(lumenflow::testing::source_path("packs"))) {
    if (!fs::exists(entry.path() / "manifest.yaml")) continue;
    ++packs;
    const CommandResult result = workspace.run({"pack", "validate", entry.path(), "--strict"});
    EXPECT_EQ(result.exit_code, 0) << result.out;
  }
  EXPECT_GE(packs, 1u);
}

TEST(PackValidate, WarningsAreErrorsWhenStrict) {
  const ScratchWorkspace workspace;
  const std::string folder = workspace.root() + "/packs/acme";
  write(folder + "/manifest.yaml", std::string(kGoodManifest) + "subscribed_event_kinds: ['other:happened']\n");
  const CommandResult lenient = workspace.run({"pack", "validate", folder, "--format", "json"});
  EXPECT_EQ(lenient.exit_code, 0);
  EXPECT_EQ(*document(lenient).at_pointer("/0/severity"), json::Value("warning"));
  EXPECT_EQ(*document(lenient).at_pointer("/0/column"), json::Value(26));
  const CommandResult strict = workspace.run({"pack", "validate", folder, "--strict", "--format", "json"});
  EXPECT_EQ(strict.exit_code, 1);
  EXPECT_EQ(*document(strict).at_pointer("/0/severity"), json::Value("error"));
}

TEST(PackValidate, CollidesWithTheBuiltinPacksButNotWithItself) {
  const ScratchWorkspace workspace;
  const std::string folder = workspace.root() + "/packs/mine";
  write(folder + "/manifest.yaml", "id: mine\nslug: sidekick\nversion: 1.0.0\n");
  const CommandResult result = workspace.run({"pack", "validate", "--id", "mine", "--format", "json"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_EQ(*document(result).at_pointer("/0/code"), json::Value("LF1005"));
  write(folder + "/manifest.yaml", "id: sidekick\nversion: 1.0.0\n");
  EXPECT_EQ(workspace.run({"pack", "validate", folder}).exit_code, 0);
}

}  // namespace
}  // namespace lumenflow::testing
