// A workspace whose packs declare other runtime events than were generated neither starts nor reloads.
#include "sidecar/catalogue_check.h"

#include <gmock/gmock.h>

#include <filesystem>

#include "base/executor.h"
#include "base/random.h"
#include "catalogue/lock.h"
#include "pack/event_types.h"
#include "sidecar/testing/probe_pack.h"
#include "sidecar/testing/sidecar_world.h"
#include "sidecar/workspace.h"

namespace lumenflow::sidecar {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr std::string_view kConfig = "lumenflow.yaml";
constexpr std::string_view kLock = "catalogue/catalogue.lock.json";

std::string event_types(int version) {
  return R"({"packSlug": "acme", "eventTypes": [{"namespace": "acme", "name": "done", "version": )" +
         std::to_string(version) + R"(, "schema": "./done.json"}]})";
}

class CatalogueCheck : public testing::Test {
 protected:
  CatalogueCheck()
      : world({.config = "packs: [{id: probe}, {id: acme, source: local, path: packs/acme}]\n",
               .files = {{"packs/acme/manifest.yaml", "id: acme\nversion: 1.0.0\n"}}}) {
    world.stop();
  }

  void declare(int version) {
    world.write("packs/acme/manifest.yaml", "id: acme\nversion: 1.0.0\nevent_types: content/event-types.json\n");
    world.write("packs/acme/content/event-types.json", event_types(version));
    world.write("packs/acme/content/done.json", R"({"type": "object"})");
  }
  // What `lumenflow generate` writes of the packs as they are.
  void generate() {
    const kernel::WorkspacePacks read = packs();
    std::vector<const pack::Manifest*> manifests;
    for (const auto& loaded : read.registry->packs()) manifests.push_back(&loaded->manifest);
    world.write(std::string(kLock), catalogue::render_lock(pack::catalogue_of(manifests), nullptr));
  }
  kernel::WorkspacePacks packs() const {
    return read_workspace_packs(files, join_path(world.root(), kConfig), {&probe_pack()});
  }
  // Why it would not start; empty: it would.
  std::string refusal() const {
    kernel::WorkspacePacks read = packs();
    check_catalogue(files, world.root(), read);
    EXPECT_EQ(read.config.has_value(), !read.diagnostics.has_errors());
    return pack::render_text(read.diagnostics, false);
  }

  PosixFiles files;
  SidecarWorld world;
};

TEST_F(CatalogueCheck, AWorkspaceWithoutEventTypesNeedsNothingGenerated) {
  EXPECT_EQ(refusal(), "");
  generate();
  EXPECT_EQ(refusal(), "");
}

TEST_F(CatalogueCheck, RefusesWhatWasNotGeneratedAndNamesThePackAndTheWayOut) {
  declare(1);
  EXPECT_THAT(refusal(),
              AllOf(HasSubstr("LF1079"), HasSubstr("): acme differs"), HasSubstr("run `lumenflow generate`")));
  generate();
  EXPECT_EQ(refusal(), "");
  declare(2);
  EXPECT_THAT(refusal(), HasSubstr("): acme differs"));
  world.write("packs/acme/manifest.yaml", "id: acme\nversion: 1.0.0\n");
  std::filesystem::remove_all(join_path(world.root(), "packs/acme/content"));
  EXPECT_THAT(refusal(), HasSubstr("): acme differs")) << "what was generated is gone";
}

TEST_F(CatalogueCheck, APackThatIsSwitchedOffLeavesTheOthersRunning) {
  declare(1);
  generate();
  std::string config = *files.read(join_path(world.root(), kConfig), 1 << 20);
  const std::string pin = ", {id: acme, source: local, path: packs/acme}";
  config.erase(config.find(pin), pin.size());
  world.write(std::string(kConfig), config);
  EXPECT_EQ(refusal(), "");
}

TEST_F(CatalogueCheck, DoesNotBelieveALockFileThatWasChanged) {
  declare(1);
  generate();
  std::string lock = *files.read(join_path(world.root(), kLock), 1 << 20);
  lock.replace(lock.find("acme:done"), 9, "acme:gone");
  world.write(std::string(kLock), lock);
  EXPECT_THAT(refusal(), HasSubstr("LF1077"));
}

TEST_F(CatalogueCheck, KeepsAWorkspaceFromStarting) {
  const SystemClock clock;
  SystemRandom random;
  ThreadPoolExecutor executor(1, 8);
  const auto open = [&] {
    return Workspace::open({files, clock, random, executor}, world.root(), {&probe_pack()}, {});
  };
  declare(1);
  const auto refused = open();
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code(), ErrorCode::kInvalidConfiguration);
  EXPECT_THAT(refused.error().message(), HasSubstr("LF1079"));
  generate();
  EXPECT_TRUE(open().ok());
}

}  // namespace
}  // namespace lumenflow::sidecar
