// The workspace's keys as the command line keeps them: private, locked in production, never replaced under a journal.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pty.h>
#include <termios.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "cli/terminal.h"
#include "cli/testing/command_line.h"

namespace lumenflow::cli {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;

class Keys : public testing::Test {
 protected:
  Keys() { EXPECT_EQ(cli.run({"init", "--id", "ws-42"}).exit_code, 0); }
  std::string state(const std::string& name) const { return cli.root() + "/.lumenflow/state/" + name; }
  void configure(const std::string& text) const {
    std::ofstream(cli.root() + "/lumenflow.yaml", std::ios::trunc) << "id: ws-42\n" << text;
  }
  CommandLine cli;
};

TEST_F(Keys, AreOfNoUseWhileOthersCanReadThem) {
  for (const char* name : {"token.pem", "operator.pem", "log.seed", "redaction.key"}) {
    const std::string path = state("keys/" + std::string(name));
    fs::permissions(path, fs::perms(0644));
    for (const std::vector<std::string>& command :
         {std::vector<std::string>{"tools"}, {"token", "mint"}, {"up", "--listen", "127.0.0.1:0"}}) {
      const Said said = cli.run(command);
      EXPECT_EQ(said.exit_code, 2) << name << command.front();
      EXPECT_THAT(said.err, HasSubstr("chmod 600 " + path));
    }
    EXPECT_THAT(cli.run({"doctor"}).out, HasSubstr("chmod 600 " + path));
    fs::permissions(path, fs::perms(0600));
  }
  EXPECT_EQ(cli.run({"tools"}).exit_code, 0);
}

TEST_F(Keys, ProductionNeedsALockedOperatorKey) {
  configure("mode: production\n");
  const Said refused = cli.run({"token", "mint"});
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_THAT(refused.err, AllOf(HasSubstr("no passphrase"), HasSubstr("init --production --passphrase-file")));
  const std::string file = cli.write("passphrase", "open sesame\n");
  EXPECT_THAT(cli.run({"init", "--production", "--passphrase-file", file}).out, HasSubstr("operator.pem"));
  EXPECT_EQ(cli.run({"token", "mint"}).exit_code, 1) << "locked now";
  const Said minted = cli.run({"token", "mint", "--passphrase-file", file});
  EXPECT_EQ(minted.exit_code, 0) << minted.err;
}

TEST_F(Keys, ANewLogKeyIsNotMadeUnderAJournal) {
  ASSERT_EQ(cli.run({"call", "task:list"}).exit_code, 0);
  fs::rename(state("keys/log.seed"), state("log.seed.kept"));
  const Said said = cli.run({"init"});
  EXPECT_EQ(said.exit_code, 2);
  EXPECT_THAT(said.err, AllOf(HasSubstr("backup"), HasSubstr("aside")));
  EXPECT_FALSE(fs::exists(state("keys/log.seed")));
  fs::rename(state("log.seed.kept"), state("keys/log.seed"));
  EXPECT_EQ(cli.run({"audit", "verify"}).exit_code, 0) << "and with the key back it is as it was";
}

TEST_F(Keys, AMissingPublicHalfComesBackFromThePrivateOne) {
  const auto content = [](const std::string& path) {
    std::ifstream in(path);
    return std::string(std::istreambuf_iterator<char>(in), {});
  };
  const std::string pair = state("keys/token"), before = content(pair + ".pem"),
                    public_before = content(pair + ".pub.pem");
  fs::remove(pair + ".pub.pem");
  EXPECT_EQ(cli.run({"init"}).exit_code, 0);
  EXPECT_EQ(content(pair + ".pem"), before);
  EXPECT_EQ(content(pair + ".pub.pem"), public_before);
}

TEST_F(Keys, InitSaysWhenTheFolderIsAnotherWorkspace) {
  const Said other = cli.run({"init", "--id", "ws-43"});
  EXPECT_EQ(other.exit_code, 2);
  EXPECT_THAT(other.err, AllOf(HasSubstr("ws-42"), HasSubstr("ws-43")));
  EXPECT_EQ(cli.run({"init", "--id", "ws-42"}).exit_code, 0);
  const std::string file = cli.write("passphrase", "open sesame\n");
  const Said production = cli.run({"init", "--production", "--passphrase-file", file});
  EXPECT_EQ(production.exit_code, 2);
  EXPECT_THAT(production.err, HasSubstr("mode: production"));
}

TEST_F(Keys, AJournalKeepsItsWorkspacesId) {
  ASSERT_EQ(cli.run({"call", "task:list"}).exit_code, 0);
  std::ofstream(cli.root() + "/lumenflow.yaml", std::ios::trunc) << "id: ws-other\n";
  const Said said = cli.run({"tools"});
  EXPECT_EQ(said.exit_code, 2);
  EXPECT_THAT(said.err, AllOf(HasSubstr("ws-42"), HasSubstr("ws-other")));
  configure("");
  EXPECT_EQ(cli.run({"tools"}).exit_code, 0);
}

TEST_F(Keys, ATokenOfNothingIsNotOneOfEverything) {
  for (const char* flag : {"--scope", "--subject", "--audience", "--ttl"})
    for (const char* blank : {"", "  "}) {
      const Said said = cli.run({"token", "mint", flag, blank});
      EXPECT_EQ(said.exit_code, 2) << flag;
      EXPECT_THAT(said.err, HasSubstr(flag));
      EXPECT_EQ(said.out, "");
    }
  EXPECT_EQ(cli.run({"token", "revoke", "--jti", ""}).exit_code, 2);
}

TEST_F(Keys, WhatMintDoesNotTakeIsNamed) {
  const Said said = cli.run({"token", "mint", "--ttl", "400d"});
  EXPECT_EQ(said.exit_code, 1);
  EXPECT_THAT(said.err, AllOf(HasSubstr("/ttl_seconds"), HasSubstr("31536000")));
}

// A terminal, and somebody at it.
class Terminal : public testing::Test {
 protected:
  Terminal() { EXPECT_EQ(::openpty(&person, &program, nullptr, nullptr, nullptr), 0); }
  ~Terminal() override {
    ::close(person);
    ::close(program);
  }
  // Types once the question is there.
  Result<std::string> answer(const std::string& typed) {
    std::thread typist([this, &typed] {
      read_until("Passphrase: ");
      EXPECT_EQ(::write(person, typed.data(), typed.size()), static_cast<ssize_t>(typed.size()));
      read_until("\n");
    });
    Result<std::string> line = ask_secret(program, "Passphrase: ");
    typist.join();
    return line;
  }
  void read_until(const std::string& text) {
    const std::size_t from = shown.size();
    char c = 0;
    while (shown.find(text, from) == std::string::npos && ::read(person, &c, 1) == 1) shown += c;
  }
  std::string shown;  // what the person saw
  int person = -1, program = -1;
};

TEST_F(Terminal, WhatIsTypedIsNotShown) {
  EXPECT_EQ(*answer("open sesame\n"), "open sesame");
  EXPECT_EQ(*answer("opex\x7fn\n"), "open") << "a slip can be taken back";
  EXPECT_THAT(shown, testing::Not(HasSubstr("op")));
  termios after{};
  ASSERT_EQ(::tcgetattr(program, &after), 0);
  EXPECT_NE(after.c_lflag & ECHO, 0u) << "and the terminal is as it was";
}

TEST_F(Terminal, OneCanLeaveTheQuestion) {
  for (const char* key : {"\x03", "\x04"}) {
    const Result<std::string> left = answer(std::string("half") + key);
    ASSERT_FALSE(left.ok());
    EXPECT_EQ(left.error().code(), ErrorCode::kCancelled);
  }
}

TEST_F(Terminal, NobodyToAskIsSaid) { EXPECT_EQ(ask_secret(-1, "?").error().code(), ErrorCode::kIo); }

}  // namespace
}  // namespace lumenflow::cli
