// The composition root: makes the adapters, passes them down, and runs the command that was asked for.
#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <iostream>

#include "agent-runtime/registration.h"
#include "base/files.h"
#include "base/logging.h"
#include "base/private_memory.h"
#include "base/random.h"
#include "base/time.h"
#include "cli/arguments.h"
#include "cli/context.h"
#include "sidekick/registration.h"
#include "software-delivery/registration.h"

int main(int argc, char** argv) {
  using namespace lumenflow;
  std::signal(SIGPIPE, SIG_IGN);  // a closed pipe or socket is an error of that write, not the end of the process
  never_dump_core();              // of keys and tokens, by any command
  const char* log_level = std::getenv("LUMENFLOW_LOG");
  configure_logging(parse_log_level(log_level == nullptr ? "info" : log_level).value_or(LogLevel::kInfo),
                    LogFormat::kText);

  PosixFiles files;
  const SystemClock clock;
  SystemRandom random;
  cli::Context context{files, clock, random, std::cin, std::cout, std::cerr, false, false, {}, {}, {}};
  context.out_is_terminal = ::isatty(STDOUT_FILENO) == 1;
  context.terminal = ::isatty(STDIN_FILENO) == 1 ? ::open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY) : -1;
  context.colour = context.out_is_terminal && std::getenv("NO_COLOR") == nullptr;
  const Result<std::string> program = files.real_path("/proc/self/exe");
  context.program = program.ok() ? *program : argv[0];
  if (const char* workspace = std::getenv("LUMENFLOW_WORKSPACE"); workspace != nullptr) context.workspace = workspace;
  context.builtin_packs = {&sidekick_pack(), &agent_runtime_pack(), &software_delivery_pack()};
  const int exit_code = cli::run_command_line(context, argc, argv);
  if (std::cout.flush()) return exit_code;
  std::cerr << "lumenflow: not all of the output could be written\n";
  return exit_code == 0 ? 1 : exit_code;
}
