// Programs that a pack has run during a call: confined to what the call may reach, never through a shell.
//
// Values. The functions of a request are called on the thread that asked, while it waits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace lumenflow::pack {

enum class ProgramStream : std::uint8_t { kOutput, kErrors };

// Where a program may go of what the call may: a file, or a folder as `dir/**`, relative to the workspace.
struct ProgramPath {
  std::string pattern;
  bool write = false;
};

struct ProgramEnd {
  int exit_code = 0;           // of exit(), or 128 + signal
  int signal = 0;              // 0 when it exited by itself
  std::string limit;           // what ended it: time, output, memory, processes, cpu; empty: nothing did
  std::string output, errors;  // bytes as they came, at most output_bytes_max of each
  std::int64_t duration_ms = 0;
  std::string isolation;  // what held it
  bool succeeded() const { return exit_code == 0 && limit.empty(); }
};

struct ProgramRequest {
  std::vector<std::string> command;         // the program, by name or absolute path, and its arguments
  std::string directory;                    // relative to the workspace; empty: its root. Among what the program sees
  std::vector<std::string> environment;     // "NAME=value"; nothing is inherited
  std::vector<ProgramPath> paths;           // empty: all that the call may reach
  std::string input;                        // its stdin, which then ends
  std::int64_t timeout_ms = 0;              // 0: as long as the call may take
  std::size_t output_bytes_max = 1u << 20;  // of each stream; what writes more is ended by the limit `output`
  bool errors_with_output = false;          // `errors` stays empty, and both are in `output` as they came
  // Each line as it comes, without its end; the last may have had none. May be empty, like the others.
  std::function<void(ProgramStream, std::string_view line)> on_line = {};
  std::function<void()> on_start = {};
  std::function<void(const ProgramEnd&)> on_end = {};
};

}  // namespace lumenflow::pack
