// The lock of a folder, while somebody else holds it.
#include "sidekick/storage/posix_disk.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <unistd.h>

#include <filesystem>
#include <utility>

namespace lumenflow::sidekick {
namespace {

class FolderLocks : public ::testing::Test {
 protected:
  FolderLocks() {
    std::string pattern = (std::filesystem::temp_directory_path() / "lumenflow-lock-XXXXXX").string();
    root_ = ::mkdtemp(pattern.data());
    std::filesystem::create_directory(root_ + "/store");
    held_ = ::open((root_ + "/store").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    EXPECT_EQ(::flock(held_, LOCK_EX | LOCK_NB), 0);
  }
  ~FolderLocks() override {
    let_go();
    std::filesystem::remove_all(root_);
  }
  void let_go() {
    if (held_ >= 0) ::close(std::exchange(held_, -1));
  }

  // What comes of asking for it; `pause` is called instead of each pause.
  Result<std::unique_ptr<FolderLock>> lock(std::size_t pauses, std::function<void()> pause) {
    disk_ = *open_posix_disk(root_, {pauses, std::move(pause)});
    return disk_->lock_folder("store");
  }

  std::string root_;
  int held_ = -1;  // another description of the folder, as another process has one
  std::unique_ptr<Disk> disk_;
};

TEST_F(FolderLocks, AreWaitedForUntilTheyAreLetGo) {
  int paused = 0;
  const auto mine = lock(5, [&] {
    if (++paused == 3) let_go();
  });
  ASSERT_TRUE(mine.ok()) << mine.error().message();
  EXPECT_EQ(paused, 3);
  const int other = ::open((root_ + "/store").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  EXPECT_NE(::flock(other, LOCK_EX | LOCK_NB), 0) << "it is held now";
  ::close(other);
}

TEST_F(FolderLocks, ThatAreHeldOnAreRefusedInTheEnd) {
  int paused = 0;
  const auto refused = lock(5, [&paused] { ++paused; });
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code(), ErrorCode::kWorkspaceLocked);
  EXPECT_THAT(refused.error().message(), ::testing::HasSubstr("another process holds store"));
  EXPECT_EQ(paused, 5);
  let_go();
  EXPECT_TRUE(disk_->lock_folder("store").ok()) << "and may be asked for again";
}

TEST_F(FolderLocks, OfOnesOwnAreLocksLikeOthers) {
  let_go();
  const auto mine = lock(0, nullptr);
  ASSERT_TRUE(mine.ok());
  EXPECT_EQ(disk_->lock_folder("store").error().code(), ErrorCode::kWorkspaceLocked);
}

}  // namespace
}  // namespace lumenflow::sidekick
