// What the program asks of processes: start one, wait for it, and end it with everything it started.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lumenflow/result.h"

namespace lumenflow {

// A child gets an empty stdin, its parent's stderr unless told otherwise, and no other open file.
struct ProcessOptions {
  std::vector<std::string> command;        // the program and its arguments; never a shell
  std::vector<std::string> environment;    // "NAME=value"; nothing is inherited
  std::string directory;                   // empty: the parent's
  bool capture_output = true;              // stdout is read; else it goes where the parent's goes
  bool errors_with_output = false;         // stderr goes where stdout goes
  std::size_t line_bytes_max = 16u << 20;  // of one line of stdout
};

struct ProcessExit {
  int code = 0;    // of exit(), or 128 + signal
  int signal = 0;  // 0 when it exited by itself
};

// A running child in a process group of its own. Not thread safe. The destructor kills what is left of the group, also
// when the child itself has ended, and reaps: until then the child's pid names nobody else.
class Process {
 public:
  virtual ~Process() = default;
  virtual int pid() const = 0;
  // The next line of stdout without its newline; nothing at end of file. Waits at most `timeout`: REQUEST_TIMEOUT.
  // OUTPUT_TOO_LARGE when the line is over its limit; it stays so.
  virtual Result<std::optional<std::string>> read_line(std::chrono::milliseconds timeout) = 0;
  // REQUEST_TIMEOUT when it still runs.
  virtual Result<ProcessExit> wait(std::chrono::milliseconds timeout) = 0;
  virtual void signal_group(int signal) = 0;
};

class Processes {
 public:
  virtual ~Processes() = default;
  virtual Result<std::unique_ptr<Process>> start(const ProcessOptions& options) = 0;
};

class PosixProcesses final : public Processes {
 public:
  Result<std::unique_ptr<Process>> start(const ProcessOptions& options) override;
};

}  // namespace lumenflow
