// The pins of lumenflow.yaml, from the command line.
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "base/files.h"
#include "cli/testing/command_line.h"
#include "lumenflow/json.h"

namespace lumenflow::cli {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class PackCommands : public ::testing::Test {
 protected:
  PackCommands() {
    EXPECT_EQ(line.run({"init", "--id", "ws-42"}).exit_code, 0);
    write("packs/acme/manifest.yaml",
          "id: acme\nversion: 1.0.0\nruntime: {type: process, command: [./run]}\n"
          "tools: [{name: 'acme:read', required_scopes: [{type: path, pattern: 'a/**', access: read}]}]\n");
    write("packs/acme/run", "#!/bin/sh\n");
  }
  void write(const std::string& path, const std::string& text) const {
    fs::create_directories(fs::path(line.root() + "/" + path).parent_path());
    std::ofstream(line.root() + "/" + path, std::ios::binary) << text;
  }
  std::string config() const { return *PosixFiles().read(line.root() + "/lumenflow.yaml", 1 << 20); }
  std::string acme() const { return line.root() + "/packs/acme"; }
  json::Value list() const { return *json::parse(line.run({"pack", "list", "--format", "json"}).out); }

  const CommandLine line;
};

TEST_F(PackCommands, AddPinsTheContentAndKeepsTheRest) {
  const std::string before = config();
  const Said said = line.run({"pack", "add", acme()});
  ASSERT_EQ(said.exit_code, 0) << said.err;
  std::string hash = line.run({"pack", "hash", acme()}).out;
  hash.pop_back();
  EXPECT_THAT(hash, ::testing::MatchesRegex("sha256:[0-9a-f]+"));
  EXPECT_EQ(config(), before +
                          "packs:\n  - id: sidekick\n    source: builtin\n  - id: acme\n    source: local\n"
                          "    path: packs/acme\n    integrity: \"" +
                          hash + "\"\n");
  const json::Value pins = list();
  EXPECT_EQ(*pins.at_pointer("/1/id"), json::Value("acme"));
  EXPECT_EQ(*pins.at_pointer("/1/state"), json::Value("ok"));
  EXPECT_EQ(*pins.at_pointer("/1/integrity"), json::Value(hash));
  EXPECT_EQ(line.run({"reload", "--check"}).exit_code, 0);
}

TEST_F(PackCommands, APackThatChangedIsRefusedUntilItIsAddedAgain) {
  ASSERT_EQ(line.run({"pack", "add", acme()}).exit_code, 0);
  write("packs/acme/run", "#!/bin/sh\nevil\n");
  EXPECT_EQ(*list().at_pointer("/1/state"), json::Value("refused"));
  EXPECT_THAT(line.run({"reload", "--check"}).out, HasSubstr("LF1040"));
  EXPECT_EQ(line.run({"doctor"}).exit_code, 1);
  ASSERT_EQ(line.run({"pack", "add", acme()}).exit_code, 0);
  EXPECT_EQ(*list().at_pointer("/1/state"), json::Value("ok"));
  ASSERT_EQ(line.run({"pack", "add", acme(), "--integrity", "dev"}).exit_code, 0);
  EXPECT_THAT(config(), HasSubstr("integrity: dev"));
}

TEST_F(PackCommands, WhatWouldNotValidateLeavesTheFileAsItIs) {
  const std::string before = config();
  write("packs/bad/manifest.yaml", "id: bad\nversion: 1.0.0\nnope: 1\n");
  EXPECT_EQ(line.run({"pack", "add", line.root() + "/packs/bad"}).exit_code, 2);
  write("packs/screen/manifest.yaml", "id: screen\nversion: 1.0.0\nsurfaces_required: [mcp]\n");
  const Said refused = line.run({"pack", "add", line.root() + "/packs/screen"});
  EXPECT_NE(refused.exit_code, 0);
  EXPECT_THAT(refused.err, HasSubstr("LF1051"));
  const Said unknown = line.run({"pack", "add", "sidekik"});
  EXPECT_NE(unknown.exit_code, 0);
  EXPECT_THAT(unknown.err, HasSubstr("did you mean 'sidekick'?"));
  EXPECT_NE(line.run({"pack", "remove", "acme"}).exit_code, 0);
  EXPECT_EQ(config(), before);
}

TEST_F(PackCommands, RemoveAndAddABuiltin) {
  ASSERT_EQ(line.run({"pack", "remove", "sidekick"}).exit_code, 0);
  EXPECT_EQ(list(), json::Value(json::Array{}));
  ASSERT_EQ(line.run({"pack", "add", "sidekick"}).exit_code, 0);
  EXPECT_EQ(*list().at_pointer("/0/source"), json::Value("builtin"));
}

TEST_F(PackCommands, ValidateFindsAPinByItsId) {
  write("elsewhere/acme/manifest.yaml", "id: acme\nversion: 1.0.0\n");
  fs::remove_all(acme());
  ASSERT_EQ(line.run({"pack", "add", line.root() + "/elsewhere/acme"}).exit_code, 0);
  EXPECT_EQ(line.run({"pack", "validate", "--id", "acme"}).exit_code, 0);
}

TEST_F(PackCommands, CompatSaysWhatBreaks) {
  fs::copy(acme(), line.root() + "/packs/next", fs::copy_options::recursive);
  EXPECT_EQ(line.run({"pack", "compat", acme(), line.root() + "/packs/next"}).exit_code, 0);
  write("packs/next/manifest.yaml", "id: acme\nversion: 2.0.0\n");
  const Said said = line.run({"pack", "compat", acme(), line.root() + "/packs/next", "--format", "json"});
  EXPECT_EQ(said.exit_code, 1);
  EXPECT_EQ(*json::parse(said.out)->at_pointer("/0/subject"), json::Value("tool acme:read"));
  EXPECT_EQ(line.run({"pack", "compat", acme(), line.root() + "/nowhere"}).exit_code, 2);
}

TEST_F(PackCommands, ReloadWithoutASidecarJudges) {
  const Said said = line.run({"reload"});
  EXPECT_EQ(said.exit_code, 0) << said.err;
  EXPECT_THAT(said.out, HasSubstr("no sidecar runs"));
  write("lumenflow.yaml", "id: ws-42\nnope: 1\n");
  EXPECT_EQ(line.run({"reload"}).exit_code, 1);
}

}  // namespace
}  // namespace lumenflow::cli
