// Packs that lie in the workspace: found, judged, copied, started, or refused with the place and the reason.
#include <gmock/gmock.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "kernel/workspace_packs.h"

namespace lumenflow::kernel {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::string_view kAcmeManifest = R"(id: acme
version: 1.0.0
runtime: {type: process, command: [./run]}
config_key: acme_demo
subscribed_event_kinds: [task_completed]
tools:
  - {name: 'job:run', permission: write, required_scopes: [{type: path, pattern: 'jobs/**', access: write}]}
)";

class LocalPacksTest : public ::testing::Test {
 protected:
  LocalPacksTest() {
    std::string pattern = (fs::temp_directory_path() / "lumenflow-local-XXXXXX").string();
    root_ = fs::canonical(::mkdtemp(pattern.data())).string();
    write("packs/acme/manifest.yaml", kAcmeManifest);
    write("packs/acme/run", "#!/bin/sh\n");
    snapshots_ = std::make_unique<pack::Snapshots>(root_ + "/.lumenflow/state/snapshots");
    sources_ = pack::make_running_sources(root_, *snapshots_);
  }
  ~LocalPacksTest() override {
    for (const auto& entry : fs::recursive_directory_iterator(root_))
      if (!entry.is_symlink()) fs::permissions(entry, fs::perms::owner_all, fs::perm_options::add);
    fs::remove_all(root_);
  }

  void write(const std::string& path, std::string_view text) const {
    fs::create_directories(fs::path(root_ + "/" + path).parent_path());
    std::ofstream(root_ + "/" + path, std::ios::binary) << text;
  }

  // Registers what the manifest above says; `started_` counts.
  LoadCode loader() {
    return [this](const WorkspaceConfig&, const pack::Manifest&, const std::string& folder,
                  pack::Registration& registration) -> Status {
      ++started_;
      folder_ = folder;
      if (!fault_.empty()) return Error(ErrorCode::kToolCrashed, fault_);
      registration.tool("job:run", {}, [](pack::ToolContext&, const json::Value&) { return pack::ToolOutput{}; });
      if (!without_handler_)
        registration.handler("task_completed", {.idempotent = !unreplayable_},
                             [](pack::HandlerContext&, const pack::Event&) { return Status(); });
      return {};
    };
  }

  WorkspacePacks load(const std::string& text, const pack::Registry* before = nullptr) {
    return load_workspace_packs("lumenflow.yaml", text, PackPorts{{}, sources_.get(), loader(), before});
  }
  WorkspacePacks load_pin(const std::string& more = "") {
    return load("id: a\npacks:\n  - id: acme\n    source: local\n    path: packs/acme\n" + more);
  }
  static std::vector<std::string> faults(const WorkspacePacks& read) {
    std::vector<std::string> out;
    for (const pack::Diagnostic& item : read.diagnostics.items())
      out.push_back(item.code + " " + item.place.file + ":" + std::to_string(item.place.line));
    return out;
  }

  std::string root_;
  std::unique_ptr<pack::Snapshots> snapshots_;
  std::unique_ptr<pack::PackSources> sources_;
  int started_ = 0;
  std::string folder_, fault_;
  bool without_handler_ = false, unreplayable_ = false;
};

TEST_F(LocalPacksTest, ItsCodeStartsInTheCopyAndItsToolsCanBeCalled) {
  const WorkspacePacks read = load_pin();
  ASSERT_TRUE(read.config) << render_text(read.diagnostics, false);
  EXPECT_THAT(faults(read), ElementsAre());
  ASSERT_NE(read.registry->find("acme:job_run"), nullptr);
  EXPECT_TRUE(folder_.starts_with(root_ + "/.lumenflow/state/snapshots/")) << folder_;
  const pack::PackOrigin& origin = read.registry->packs()[0]->origin;
  EXPECT_EQ(origin.source, "local");
  EXPECT_EQ(origin.folder, folder_);
  EXPECT_EQ(origin.source_folder, root_ + "/packs/acme");
}

TEST_F(LocalPacksTest, APinnedPackThatDiffersIsRefusedAndTheFileStillLoads) {
  const std::string pinned = load_pin().registry->packs()[0]->origin.integrity;
  EXPECT_THAT(faults(load_pin("    integrity: '" + pinned + "'\n")), ElementsAre());
  write("packs/acme/run", "#!/bin/sh\nevil\n");
  started_ = 0;
  const WorkspacePacks read = load_pin("    integrity: '" + pinned + "'\n");
  ASSERT_TRUE(read.config) << "other packs run";
  EXPECT_THAT(faults(read), ElementsAre("LF1040 lumenflow.yaml:6"));
  ASSERT_EQ(read.registry->refused().size(), 1u);
  EXPECT_EQ(read.registry->refused()[0].id, "acme");
  EXPECT_EQ(read.registry->refused()[0].origin.source, "local");
  EXPECT_EQ(started_, 0);
}

TEST_F(LocalPacksTest, ProductionWantsAPin) {
  const WorkspacePacks read = load("id: a\nmode: production\npacks: [{id: acme, source: local, path: packs/acme}]\n");
  EXPECT_FALSE(read.config);
  EXPECT_THAT(faults(read), ElementsAre("LF1041 lumenflow.yaml:3"));
}

TEST_F(LocalPacksTest, WhatIsNoPackIsRefusedAtThePin) {
  const auto at = [this](const std::string& path) {
    const WorkspacePacks read = load("id: a\npacks:\n  - {id: acme, source: local, path: '" + path + "'}\n");
    EXPECT_TRUE(read.config) << path;
    return faults(read);
  };
  EXPECT_THAT(at("packs/other"), ElementsAre("LF2006 lumenflow.yaml:3"));
  EXPECT_THAT(at("packs"), ElementsAre("LF2006 lumenflow.yaml:3"));
  write("manifest.yaml", kAcmeManifest);
  EXPECT_THAT(at("."), ElementsAre("LF1042 lumenflow.yaml:3"));
  fs::create_symlink("/etc/passwd", root_ + "/packs/acme/link");
  EXPECT_THAT(at("packs/acme"), ElementsAre("LF1042 lumenflow.yaml:3"));
}

TEST_F(LocalPacksTest, FaultsOfTheManifestAreAtThePlaceThatItsAuthorKnows) {
  write("packs/acme/manifest.yaml", "id: acme\nversion: one\nruntime: {type: builtin}\n");
  EXPECT_THAT(faults(load_pin()),
              ElementsAre("LF1004 packs/acme/manifest.yaml:2", "LF1004 packs/acme/manifest.yaml:3"));
  write("packs/acme/manifest.yaml", "id: acne\nversion: 1.0.0\n");
  EXPECT_THAT(faults(load_pin()), ElementsAre("LF1004 packs/acme/manifest.yaml:1"));
}

TEST_F(LocalPacksTest, CodeThatDoesNotAgreeWithTheManifestIsRefused) {
  without_handler_ = true;
  EXPECT_THAT(faults(load_pin()), ElementsAre("LF1031 packs/acme/manifest.yaml:5"));
  without_handler_ = false;
  unreplayable_ = true;
  EXPECT_THAT(faults(load_pin()), ElementsAre("LF1032 packs/acme/manifest.yaml:5"));
  unreplayable_ = false;
  fault_ = "it exited at once";
  const WorkspacePacks read = load_pin();
  EXPECT_THAT(faults(read), ElementsAre("LF1033 packs/acme/manifest.yaml:3"));
  EXPECT_THAT(render_text(read.diagnostics, false), HasSubstr("it exited at once"));
}

TEST_F(LocalPacksTest, CodeOfAPackWithOtherFaultsIsNotStarted) {
  write("packs/acme/manifest.yaml", std::string(kAcmeManifest) + "surfaces_required: [mcp]\n");
  EXPECT_THAT(faults(load_pin()), ElementsAre("LF1051 packs/acme/manifest.yaml:8"));
  EXPECT_EQ(started_, 0);
}

TEST_F(LocalPacksTest, APackWithoutCodeNeedsNone) {
  write("packs/acme/manifest.yaml", "id: acme\nversion: 1.0.0\n");
  const WorkspacePacks read = load_pin();
  EXPECT_THAT(faults(read), ElementsAre());
  EXPECT_EQ(read.registry->packs().size(), 1u);
  EXPECT_EQ(started_, 0);
}

TEST_F(LocalPacksTest, WhatStaysTheSameKeepsItsCode) {
  const WorkspacePacks first = load_pin();
  const WorkspacePacks same =
      load("id: a\nname: other\npacks: [{id: acme, source: local, path: packs/acme}]\n", first.registry.get());
  EXPECT_EQ(started_, 1);
  EXPECT_EQ(same.registry->packs()[0]->code, first.registry->packs()[0]->code);
  const WorkspacePacks configured =
      load("id: a\npacks: [{id: acme, source: local, path: packs/acme}]\nacme_demo: {limit: 1}\n", same.registry.get());
  EXPECT_EQ(started_, 2) << "another section of lumenflow.yaml";
  write("packs/acme/run", "#!/bin/sh\necho 2\n");
  EXPECT_THAT(faults(load_pin()), ElementsAre());
  EXPECT_EQ(started_, 3) << "another content";
}

TEST_F(LocalPacksTest, JudgingStartsNothingAndWritesNothing) {
  const auto sources = pack::make_judging_sources(root_);
  const WorkspacePacks read = load_workspace_packs(
      "lumenflow.yaml", "id: a\npacks: [{id: acme, source: local, path: packs/acme}]\n", PackPorts{{}, sources.get()});
  EXPECT_THAT(faults(read), ElementsAre());
  EXPECT_EQ(read.registry->packs().size(), 1u);
  EXPECT_EQ(read.registry->find("job:run"), nullptr);
  EXPECT_FALSE(fs::exists(root_ + "/.lumenflow"));
}

}  // namespace
}  // namespace lumenflow::kernel
