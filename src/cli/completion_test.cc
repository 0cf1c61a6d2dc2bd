// The completion scripts in the shells they are for; a shell that is not there is skipped.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "base/process.h"
#include "cli/testing/command_line.h"

namespace lumenflow::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr std::chrono::milliseconds kPatience{20'000};

struct Shell {
  int exit_code = -1;
  std::string out;  // with what went to stderr
};

Shell run_shell(const std::string& shell, const std::string& script) {
  ProcessOptions options;
  options.command = {shell, "-c", "exec 2>&1\n" + script};
  options.environment = {"PATH=/usr/bin:/bin", "HOME=/nonexistent"};
  auto process = PosixProcesses().start(options);
  Shell result;
  if (!process.ok()) return result;
  for (;;) {
    const auto line = (*process)->read_line(kPatience);
    if (!line.ok() || !*line) break;
    result.out += **line + "\n";
  }
  if (const auto exit = (*process)->wait(kPatience); exit.ok()) result.exit_code = exit->code;
  return result;
}

class Completion : public testing::Test {
 protected:
  std::string script(const std::string& shell) {
    const Said said = cli.run_bare({"completion", shell});
    EXPECT_EQ(said.exit_code, 0);
    EXPECT_EQ(said.err, "");
    return cli.write("completion." + shell, said.out);
  }
  // What bash offers for these words, the last of which is being written.
  std::string offered(const std::string& words) {
    const Shell shell = run_shell("/bin/bash", "set -eu\nsource '" + script("bash") + "'\nCOMP_WORDS=(" + words +
                                                   ")\nCOMP_CWORD=$((${#COMP_WORDS[@]} - 1))\n_lumenflow\n"
                                                   "printf '%s ' \"${COMPREPLY[@]:-}\"\n");
    EXPECT_EQ(shell.exit_code, 0) << shell.out;
    return shell.out;
  }
  CommandLine cli;
};

TEST_F(Completion, BashOffersCommandsAndTheirFlags) {
  EXPECT_THAT(offered("lumenflow to"), AllOf(HasSubstr("tools "), HasSubstr("token "), Not(HasSubstr("call"))));
  EXPECT_THAT(offered("lumenflow audit ''"), AllOf(HasSubstr("verify "), HasSubstr("prove ")));
  EXPECT_THAT(offered("lumenflow token mint --s"), AllOf(HasSubstr("--scope "), HasSubstr("--subject ")));
  EXPECT_THAT(offered("lumenflow --workspace /x to"), HasSubstr("tools ")) << "a flag's value is no command";
}

TEST_F(Completion, ZshTakesTheScript) {
  if (!std::filesystem::exists("/usr/bin/zsh")) GTEST_SKIP() << "no zsh here";
  const Shell shell =
      run_shell("/usr/bin/zsh", "autoload -U compinit && compinit -D -u; source '" + script("zsh") + "'");
  EXPECT_EQ(shell.exit_code, 0) << shell.out;
}

TEST_F(Completion, FishTakesTheScript) {
  if (!std::filesystem::exists("/usr/bin/fish")) GTEST_SKIP() << "no fish here";
  const Shell shell = run_shell("/usr/bin/fish", "source '" + script("fish") + "'; complete -C 'lumenflow to'");
  EXPECT_EQ(shell.exit_code, 0) << shell.out;
  EXPECT_THAT(shell.out, HasSubstr("token"));
}

// Whatever a description says, it stays inside its quotes.
TEST_F(Completion, FishDescriptionsAreQuoted) {
  const std::string text = cli.run_bare({"completion", "fish"}).out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    const std::string line = text.substr(at, end - at);
    at = end + 1;
    int quotes = 0;
    for (std::size_t i = 0; i < line.size(); ++i)
      if (line[i] == '\'' && (i == 0 || line[i - 1] != '\\')) ++quotes;
    EXPECT_EQ(quotes % 2, 0) << line;
  }
}

}  // namespace
}  // namespace lumenflow::cli
