// What the operator accepted counts, not what lies on the disk: another key, or another lumenflow.yaml, is refused in
// production until the operator's own key takes it up.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/files.h"
#include "base/signing.h"
#include "cli/testing/command_line.h"
#include "lumenflow/json.h"

namespace lumenflow::cli {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class OperatorsWord : public testing::Test {
 protected:
  std::string key(const std::string& name) const { return cli.root() + "/.lumenflow/state/keys/" + name; }
  std::string config() const { return *files.read(cli.root() + "/lumenflow.yaml", 1 << 20); }
  void configure(const std::string& text) const {
    std::ofstream(cli.root() + "/lumenflow.yaml", std::ios::trunc) << text;
  }
  void init_production() {
    EXPECT_EQ(cli.run({"init", "--id", "ws-42", "--production", "--passphrase-file", passphrase}).exit_code, 0);
    configure(config() +
              "scopes: {allowed: [{type: path, pattern: '.sidekick/**', access: write}, "
              "{type: path, pattern: '.sidekick/**', access: read}]}\n"
              "policies: [{id: tasks, trigger: on_tool_request, decision: allow, when: {tool: 'task:*'}}]\n");
    EXPECT_EQ(create().exit_code, 0) << create().err;
  }
  Said create() const { return cli.run({"call", "task:create", "--input", R"({"title":"a"})"}); }
  // Puts another key pair where the operator's was.
  void replace_key(const std::string& lock_with) {
    fs::rename(key("operator.pem"), old_key);
    fs::remove(key("operator.pub.pem"));
    const std::string file = cli.write("their passphrase", lock_with + "\n");
    EXPECT_EQ(cli.run({"init", "--passphrase-file", file}).exit_code, 0);
    thumbprint = *p256_thumbprint(*files.read(key("operator.pub.pem"), 1 << 20));
  }

  CommandLine cli;
  PosixFiles files;
  const std::string passphrase = cli.write("passphrase", "open sesame\n");
  const std::string old_key = cli.write("old.pem", "");
  std::string thumbprint;  // of the key that is there now
};

TEST_F(OperatorsWord, InProductionNothingRunsUnderAnotherKey) {
  init_production();
  const std::string pinned = *p256_thumbprint(*files.read(key("operator.pub.pem"), 1 << 20));
  EXPECT_THAT(cli.run({"doctor"}).out, HasSubstr(pinned));
  replace_key("theirs");
  const std::string theirs = cli.write("their passphrase", "theirs\n");
  const Said refused = create();
  EXPECT_EQ(refused.exit_code, 2) << refused.out;
  EXPECT_THAT(refused.err, AllOf(HasSubstr("INVALID_CONFIGURATION"), HasSubstr("operator key"), HasSubstr(pinned),
                                 HasSubstr("operator-key accept")));
  EXPECT_NE(cli.run({"token", "mint", "--passphrase-file", theirs}).exit_code, 0);
  const Said doctor = cli.run({"doctor"});
  EXPECT_EQ(doctor.exit_code, 1);
  EXPECT_THAT(doctor.out, AllOf(HasSubstr(pinned), HasSubstr(thumbprint)));
  EXPECT_EQ(cli.run({"audit", "verify"}).exit_code, 0);
  EXPECT_NE(cli.run({"operator-key", "repin", thumbprint}).exit_code, 0) << "not in production";
  EXPECT_NE(create().exit_code, 0);

  fs::copy_file(old_key, key("operator.pem"), fs::copy_options::overwrite_existing);  // put back
  fs::remove(key("operator.pub.pem"));
  EXPECT_EQ(cli.run({"init", "--passphrase-file", passphrase}).exit_code, 0);
  EXPECT_EQ(create().exit_code, 0);
}

TEST_F(OperatorsWord, TheOldKeyAcceptsANewOne) {
  init_production();
  replace_key("new one");
  const std::string mine = cli.write("new passphrase", "new one\n");
  EXPECT_NE(cli.run({"operator-key", "accept", thumbprint, "--old-key", old_key, "--passphrase-file", mine}).exit_code,
            0);
  EXPECT_NE(
      cli.run({"operator-key", "accept", "another", "--old-key", old_key, "--passphrase-file", passphrase}).exit_code,
      0);
  EXPECT_NE(cli.run({"operator-key", "accept", thumbprint, "--old-key", key("operator.pem"), "--passphrase-file", mine})
                .exit_code,
            0)
      << "the new key does not accept itself";
  EXPECT_NE(create().exit_code, 0);
  const Said accepted =
      cli.run({"operator-key", "accept", thumbprint, "--old-key", old_key, "--passphrase-file", passphrase});
  EXPECT_EQ(accepted.exit_code, 0) << accepted.err;
  EXPECT_EQ(create().exit_code, 0);
  EXPECT_EQ(cli.run({"token", "mint", "--passphrase-file", mine}).exit_code, 0);
  EXPECT_THAT(cli.run({"audit", "export"}).out, HasSubstr("workspace.operator_key_pinned"));
}

TEST_F(OperatorsWord, AThumbprintMayBeginWithADash) {
  EXPECT_EQ(cli.run({"init", "--id", "ws-42"}).exit_code, 0);
  const std::string dashed = "-" + std::string(42, 'x');
  EXPECT_THAT(cli.run({"operator-key", "repin", dashed, "--json"}).err,
              AllOf(HasSubstr("key"), Not(HasSubstr("--help"))));
  EXPECT_THAT(cli.run({"operator-key", "repin"}).err, HasSubstr("thumbprint is required"));
  EXPECT_THAT(cli.run({"operator-key", "repin", "one", "-two"}).err, HasSubstr("-two"));
}

TEST_F(OperatorsWord, InDevelopmentItIsSaidAndThePinnedKeyCounts) {
  EXPECT_EQ(cli.run({"init", "--id", "ws-42"}).exit_code, 0);
  EXPECT_EQ(cli.run({"token", "mint"}).exit_code, 0);
  fs::rename(key("operator.pem"), old_key);
  fs::remove(key("operator.pub.pem"));
  EXPECT_EQ(cli.run({"init"}).exit_code, 0);
  thumbprint = *p256_thumbprint(*files.read(key("operator.pub.pem"), 1 << 20));
  EXPECT_EQ(create().exit_code, 0) << "work goes on";
  EXPECT_NE(cli.run({"token", "mint"}).exit_code, 0) << "but not what needs the operator";
  const Said doctor = cli.run({"doctor"});
  EXPECT_THAT(doctor.out, AllOf(HasSubstr("warning"), HasSubstr(thumbprint), HasSubstr("operator-key")));
  EXPECT_NE(cli.run({"operator-key", "repin", "another"}).exit_code, 0);
  const Said pinned = cli.run({"operator-key", "repin", thumbprint});
  EXPECT_EQ(pinned.exit_code, 0) << pinned.err;
  EXPECT_EQ(cli.run({"token", "mint"}).exit_code, 0);
  EXPECT_THAT(cli.run({"audit", "export"}).out,
              AllOf(HasSubstr("workspace.operator_key_found"), HasSubstr("workspace.operator_key_pinned")));
}

TEST_F(OperatorsWord, InProductionAnEditedConfigurationWaitsForReload) {
  init_production();
  std::string edited = config();
  edited.replace(edited.find("mode: production"), 16, "mode: development");
  edited.replace(edited.find("\"*\": console"), 12, "\"*\": auto");
  configure(edited);
  for (int restart = 0; restart < 2; ++restart) {
    const Said refused = create();
    EXPECT_NE(refused.exit_code, 0) << refused.out;
    EXPECT_THAT(refused.err, HasSubstr("SPEC_TAMPERED"));
  }
  EXPECT_THAT(cli.run({"doctor"}).out, AllOf(HasSubstr("lumenflow reload"), HasSubstr("production")));
  EXPECT_EQ(cli.run({"audit", "list"}).exit_code, 0) << "reads go on";
  EXPECT_EQ(cli.run({"audit", "verify"}).exit_code, 0);
  EXPECT_NE(cli.run({"reload"}).exit_code, 0) << "without the passphrase";
  EXPECT_NE(create().exit_code, 0);
  const Said accepted = cli.run({"reload", "--passphrase-file", passphrase});
  EXPECT_EQ(accepted.exit_code, 0) << accepted.err;
  EXPECT_THAT(accepted.out, HasSubstr("lumenflow.yaml changed"));
  const Said done = create();
  EXPECT_EQ(done.exit_code, 0) << done.err;
  configure(config() + "name: other\n");  // development now
  EXPECT_EQ(create().exit_code, 0);
}

TEST_F(OperatorsWord, InProductionThePlacedBackFileCounts) {
  init_production();
  const std::string text = config();
  configure("id: [not a configuration\n");
  EXPECT_THAT(create().err, HasSubstr("SPEC_TAMPERED")) << "faults are for reload to say";
  configure(text);
  EXPECT_EQ(create().exit_code, 0);
}

TEST_F(OperatorsWord, InDevelopmentAnEditedConfigurationIsTakenUpAndSaid) {
  EXPECT_EQ(cli.run({"init", "--id", "ws-42"}).exit_code, 0);
  EXPECT_EQ(create().exit_code, 0);
  EXPECT_THAT(cli.run({"audit", "export"}).out, Not(HasSubstr("workspace_updated")));
  configure(config() + "name: other\n");
  EXPECT_EQ(create().exit_code, 0);
  EXPECT_THAT(cli.run({"audit", "export"}).out, HasSubstr("workspace_updated"));
}

}  // namespace
}  // namespace lumenflow::cli
