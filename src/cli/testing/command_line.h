// The whole command line in this process, on a scratch folder: what was said, and the exit code. Tests only.
#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace lumenflow::cli {

// What an exit code says (docs: the reference of the command line).
inline constexpr int kOk = 0, kRefused = 1, kUsage = 2, kUnreachable = 3;

struct Said {
  int exit_code = -1;
  std::string out;
  std::string err;
};

class CommandLine {
 public:
  CommandLine();   // a folder that is no workspace yet, and a runtime folder of its own
  ~CommandLine();  // removes both
  // `lumenflow ARGUMENTS…` with this on stdin; `--workspace ROOT` goes before them.
  Said run(std::vector<std::string> arguments, const std::string& in = {}) const;
  Said run_bare(std::vector<std::string> arguments, const std::string& in = {}) const;  // without --workspace
  std::chrono::milliseconds patience{10'000};  // of each command, with whoever holds the workspace
  const std::string& root() const { return root_; }
  std::string write(const std::string& name, const std::string& content) const;  // beside the workspace; its path

 private:
  std::string root_, aside_;
};

}  // namespace lumenflow::cli
