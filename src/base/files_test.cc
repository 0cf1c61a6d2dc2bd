// The contract suite of the port Files, over every adapter.
#include "base/files.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <functional>

#include "base/testing/files_above.h"

namespace lumenflow {
namespace {

struct Adapter {
  const char* name;
  std::function<std::unique_ptr<Files>()> make;
  bool on_disk;
};

class FilesContract : public testing::TestWithParam<Adapter> {
 protected:
  void SetUp() override {
    files_ = GetParam().make();
    if (GetParam().on_disk) {
      std::string pattern = testing::TempDir() + "/lumenflow-files-XXXXXX";
      root_ = ::mkdtemp(pattern.data());
    } else {
      root_ = "/root-of-test";
      ASSERT_TRUE(files_->make_directories(root_).ok());
    }
  }
  void TearDown() override {
    if (GetParam().on_disk) std::filesystem::remove_all(root_);
  }
  std::string at(std::string_view name) const { return join_path(root_, name); }
  void put(std::string_view name, std::string_view content) {
    ASSERT_TRUE(files_->write_atomic(at(name), content).ok()) << name;
  }
  std::string get(std::string_view name) const {
    const Result<std::string> content = files_->read(at(name));
    return content.ok() ? *content : content.error().to_string();
  }
  static ErrorCode code_of(const auto& result) { return result.ok() ? ErrorCode::kInternal : result.error().code(); }

  std::unique_ptr<Files> files_;
  std::string root_;
};

TEST_P(FilesContract, WritesAndReadsAnyBytes) {
  const std::string content("a\0b\n\xff", 5);
  put("x", content);
  EXPECT_EQ(get("x"), content);
  put("x", "");
  EXPECT_EQ(get("x"), "");
}

TEST_P(FilesContract, ReadingNamesWhatIsWrong) {
  EXPECT_EQ(code_of(files_->read(at("absent"))), ErrorCode::kNotFound);
  EXPECT_EQ(code_of(files_->read(at("no/folder"))), ErrorCode::kNotFound);
  EXPECT_EQ(code_of(files_->read(root_)), ErrorCode::kIo) << "a folder";
  put("x", "12345");
  EXPECT_TRUE(files_->read(at("x"), 5).ok());
  EXPECT_EQ(code_of(files_->read(at("x"), 4)), ErrorCode::kBodyTooLarge);
}

TEST_P(FilesContract, WriteAtomicReplacesAndLeavesNothingBehind) {
  put("x", "old");
  put("x", "new");
  EXPECT_EQ(get("x"), "new");
  EXPECT_EQ(*files_->list(root_), std::vector<std::string>{"x"});
}

TEST_P(FilesContract, WriteAtomicFailsWithoutATrace) {
  EXPECT_EQ(code_of(files_->write_atomic(at("no/x"), "a")), ErrorCode::kNotFound);
  ASSERT_TRUE(files_->make_directories(at("folder")).ok());
  EXPECT_EQ(code_of(files_->write_atomic(at("folder"), "a")), ErrorCode::kIo);
  put("file", "");
  EXPECT_EQ(code_of(files_->write_atomic(at("file/x"), "a")), ErrorCode::kNotFound) << "a file is no folder";
  EXPECT_EQ(*files_->list(root_), (std::vector<std::string>{"file", "folder"}));
}

TEST_P(FilesContract, CreateRefusesWhatExists) {
  ASSERT_TRUE(files_->create(at("x"), "first").ok());
  EXPECT_EQ(code_of(files_->create(at("x"), "second")), ErrorCode::kAlreadyExists);
  EXPECT_EQ(get("x"), "first");
  EXPECT_EQ(code_of(files_->create(at("no/x"), "")), ErrorCode::kNotFound);
}

TEST_P(FilesContract, MakesFoldersWithTheirParentsAndTwice) {
  ASSERT_TRUE(files_->make_directories(at("a/b/c")).ok());
  ASSERT_TRUE(files_->make_directories(at("a/b/c")).ok());
  EXPECT_TRUE((*files_->stat(at("a/b")))->directory);
  put("a/b/c/x", "1");
  put("file", "");
  EXPECT_EQ(code_of(files_->make_directories(at("file"))), ErrorCode::kIo);
  EXPECT_EQ(code_of(files_->make_directories(at("file/sub/deep"))), ErrorCode::kIo);
  EXPECT_EQ(get("file"), "");
}

TEST_P(FilesContract, ListsNamesInByteOrder) {
  ASSERT_TRUE(files_->make_directories(at("b/inner")).ok());
  for (const char* name : {"b.txt", "a", "Z", "é", "b-c", "b/x"}) put(name, "");
  EXPECT_EQ(*files_->list(root_), (std::vector<std::string>{"Z", "a", "b", "b-c", "b.txt", "é"}));
  EXPECT_EQ(*files_->list(at("b/inner")), std::vector<std::string>{});
  EXPECT_EQ(code_of(files_->list(at("absent"))), ErrorCode::kNotFound);
  EXPECT_EQ(code_of(files_->list(at("a"))), ErrorCode::kNotFound) << "a file has no names";
}

TEST_P(FilesContract, RemovesFilesAndNotFolders) {
  put("x", "");
  EXPECT_TRUE(files_->remove(at("x")).ok());
  EXPECT_EQ(code_of(files_->read(at("x"))), ErrorCode::kNotFound);
  EXPECT_TRUE(files_->remove(at("x")).ok()) << "absent is fine";
  EXPECT_TRUE(files_->remove(at("no/x")).ok());
  ASSERT_TRUE(files_->make_directories(at("folder")).ok());
  EXPECT_EQ(code_of(files_->remove(at("folder"))), ErrorCode::kIo);
  EXPECT_TRUE((*files_->stat(at("folder"))).has_value());
}

TEST_P(FilesContract, StatTellsKindSizeModeAndChange) {
  EXPECT_FALSE((*files_->stat(at("absent"))).has_value());
  EXPECT_FALSE((*files_->stat(at("absent/deeper"))).has_value());
  ASSERT_TRUE(files_->write_atomic(at("key"), "12345", 0600).ok());
  const FileInfo info = **files_->stat(at("key"));
  EXPECT_FALSE(info.directory);
  EXPECT_FALSE(info.symlink);
  EXPECT_EQ(info.size_bytes, 5u);
  EXPECT_EQ(info.mode, 0600u);
  EXPECT_TRUE((*files_->stat(root_))->directory);
  EXPECT_TRUE((*files_->stat("/"))->directory);
}

TEST_P(FilesContract, OneHolderOfALockAtATime) {
  Result<std::unique_ptr<FileLock>> first = files_->lock(at("lock"));
  ASSERT_TRUE(first.ok());
  EXPECT_TRUE((*files_->stat(at("lock"))).has_value());
  EXPECT_EQ(code_of(files_->lock(at("lock"))), ErrorCode::kWorkspaceLocked);
  EXPECT_TRUE(files_->lock(at("other")).ok());
  first->reset();
  EXPECT_TRUE(files_->lock(at("lock")).ok());
  EXPECT_EQ(code_of(files_->lock(at("no/lock"))), ErrorCode::kNotFound);
}

TEST_P(FilesContract, RealPathIsForWhatExists) {
  put("x", "");
  EXPECT_TRUE(files_->real_path(at("x")).ok());
  EXPECT_EQ(code_of(files_->real_path(at("absent"))), ErrorCode::kNotFound);
}

TEST_P(FilesContract, ResolveInsideKeepsToTheRoot) {
  ASSERT_TRUE(files_->make_directories(at("docs")).ok());
  put("docs/a.md", "");
  const std::string root = *files_->real_path(root_);
  EXPECT_EQ(*resolve_inside(*files_, root_, "docs/a.md"), root + "/docs/a.md");
  EXPECT_EQ(*resolve_inside(*files_, root_, "docs/new/deep.md"), root + "/docs/new/deep.md");
  EXPECT_EQ(*resolve_inside(*files_, root_, "..."), root + "/...");
  EXPECT_EQ(*resolve_inside(*files_, root_, "a..b/..c"), root + "/a..b/..c");
  using namespace std::string_view_literals;
  for (const std::string_view bad : {""sv, "/etc/passwd"sv, ".."sv, "../x"sv, "docs/../../x"sv, "docs/.."sv,
                                     "docs/../docs/a.md"sv, "a\0b"sv, "docs/a.md\0/../../x"sv, "//x"sv})
    EXPECT_EQ(code_of(resolve_inside(*files_, root_, bad)), ErrorCode::kInvalidInput) << bad;
  EXPECT_EQ(code_of(resolve_inside(*files_, at("absent"), "x")), ErrorCode::kNotFound) << "no such root";
}

// A disk on which a neighbour removes a file at the worst moment: after it was seen, before its real path is asked for.
class RemovedWhileAsked final : public FilesAbove {
 public:
  Result<std::optional<FileInfo>> stat(const std::string& path) const override {
    if (path != "/w/journal-shm" || removed_) return FilesAbove::stat(path);
    return std::optional<FileInfo>(FileInfo{});
  }
  Result<std::string> real_path(const std::string& path) const override {
    removed_ = removed_ || path == "/w/journal-shm";
    return FilesAbove::real_path(path);
  }

 private:
  mutable bool removed_ = false;
};

TEST(ResolveInside, WhatANeighbourRemovesMeanwhileIsNoSymlinkToNowhere) {
  RemovedWhileAsked files;
  ASSERT_TRUE(files.make_directories("/w", 0755).ok());
  const Result<std::string> path = resolve_inside(files, "/w", "journal-shm");
  ASSERT_TRUE(path.ok()) << path.error().message();
  EXPECT_EQ(*path, "/w/journal-shm");
}

INSTANTIATE_TEST_SUITE_P(All, FilesContract,
                         testing::Values(Adapter{"posix", [] { return std::make_unique<PosixFiles>(); }, true},
                                         Adapter{"memory", [] { return make_memory_files(); }, false}),
                         [](const auto& param) { return param.param.name; });

}  // namespace
}  // namespace lumenflow
