// Packs at commits of repositories that the test makes, over file://.
#include "pack/git_cache.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "base/files.h"
#include "pack/sources.h"

namespace lumenflow::pack {
namespace {

namespace fs = std::filesystem;

class GitCacheTest : public ::testing::Test {
 protected:
  GitCacheTest() {
    std::string pattern = (fs::temp_directory_path() / "lumenflow-git-XXXXXX").string();
    root_ = fs::canonical(::mkdtemp(pattern.data())).string();
    fs::create_directories(repository());
    git({"init", "--quiet", "--template="});
    write("pack/manifest.yaml", "id: acme\nversion: 1.0.0\n");
    write("pack/lines", "a\r\n$Id$\n");
    write(".gitattributes", "* text=auto eol=lf ident filter=evil\n");
    first_ = commit();
    write("pack/manifest.yaml", "id: acme\nversion: 2.0.0\n");
    second_ = commit();
  }
  ~GitCacheTest() override {
    for (const auto& entry : fs::recursive_directory_iterator(root_))
      if (!entry.is_symlink()) fs::permissions(entry, fs::perms::owner_all, fs::perm_options::add);
    fs::remove_all(root_);
  }

  std::string repository() const { return root_ + "/origin"; }
  std::string url() const { return "file://" + repository(); }
  void write(const std::string& path, const std::string& text) const {
    fs::create_directories(fs::path(repository() + "/" + path).parent_path());
    std::ofstream(repository() + "/" + path, std::ios::binary) << text;
  }
  std::string git(std::vector<std::string> arguments) const {
    ProcessOptions options;
    options.command = {"git", "-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "core.autocrlf=false"};
    options.command.insert(options.command.end(), arguments.begin(), arguments.end());
    options.environment = {"PATH=/usr/bin:/bin", "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null",
                           "HOME=" + root_};
    options.directory = repository();
    PosixProcesses processes;
    const auto process = processes.start(options);
    const auto line = (*process)->read_line(std::chrono::seconds(30));
    EXPECT_EQ((*process)->wait(std::chrono::seconds(30))->code, 0) << arguments.front();
    return line.ok() && *line ? **line : std::string();
  }
  std::string commit() const {
    fs::create_directories(repository() + "/.git/info");
    std::ofstream(repository() + "/.git/info/attributes") << "* -text -ident -filter\n";
    git({"add", "--all"});
    git({"commit", "--quiet", "--message", "one"});
    return git({"rev-parse", "HEAD"});
  }
  static std::string read(const std::string& path) {
    const auto text = PosixFiles().read(path, 1 << 20);
    return text.ok() ? *text : "missing";
  }

  std::string root_, first_, second_;
  PosixProcesses processes_;
};

TEST_F(GitCacheTest, ACommitIsWrittenByteForByte) {
  GitCache cache(processes_, root_ + "/cache");
  const Status done = cache.check_out(url(), first_, root_ + "/out", false);
  ASSERT_TRUE(done.ok()) << done.error().to_string();
  EXPECT_EQ(read(root_ + "/out/pack/manifest.yaml"), "id: acme\nversion: 1.0.0\n");
  EXPECT_EQ(read(root_ + "/out/pack/lines"), "a\r\n$Id$\n") << "whatever .gitattributes says";
}

TEST_F(GitCacheTest, WhatWasFetchedIsThereWithoutTheRepository) {
  GitCache cache(processes_, root_ + "/cache");
  EXPECT_EQ(cache.check_out(url(), second_, root_ + "/a", true).error().code(), ErrorCode::kNotFound);
  ASSERT_TRUE(cache.check_out(url(), second_, root_ + "/b", false).ok());
  fs::remove_all(repository());
  EXPECT_TRUE(cache.check_out(url(), second_, root_ + "/c", true).ok());
  EXPECT_EQ(read(root_ + "/c/pack/manifest.yaml"), "id: acme\nversion: 2.0.0\n");
  EXPECT_EQ(cache.check_out(url(), first_, root_ + "/d", false).error().code(), ErrorCode::kUnreachable);
}

TEST_F(GitCacheTest, RefusesWhatIsNoFullCommitAndOtherProtocols) {
  GitCache cache(processes_, root_ + "/cache");
  const std::vector<std::string> commits = {"HEAD", first_.substr(0, 12), "--upload-pack=touch", std::string(40, 'G')};
  for (const std::string& commit : commits)
    EXPECT_EQ(cache.check_out(url(), commit, root_ + "/x", false).error().code(), ErrorCode::kInvalidInput) << commit;
  for (const char* bad : {"ext::sh -c touch% x", "http://example.com/a.git", "git://example.com/a", "-oProxyCommand=x",
                          "ssh://-oProxyCommand=x/y", "https://user:password@example.com/a", "file:///a\nb", "/a/b"})
    EXPECT_EQ(cache.check_out(bad, first_, root_ + "/x", false).error().code(), ErrorCode::kInvalidInput) << bad;
  EXPECT_EQ(cache.check_out(url(), std::string(40, '0'), root_ + "/x", false).ok(), false);
}

TEST_F(GitCacheTest, HooksOfTheRepositoryDoNotRun) {
  fs::create_directories(repository() + "/.git/hooks");
  for (const char* hook : {"post-checkout", "pre-auto-gc", "reference-transaction"}) {
    const std::string path = repository() + "/.git/hooks/" + hook;
    std::ofstream(path) << "#!/bin/sh\ntouch " << root_ << "/hooked\n";
    ::chmod(path.c_str(), 0755);
  }
  GitCache cache(processes_, root_ + "/cache");
  ASSERT_TRUE(cache.check_out(url(), first_, root_ + "/out", false).ok());
  EXPECT_FALSE(fs::exists(root_ + "/hooked"));
}

TEST_F(GitCacheTest, APinOpensAFolderOfACommitAsACopy) {
  Snapshots snapshots(root_ + "/ws/.lumenflow/state/snapshots");
  const auto sources = make_running_sources(root_ + "/ws", snapshots);
  PinnedSource pin{"acme", "git", "pack", url(), first_, ""};
  const auto opened = sources->open(pin);
  ASSERT_TRUE(opened.ok()) << opened.error().to_string();
  EXPECT_EQ(read(opened->origin.folder + "/manifest.yaml"), "id: acme\nversion: 1.0.0\n");
  EXPECT_EQ(opened->origin.integrity, read_folder(opened->origin.folder)->integrity);
  pin.integrity = opened->origin.integrity;
  EXPECT_TRUE(sources->open(pin).ok());
  pin.commit = second_;
  EXPECT_EQ(sources->open(pin).error().code(), ErrorCode::kConflict);
  pin.path = "..";
  EXPECT_EQ(sources->open(pin).error().code(), ErrorCode::kInvalidInput);
  const auto judging = make_judging_sources(root_ + "/ws");
  const auto judged = judging->open({"acme", "git", "pack", url(), first_, ""});
  ASSERT_TRUE(judged.ok()) << "what is here is judged without a fetch";
  EXPECT_EQ(judged->origin.integrity, opened->origin.integrity);
}

}  // namespace
}  // namespace lumenflow::pack
