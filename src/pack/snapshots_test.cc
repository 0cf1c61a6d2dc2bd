// Folders of packs, their hashes and the copies that run: on the real disk, in a scratch folder.
#include "pack/snapshots.h"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "base/files.h"
#include "base/sha256.h"
#include "pack/sources.h"

namespace lumenflow::pack {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class SnapshotsTest : public ::testing::Test {
 protected:
  SnapshotsTest() {
    std::string pattern = (fs::temp_directory_path() / "lumenflow-snapshots-XXXXXX").string();
    root_ = fs::canonical(::mkdtemp(pattern.data())).string();
    fs::create_directories(source());
    write("manifest.yaml", "id: acme\nversion: 1.0.0\n");
    write("bin/run", "#!/bin/sh\n");
    ::chmod((source() + "/bin/run").c_str(), 0755);
  }
  ~SnapshotsTest() override {
    for (const auto& entry : fs::recursive_directory_iterator(root_))
      if (!entry.is_symlink()) fs::permissions(entry, fs::perms::owner_all, fs::perm_options::add);
    fs::remove_all(root_);
  }

  std::string source() const { return root_ + "/packs/acme"; }
  std::string copies() const { return root_ + "/snapshots"; }
  void write(const std::string& path, const std::string& text) const {
    fs::create_directories(fs::path(source() + "/" + path).parent_path());
    std::ofstream(source() + "/" + path, std::ios::binary) << text;
  }
  static std::string read(const std::string& path) { return *PosixFiles().read(path, 1 << 20); }
  std::vector<std::string> copy_names() const {
    const auto names = PosixFiles().list(copies());
    return names.ok() ? *names : std::vector<std::string>();
  }
  // Ours to change, whatever its permissions say.
  static void overwrite(const std::string& path, const std::string& text) {
    fs::permissions(path, fs::perms::owner_all);
    std::ofstream(path, std::ios::binary) << text;
  }

  std::string root_;
};

// The rule of the specification, written out.
TEST_F(SnapshotsTest, TheHashIsOverPathsAndHashesOfEveryFileButGitsAndFinders) {
  write(".git/config", "secret");
  write("sub/.DS_Store", "finder");
  write("sub/.gitignore", "x");
  std::string listing;
  for (const auto& [path, text] : std::vector<std::pair<std::string, std::string>>{
           {"bin/run", "#!/bin/sh\n"}, {"manifest.yaml", "id: acme\nversion: 1.0.0\n"}, {"sub/.gitignore", "x"}})
    listing += path + '\0' + sha256_hex(text) + '\0';
  const auto content = read_folder(source());
  ASSERT_TRUE(content.ok()) << content.error().to_string();
  EXPECT_EQ(content->integrity, "sha256:" + sha256_hex(listing));
}

TEST_F(SnapshotsTest, ACopyIsReadOnlyNamedByItsHashAndUsedAgain) {
  Snapshots snapshots(copies());
  const auto first = snapshots.take(source(), "");
  ASSERT_TRUE(first.ok()) << first.error().to_string();
  EXPECT_EQ(first->folder, copies() + "/" + first->integrity.substr(7));
  EXPECT_EQ(read(first->folder + "/bin/run"), "#!/bin/sh\n");
  struct stat info {};
  ASSERT_EQ(::stat((first->folder + "/bin/run").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0555u) << "still a program";
  const auto made = info.st_ctim.tv_nsec;
  ASSERT_EQ(::stat((first->folder + "/manifest.yaml").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0444u);
  ASSERT_EQ(::stat(first->folder.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0555u);

  const auto second = snapshots.take(source(), first->integrity);
  ASSERT_TRUE(second.ok());
  EXPECT_EQ(second->folder, first->folder);
  ASSERT_EQ(::stat((first->folder + "/bin/run").c_str(), &info), 0);
  EXPECT_EQ(info.st_ctim.tv_nsec, made) << "not written again";
}

TEST_F(SnapshotsTest, WhatIsNotThePinnedContentIsRefused) {
  Snapshots snapshots(copies());
  const std::string pinned = read_folder(source())->integrity;
  write("bin/run", "#!/bin/sh\nevil\n");
  const auto taken = snapshots.take(source(), pinned);
  ASSERT_FALSE(taken.ok());
  EXPECT_EQ(taken.error().code(), ErrorCode::kConflict);
  EXPECT_THAT(taken.error().message(), HasSubstr(pinned));
  EXPECT_THAT(copy_names(), IsEmpty());
}

TEST_F(SnapshotsTest, ADamagedCopyIsMadeAnewButNotUnderWhoRunsIt) {
  Snapshots snapshots(copies());
  auto taken = snapshots.take(source(), "");
  ASSERT_TRUE(taken.ok());
  overwrite(taken->folder + "/bin/run", "damaged");
  EXPECT_EQ(snapshots.take(source(), "").error().code(), ErrorCode::kIo);
  const std::string place = taken->folder;
  *taken = {};
  const auto again = snapshots.take(source(), "");
  ASSERT_TRUE(again.ok()) << again.error().to_string();
  EXPECT_EQ(read(place + "/bin/run"), "#!/bin/sh\n");
  fs::permissions(place, fs::perms::owner_all);
  std::ofstream(place + "/added") << "planted";
  Snapshots restarted(copies());
  ASSERT_TRUE(restarted.take(source(), "").ok());
  EXPECT_FALSE(fs::exists(place + "/added")) << "a file more is another content";
}

TEST_F(SnapshotsTest, CopiesThatNobodyUsesAreRemoved) {
  Snapshots snapshots(copies());
  auto old = snapshots.take(source(), "");
  write("bin/run", "#!/bin/sh\necho 2\n");
  const auto current = snapshots.take(source(), "");
  ASSERT_TRUE(old.ok() && current.ok());
  fs::create_directories(copies() + "/.new-7/half");
  snapshots.prune();
  EXPECT_EQ(copy_names().size(), 2u) << "both are in use";
  *old = {};
  snapshots.prune();
  EXPECT_THAT(copy_names(), ElementsAre(current->integrity.substr(7)));
}

TEST_F(SnapshotsTest, LinksCountAsWhatTheyLeadToAsLongAsThatIsInThePack) {
  fs::create_symlink("run", source() + "/bin/also");
  fs::create_directory_symlink("bin", source() + "/programs");
  Snapshots snapshots(copies());
  const auto taken = snapshots.take(source(), "");
  ASSERT_TRUE(taken.ok()) << taken.error().to_string();
  EXPECT_FALSE(fs::is_symlink(taken->folder + "/bin/also"));
  EXPECT_EQ(read(taken->folder + "/programs/also"), "#!/bin/sh\n");
}

TEST_F(SnapshotsTest, WhatLeadsOutOfThePackIsRefused) {
  std::ofstream(root_ + "/packs/secret") << "secret";
  const auto refuses = [this](const std::string& target, bool folder) {
    const std::string link = source() + "/link";
    if (folder)
      fs::create_directory_symlink(target, link);
    else
      fs::create_symlink(target, link);
    const auto read = read_folder(source());
    fs::remove(link);
    return read.ok() ? ErrorCode::kInternal : read.error().code();
  };
  for (const char* target : {"../secret", "/etc/passwd", "nowhere", "link"})
    EXPECT_EQ(refuses(target, false), ErrorCode::kInvalidInput) << target;
  for (const char* target : {"..", "/etc", "."}) EXPECT_EQ(refuses(target, true), ErrorCode::kInvalidInput) << target;
  ASSERT_EQ(::mkfifo((source() + "/pipe").c_str(), 0600), 0);
  EXPECT_EQ(read_folder(source()).error().code(), ErrorCode::kInvalidInput) << "and nobody waits for a writer";
}

TEST_F(SnapshotsTest, ProgramsOutsideOfThePackAreHashedAndCopied) {
  const std::string tool = root_ + "/tool.sh";
  std::ofstream(tool) << "#!/bin/sh\n";
  ::chmod(tool.c_str(), 0755);
  write("manifest.yaml",
        "id: acme\nversion: 1.0.0\nruntime: {type: process, command: [/bin/sh, '" + tool + "', main]}\n");
  Snapshots snapshots(copies());
  const auto taken = snapshots.take(source(), "");
  ASSERT_TRUE(taken.ok()) << taken.error().to_string();
  ASSERT_EQ(taken->moved.size(), 1u) << "the system's own run where they are";
  const std::string copy = taken->moved.at(tool);
  EXPECT_TRUE(copy.starts_with(taken->folder + "/"));
  std::ofstream(tool) << "#!/bin/sh\nevil\n";
  EXPECT_EQ(read(copy), "#!/bin/sh\n");
  EXPECT_EQ(snapshots.take(source(), taken->integrity).error().code(), ErrorCode::kConflict);

  write("manifest.yaml", "id: acme\nversion: 1.0.0\nruntime: {type: process, command: [../../tool.sh]}\n");
  EXPECT_EQ(snapshots.take(source(), "").error().code(), ErrorCode::kInvalidInput);
}

TEST_F(SnapshotsTest, APackIsNoFolderOfTheWorkspacesOwnState) {
  fs::create_directories(root_ + "/.lumenflow/state/keys");
  std::ofstream(root_ + "/manifest.yaml") << "id: acme\n";
  std::ofstream(root_ + "/.lumenflow/state/keys/manifest.yaml") << "id: acme\n";
  for (const char* path : {".", ".lumenflow/state/keys", "packs/.."})
    EXPECT_EQ(local_folder(root_, path).error().code(), ErrorCode::kInvalidInput) << path;
  EXPECT_EQ(local_folder(root_, "packs").error().code(), ErrorCode::kNotFound) << "no manifest";
  EXPECT_EQ(*local_folder(root_, "packs/acme"), source());
  EXPECT_EQ(*local_folder(root_, source()), source());
}

}  // namespace
}  // namespace lumenflow::pack
