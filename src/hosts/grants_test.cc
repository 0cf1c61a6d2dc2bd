#include "hosts/grants.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

namespace lumenflow::hosts {
namespace {

namespace fs = std::filesystem;
using pack::Access;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

pack::Scope path(const char* pattern, const char* access) {
  return *pack::parse_scope(json::Object{{"type", "path"}, {"pattern", pattern}, {"access", access}});
}

class GrantsTest : public ::testing::Test {
 protected:
  GrantsTest() {
    std::string name = (fs::temp_directory_path() / "grants-XXXXXX").native();
    EXPECT_NE(::mkdtemp(name.data()), nullptr);
    root_ = fs::canonical(name);
  }
  ~GrantsTest() override { fs::remove_all(root_); }

  void file(const std::string& name) {
    fs::create_directories((root_ / name).parent_path());
    std::ofstream(root_ / name) << "x";
  }
  Result<Grants> granted(const pack::Scope& tool, const pack::Scope& workspace, std::size_t files_max = 100) {
    return grant(root_.native(), pack::enforce_scopes({tool}, {{"workspace", {workspace}}}), files_max);
  }
  // "r data/a" relative to the root, or the error.
  std::vector<std::string> shown(const Result<Grants>& grants) {
    if (!grants.ok()) return {grants.error().to_string()};
    std::vector<std::string> out;
    for (const sandbox::PathGrant& each : grants->paths)
      out.push_back((each.write ? "w " : "r ") +
                    (each.path == root_.native() ? "." : each.path.substr(root_.native().size() + 1)));
    return out;
  }

  fs::path root_;
};

TEST_F(GrantsTest, FoldersAreFoldersAndFilesAreFiles) {
  file("data/a.txt");
  EXPECT_THAT(shown(granted(path("data/**", "read"), path("**", "read"))), ElementsAre("r data"));
  EXPECT_THAT(shown(granted(path("data/a.txt", "read"), path("**", "read"))), ElementsAre("r data/a.txt"));
  EXPECT_THAT(shown(granted(path("data", "read"), path("**", "read"))),
              IsEmpty());  // a file's name, and a folder there
  EXPECT_THAT(shown(granted(path("data/a.txt/**", "read"), path("**", "read"))), IsEmpty());
  EXPECT_THAT(shown(granted(path("none/**", "read"), path("**", "read"))), IsEmpty());
}

TEST_F(GrantsTest, WhatIsWrittenIsThereFirst) {
  EXPECT_THAT(shown(granted(path("out/**", "write"), path("**", "write"))),
              ElementsAre("w out"));  // the launcher makes it
  EXPECT_THAT(shown(granted(path("deep/er/report.txt", "write"), path("**", "write"))),
              ElementsAre("w deep/er/report.txt"));
  EXPECT_TRUE(fs::is_regular_file(root_ / "deep/er/report.txt"));
  EXPECT_THAT(shown(granted(path("deep/er", "write"), path("**", "write"))), ElementsAre(HasSubstr("it is a folder")));
}

TEST_F(GrantsTest, NoLinkIsFollowed) {
  file("secret/key");
  fs::create_directory(root_ / "data");
  fs::create_directory_symlink(root_ / "secret", root_ / "data/link");
  fs::create_symlink(root_ / "secret/key", root_ / "data/file");
  for (const char* access : {"read", "write"}) {
    EXPECT_THAT(shown(granted(path("data/link/**", access), path("**", access))),
                ElementsAre(HasSubstr("SCOPE_DENIED")));
    EXPECT_THAT(shown(granted(path("data/link/key", access), path("**", access))),
                ElementsAre(HasSubstr("through a symbolic link")));
    EXPECT_THAT(shown(granted(path("data/file", access), path("**", access))), ElementsAre(HasSubstr("SCOPE_DENIED")));
  }
  EXPECT_THAT(shown(granted(path("data/**/key", "read"), path("**", "read"))), IsEmpty());
}

TEST_F(GrantsTest, GlobsBecomeTheFilesThatMatchNow) {
  for (const char* name : {"src/a.ts", "src/b.js", "src/deep/c.ts", "docs/d.ts", ".lumenflow/e.ts"}) file(name);
  EXPECT_THAT(shown(granted(path("src/**/*.ts", "read"), path("**", "read"))),
              ElementsAre("r src/a.ts", "r src/deep/c.ts"));
  EXPECT_THAT(shown(granted(path("**/*.ts", "read"), path("**", "read"))),
              ElementsAre("r docs/d.ts", "r src/a.ts", "r src/deep/c.ts"));
  EXPECT_THAT(shown(granted(path("src/**", "read"), path("**/*.js", "read"))), ElementsAre("r src/b.js"));
  EXPECT_THAT(shown(granted(path("**/*.ts", "read"), path("**", "read"), 2)),
              ElementsAre(HasSubstr("too many files for it; at most 2")));
  EXPECT_THAT(shown(granted(path("src/**", "write"), path("**/*.ts", "write"))),
              ElementsAre(HasSubstr("neither one file nor 'dir/**'")));
}

TEST_F(GrantsTest, KernelStateIsHiddenHoweverItIsWritten) {
  file(".lumenflow/state/journal.db");
  file(".LumenFlow/other");
  const Result<Grants> grants = granted(path("**", "read"), path("**", "read"));
  ASSERT_TRUE(grants.ok());
  EXPECT_THAT(shown(grants), ElementsAre("r ."));
  EXPECT_THAT(grants->hidden, ElementsAre((root_ / ".LumenFlow").native(), (root_ / ".lumenflow").native()));
}

TEST_F(GrantsTest, KeysAreEqualForEqualGrantsOnly) {
  file("data/a.txt");
  file("src/a.ts");
  const auto key = [&](const pack::Scope& scope) { return granted(scope, path("**", "read"))->key(); };
  EXPECT_EQ(key(path("data/**", "read")), key(path("{data,none}/**", "read")));
  EXPECT_NE(key(path("data/**", "read")), key(path("data/a.txt", "read")));
  const std::string before = key(path("src/*.ts", "read"));
  file("src/b.ts");
  EXPECT_NE(key(path("src/*.ts", "read")), before);
}

}  // namespace
}  // namespace lumenflow::hosts
