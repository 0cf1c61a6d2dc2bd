// What every command is given: the ports, the terminal and what was said before the command's name.
//
// Made by main, borrowed by the command that runs. One thread.
#pragma once

#include <chrono>
#include <iosfwd>
#include <string>
#include <vector>

#include "base/files.h"
#include "base/random.h"
#include "base/time.h"
#include "lumenflow/pack.h"
#include "lumenflow/result.h"

namespace lumenflow::cli {

struct Context {
  Files& files;
  const Clock& clock;
  Random& random;
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
  bool out_is_terminal = false;
  bool colour = false;    // a terminal, and no NO_COLOR
  std::string program;    // the path of this executable
  std::string workspace;  // --workspace, else LUMENFLOW_WORKSPACE; empty: look upwards from here
  std::vector<const pack::BuiltinPack*> builtin_packs;
  std::chrono::milliseconds patience{10'000};  // with whoever holds the workspace, and with a sidecar that is silent
  int terminal = -1;                           // where a person can be asked; -1: nobody is there
};

// The root of the workspace that the command is about. INVALID_CONFIGURATION with what to do.
Result<std::string> workspace_root(const Context& context);

// What a flag that takes JSON, @FILE or - for stdin says.
Result<std::string> read_input(const Context& context, const std::string& input);

// Prints "lumenflow: <message>" to err and returns the exit code of the error's code.
int fail(const Context& context, const Error& error);
// The same for what a flag or a file that it names says: always the exit code of wrong usage.
int fail_usage(const Context& context, const Error& error);
inline constexpr int kExitUsage = 2;

}  // namespace lumenflow::cli
