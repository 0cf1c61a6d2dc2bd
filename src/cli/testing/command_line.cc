#include "cli/testing/command_line.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "agent-runtime/registration.h"
#include "base/files.h"
#include "base/random.h"
#include "base/time.h"
#include "cli/arguments.h"
#include "cli/context.h"
#include "sidekick/registration.h"

namespace lumenflow::cli {

CommandLine::CommandLine() {
  std::string pattern = (std::filesystem::temp_directory_path() / "lumenflow-cli-test-XXXXXX").string();
  EXPECT_NE(::mkdtemp(pattern.data()), nullptr);
  root_ = std::filesystem::canonical(pattern).string();
  aside_ = root_ + "-aside";
  std::filesystem::create_directory(aside_);
  std::filesystem::permissions(aside_, std::filesystem::perms::owner_all);
  ::setenv("XDG_RUNTIME_DIR", aside_.c_str(), 1);
}

CommandLine::~CommandLine() {
  std::error_code ignored;
  std::filesystem::remove_all(root_, ignored);
  std::filesystem::remove_all(aside_, ignored);
}

Said CommandLine::run(std::vector<std::string> arguments, const std::string& in) const {
  arguments.insert(arguments.begin(), {"--workspace", root_});
  return run_bare(std::move(arguments), in);
}

Said CommandLine::run_bare(std::vector<std::string> arguments, const std::string& in) const {
  PosixFiles files;
  const SystemClock clock;
  SystemRandom random;
  std::istringstream input(in);
  std::ostringstream out, err;
  Context context{files,
                  clock,
                  random,
                  input,
                  out,
                  err,
                  false,
                  false,
                  LUMENFLOW_PROGRAM,
                  {},
                  {&sidekick_pack(), &agent_runtime_pack()}};
  context.patience = patience;
  arguments.insert(arguments.begin(), "lumenflow");
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  Said said;
  said.exit_code = run_command_line(context, static_cast<int>(argv.size()), argv.data());
  said.out = out.str();
  said.err = err.str();
  return said;
}

std::string CommandLine::write(const std::string& name, const std::string& content) const {
  const std::string path = join_path(aside_, name);
  std::ofstream(path, std::ios::binary) << content;
  return path;
}

}  // namespace lumenflow::cli
