#include "sidecar/backup_schedule.h"

#include <gtest/gtest.h>

#include "sidecar/testing/sidecar_world.h"

namespace lumenflow::sidecar {
namespace {

using std::chrono::hours;

constexpr Timestamp kNoon{1'772'366'400'000};  // 2026-03-01T12:00:00Z

class BackupSchedule : public testing::Test {
 protected:
  BackupSchedule() {
    world.call("probe:echo");
    world.stop();
    settings.folder = ".lumenflow/backups";
    settings.keep = 2;
  }
  Result<BackupReport> make(Timestamp now, bool going = true) {
    return make_backup(files, paths, settings, WorkspaceId("ws-42"), now, [going] { return going; });
  }
  std::vector<std::string> names() {
    const auto there = list_backups(files, backup_folder(paths, settings), WorkspaceId("ws-42"));
    EXPECT_TRUE(there.ok());
    std::vector<std::string> out;
    for (const ScheduledBackup& backup : *there) out.push_back(backup.path.substr(backup.path.rfind('/') + 1));
    return out;
  }

  SidecarWorld world;
  PosixFiles disk;
  Files& files = disk;
  const WorkspacePaths paths{*files.real_path(world.root())};
  kernel::Backup settings;
};

TEST_F(BackupSchedule, KeepsAsManyAsItIsToldAndLeavesTheRestAlone) {
  ASSERT_TRUE(files.make_directories(backup_folder(paths, settings), 0700).ok());
  const std::string others = join_path(backup_folder(paths, settings), "lumenflow-other-20200101T000000Z.backup");
  ASSERT_TRUE(files.create(others, "kept").ok());
  for (int day = 0; day < 4; ++day) {
    const auto made = make(kNoon + hours(24 * day));
    ASSERT_TRUE(made.ok()) << made.error().to_string();
  }
  EXPECT_EQ(names(), (std::vector<std::string>{"lumenflow-ws-42-20260303T120000Z.backup",
                                               "lumenflow-ws-42-20260304T120000Z.backup"}));
  EXPECT_TRUE(*files.stat(others));
  EXPECT_EQ(*files.read(join_path(backup_folder(paths, settings), ".gitignore")), "*\n") << "keys are in it";
}

TEST_F(BackupSchedule, IsDueAnIntervalAfterTheLastOneWhateverWasMissed) {
  EXPECT_EQ(next_backup({}, settings), Timestamp()) << "at once";
  EXPECT_EQ(next_backup({{"a", kNoon}, {"b", kNoon + hours(1)}}, settings), kNoon + hours(25));
  ASSERT_TRUE(make(kNoon).ok());
  EXPECT_EQ(next_backup(*list_backups(files, backup_folder(paths, settings), WorkspaceId("ws-42")), settings),
            kNoon + hours(24));
}

TEST_F(BackupSchedule, WhatWasGivenUpLeavesNothingAndWhatWasKilledIsCleared) {
  EXPECT_EQ(make(kNoon, false).error().code(), ErrorCode::kToolCancelled);
  const std::string folder = backup_folder(paths, settings);
  EXPECT_EQ(*files.list(folder), std::vector<std::string>{".gitignore"});
  ASSERT_TRUE(files.create(join_path(folder, "lumenflow-ws-42-20260101T000000Z.backup.tmp"), "half").ok());
  EXPECT_TRUE(names().empty()) << "half a backup is none";
  ASSERT_TRUE(make(kNoon).ok());
  EXPECT_EQ(files.list(folder)->size(), 2u);
}

TEST_F(BackupSchedule, RefusesAFolderThatToolsCouldRead) {
  for (const char* folder : {"backups", ".", ".lumenflow", ".lumenflow/state/backups", ".lumenflow/../backups"}) {
    settings.folder = folder;
    EXPECT_EQ(make(kNoon).error().code(), ErrorCode::kInvalidConfiguration) << folder;
  }
}

}  // namespace
}  // namespace lumenflow::sidecar
