// What only a disk has: symlinks, leftovers of other processes, locks that end with their holder.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "base/files.h"

namespace lumenflow {
namespace {

namespace fs = std::filesystem;

class PosixFilesTest : public testing::Test {
 protected:
  PosixFilesTest() {
    std::string pattern = testing::TempDir() + "/lumenflow-posix-XXXXXX";
    top_ = fs::canonical(::mkdtemp(pattern.data())).string();
    root_ = top_ + "/workspace";
    fs::create_directories(root_ + "/docs");
    fs::create_directories(top_ + "/outside");
    std::ofstream(top_ + "/outside/secret") << "secret";
  }
  ~PosixFilesTest() override { fs::remove_all(top_); }
  Result<std::string> resolve(std::string_view path) const { return resolve_inside(files_, root_, path); }
  bool refused(std::string_view path) const {
    const Result<std::string> result = resolve(path);
    return !result.ok() && result.error().code() == ErrorCode::kInvalidInput;
  }

  PosixFiles files_;
  std::string top_, root_;
};

TEST_F(PosixFilesTest, ResolveInsideFollowsSymlinksThatStayInside) {
  fs::create_directory_symlink("docs", root_ + "/link");
  fs::create_directory_symlink(root_ + "/docs", root_ + "/absolute");
  EXPECT_EQ(*resolve("link/a.md"), root_ + "/docs/a.md");
  EXPECT_EQ(*resolve("absolute/new/a.md"), root_ + "/docs/new/a.md");
}

TEST_F(PosixFilesTest, ResolveInsideRefusesSymlinksThatLeave) {
  fs::create_directory_symlink("../outside", root_ + "/folder");
  fs::create_symlink(top_ + "/outside/secret", root_ + "/file");
  fs::create_directory_symlink("link2", root_ + "/link1");
  fs::create_directory_symlink(top_, root_ + "/link2");
  fs::create_directory_symlink("/", root_ + "/slash");
  fs::create_directory_symlink(top_ + "/workspace-evil", root_ + "/sibling");
  fs::create_directories(top_ + "/workspace-evil");
  for (const char* path : {"folder", "folder/secret", "folder/new", "file", "link1/outside/secret", "link2",
                           "link1/workspace/docs/..x/../a", "slash/etc/passwd", "sibling/x"})
    EXPECT_TRUE(refused(path)) << path;
}

TEST_F(PosixFilesTest, ResolveInsideRefusesWhatCannotBeResolved) {
  fs::create_symlink(root_ + "/nowhere", root_ + "/dangling");
  fs::create_symlink(root_ + "/loop", root_ + "/loop");
  EXPECT_TRUE(refused("dangling"));
  EXPECT_TRUE(refused("dangling/x")) << "writing there would create its target";
  EXPECT_TRUE(refused("loop"));
  EXPECT_TRUE(refused("loop/x"));
  EXPECT_TRUE(refused(std::string(300, 'x'))) << "a name longer than the file system takes";
  EXPECT_TRUE(refused(std::string(5000, 'x')));
}

TEST_F(PosixFilesTest, ResolveInsideAcceptsARootThatIsASymlinkItself) {
  fs::create_directory_symlink(root_, top_ + "/alias");
  EXPECT_EQ(*resolve_inside(files_, top_ + "/alias", "docs/a.md"), root_ + "/docs/a.md");
}

TEST_F(PosixFilesTest, StatLooksAtTheLinkAndItsTarget) {
  fs::create_directory_symlink("docs", root_ + "/link");
  fs::create_symlink("nowhere", root_ + "/dangling");
  const FileInfo link = **files_.stat(root_ + "/link");
  EXPECT_TRUE(link.symlink);
  EXPECT_TRUE(link.directory);
  const FileInfo dangling = **files_.stat(root_ + "/dangling");
  EXPECT_TRUE(dangling.symlink);
  EXPECT_FALSE(dangling.directory);
}

// Nobody may ever write to the pipe, and a device has no end.
TEST_F(PosixFilesTest, ReadRefusesAtOnceWhatIsNoRegularFile) {
  ASSERT_EQ(::mkfifo((root_ + "/pipe").c_str(), 0600), 0);
  fs::create_symlink(root_ + "/pipe", root_ + "/link");
  for (const std::string& path : {root_ + "/pipe", root_ + "/link", root_ + "/docs", std::string("/dev/zero")}) {
    const Result<std::string> content = files_.read(path, 100);
    ASSERT_FALSE(content.ok()) << path;
    EXPECT_EQ(content.error().code(), ErrorCode::kIo) << content.error().to_string();
    EXPECT_NE(content.error().message().find("no regular file"), std::string::npos) << content.error().to_string();
  }
}

TEST_F(PosixFilesTest, AStreamIsReadToItsEndWhateverItIs) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  ASSERT_EQ(::write(ends[1], "secret", 6), 6);
  ::close(ends[1]);
  EXPECT_EQ(*read_stream("/dev/fd/" + std::to_string(ends[0]), 100), "secret");
  ::close(ends[0]);
  EXPECT_EQ(read_stream("/dev/zero", 100).error().code(), ErrorCode::kBodyTooLarge);
  EXPECT_EQ(read_stream(root_ + "/nowhere", 100).error().code(), ErrorCode::kNotFound);
}

TEST_F(PosixFilesTest, CreateAndLockDoNotFollowALink) {
  fs::create_symlink(top_ + "/outside/new", root_ + "/link");
  EXPECT_FALSE(files_.create(root_ + "/link", "x", 0644).ok());
  EXPECT_FALSE(files_.lock(root_ + "/link").ok());
  EXPECT_FALSE(fs::exists(top_ + "/outside/new"));
}

TEST_F(PosixFilesTest, WriteAtomicReplacesALinkInsteadOfFollowingIt) {
  fs::create_symlink(top_ + "/outside/secret", root_ + "/link");
  ASSERT_TRUE(files_.write_atomic(root_ + "/link", "mine", 0644).ok());
  EXPECT_EQ(*files_.read(top_ + "/outside/secret", 100), "secret");
  EXPECT_EQ(*files_.read(root_ + "/link", 100), "mine");
}

// A container's processes have the same numbers after every restart.
TEST_F(PosixFilesTest, WriteAtomicIsNotStoppedByLeftoversOfAKilledProcess) {
  const std::string path = root_ + "/x", prefix = path + ".tmp-" + std::to_string(::getpid()) + "-";
  for (int i = 0; i < 200; ++i) std::ofstream(prefix + std::to_string(i)) << "left";
  ASSERT_TRUE(files_.write_atomic(path, "new", 0644).ok());
  EXPECT_EQ(*files_.read(path, 100), "new");
}

TEST_F(PosixFilesTest, AFolderIsLockedItself) {
  ASSERT_TRUE(files_.make_directories(root_ + "/state", 0700).ok());
  const auto held = files_.lock(root_ + "/state");
  ASSERT_TRUE(held.ok()) << held.error().to_string();
  EXPECT_EQ(files_.lock(root_ + "/state").error().code(), ErrorCode::kWorkspaceLocked);
  EXPECT_TRUE(files_.list(root_ + "/state")->empty()) << "nothing in it that somebody could delete";
}

TEST_F(PosixFilesTest, ALockEndsWithItsHolder) {
  const std::string path = root_ + "/lock";
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const auto lock = files_.lock(path);
    const char held = lock.ok() ? 'y' : 'n';
    (void)!::write(ready[1], &held, 1);
    for (;;) ::pause();
  }
  char held = 0;
  ASSERT_EQ(::read(ready[0], &held, 1), 1);
  EXPECT_EQ(held, 'y');
  const auto while_held = files_.lock(path);
  ASSERT_FALSE(while_held.ok());
  EXPECT_EQ(while_held.error().code(), ErrorCode::kWorkspaceLocked);
  ::kill(child, SIGKILL);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(files_.lock(path).ok()) << "no stale lock, however the holder ended";
  ::close(ready[0]), ::close(ready[1]);
}

TEST_F(PosixFilesTest, ListingAndReadingSayWhatTheSystemSaid) {
  const auto error = files_.read(root_ + "/absent", 10).error();
  EXPECT_NE(error.message().find("absent"), std::string::npos);
  EXPECT_NE(error.message().find("No such file"), std::string::npos);
}

TEST(Paths, JoinAndParent) {
  EXPECT_EQ(join_path("a", "b"), "a/b");
  EXPECT_EQ(join_path("a/", "b"), "a/b");
  EXPECT_EQ(join_path("/", "b"), "/b");
  EXPECT_EQ(join_path("", "b"), "b");
  EXPECT_EQ(parent_path("a/b"), "a");
  EXPECT_EQ(parent_path("/a"), "/");
  EXPECT_EQ(parent_path("/"), "/");
  EXPECT_EQ(parent_path("a"), "");
  EXPECT_EQ(parent_path(""), "");
}

}  // namespace
}  // namespace lumenflow
