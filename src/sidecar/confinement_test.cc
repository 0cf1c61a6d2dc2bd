// No `..` and no symlink leads the sidecar out of its workspace, whichever of its own files it is.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <fstream>

#include "base/encoding.h"
#include "base/executor.h"
#include "base/files.h"
#include "base/random.h"
#include "base/time.h"
#include "journal/body.h"
#include "sidecar/sidecar.h"
#include "sidecar/testing/probe_pack.h"
#include "sidecar/testing/sidecar_world.h"
#include "sidecar/workspace.h"

namespace lumenflow::sidecar {
namespace {

namespace fs = std::filesystem;

class Confinement : public testing::Test {
 protected:
  Confinement() {
    world.call("probe:emit", R"({"n":1})");
    world.stop();
    fs::create_directory(outside);
  }
  ~Confinement() override { fs::remove_all(outside); }

  // Moves what is at `relative` out of the workspace and puts a symlink to it in its place.
  void lead_out(const std::string& relative) {
    const fs::path inside = fs::path(world.root()) / relative, to = fs::path(outside) / "moved";
    if (fs::exists(inside))
      fs::rename(inside, to);
    else
      std::ofstream(to) << "";
    fs::create_symlink(to, inside);
  }
  void put_back(const std::string& relative) {
    const fs::path inside = fs::path(world.root()) / relative;
    fs::remove(inside);
    fs::rename(fs::path(outside) / "moved", inside);
  }
  Result<std::unique_ptr<Workspace>> open() {
    return Workspace::open({files, clock, random, executor}, world.root(), {&probe_pack()}, [] {});
  }

  SidecarWorld world;
  const std::string outside = world.root() + "-outside";
  PosixFiles files;
  SystemClock clock;
  SystemRandom random;
  ThreadPoolExecutor executor{1, 8};
};

TEST_F(Confinement, ASymlinkOutOfTheWorkspaceIsRefusedWhereverItStands) {
  for (const char* relative :
       {"lumenflow.yaml", ".lumenflow", ".lumenflow/state", ".lumenflow/state/keys", ".lumenflow/state/keys/token.pem",
        ".lumenflow/state/keys/operator.pem", ".lumenflow/state/keys/log.seed", ".lumenflow/state/keys/redaction.key",
        ".lumenflow/state/journal.db", ".lumenflow/state/journal.db-wal", ".lumenflow/state/blobs",
        ".lumenflow/state/checkpoints", ".lumenflow/state/checkpoints/latest"}) {
    lead_out(relative);
    const auto opened = open();
    ASSERT_FALSE(opened.ok()) << relative;
    EXPECT_EQ(opened.error().code(), ErrorCode::kInvalidConfiguration) << relative << opened.error().to_string();
    EXPECT_THAT(opened.error().message(), testing::HasSubstr("symlink")) << relative;
    put_back(relative);
  }
  EXPECT_TRUE(open().ok()) << "and with everything in its place it opens";
}

TEST_F(Confinement, InitWritesNothingThroughASymlink) {
  const std::string fresh = world.root() + "/fresh";
  for (const char* relative : {".lumenflow", "lumenflow.yaml"}) {
    fs::create_directory(fresh);
    fs::create_directory(outside + "/target");
    fs::create_symlink(std::string(relative) == ".lumenflow" ? outside + "/target" : outside + "/target/file",
                       fresh + "/" + relative);
    const auto made = init_workspace(files, fresh, {.id = "ws-1", .production = false, .operator_passphrase = {}});
    EXPECT_FALSE(made.ok()) << relative;
    EXPECT_TRUE(fs::is_empty(outside + "/target")) << relative;
    fs::remove_all(fresh);
    fs::remove_all(outside + "/target");
  }
}

TEST_F(Confinement, ASymlinkThatStaysInsideIsFine) {
  fs::rename(world.root() + "/.lumenflow/state", world.root() + "/state-elsewhere");
  fs::create_symlink(world.root() + "/state-elsewhere", world.root() + "/.lumenflow/state");
  EXPECT_TRUE(open().ok());
}

TEST_F(Confinement, ABlobIsNotWrittenThroughASymlink) {
  const WorkspacePaths paths(world.root());
  const std::string big(100'000, 'x');
  const Hash256 hash = sha256(big);
  const std::string folder = paths.blobs + "/" + to_hex(hash).substr(0, 2);
  fs::create_directories(paths.blobs);
  fs::create_symlink(outside, folder);
  journal::BlobStore blobs(files, paths.blobs);
  EXPECT_FALSE(blobs.put(hash, big).ok());
  EXPECT_TRUE(fs::is_empty(outside));
  fs::remove(folder);
  // A file of the right size somewhere else is not the blob either.
  fs::create_directories(folder);
  std::ofstream(outside + "/same-size") << std::string(big.size(), 'y');
  fs::create_symlink(outside + "/same-size", folder + "/" + to_hex(hash));
  ASSERT_TRUE(blobs.put(hash, big).ok());
  EXPECT_EQ(*blobs.get(hash), big);
  EXPECT_EQ(std::string(*files.read(outside + "/same-size", 1u << 20)).front(), 'y') << "what it led to is untouched";
}

TEST_F(Confinement, ARelativeCertificateIsBelowTheWorkspace) {
  for (const char* path : {"../cert.pem", "a/../../cert.pem"}) {
    {
      std::ofstream config(world.root() + "/lumenflow.yaml", std::ios::trunc);
      config << "id: ws-42\nsurfaces: {http: {tls: {cert: " << path << ", key: key.pem}}}\n";
    }
    auto workspace = open();
    ASSERT_TRUE(workspace.ok()) << workspace.error().to_string();
    boost::asio::io_context io;
    Doorbell doorbell(io);
    SidecarOptions options;
    options.listen = "127.0.0.1:0";
    const Result<Ready> started = make_sidecar(io, **workspace, doorbell, clock, random, options)->start();
    ASSERT_FALSE(started.ok());
    EXPECT_THAT(started.error().message(), testing::HasSubstr("..")) << path;
  }
}

}  // namespace
}  // namespace lumenflow::sidecar
