// The recording of a workspace: into which file, since when, and how it is going.
//
// The strand's. The file is written by threads of its own (kernel/recorder.h); it must not be there, and nobody but
// its owner reads it.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/files.h"
#include "kernel/kernel.h"
#include "kernel/kernel_tool.h"
#include "kernel/recorder.h"

namespace lumenflow::sidecar {

class Recordings {
 public:
  Recordings(const Files& files, std::string root) : files_(files), root_(std::move(root)) {}
  ~Recordings();

  // A reload ends a file, and another begins beside it after the reload: "session.lfrec", "session.2.lfrec" …
  //
  // Begins as soon as nothing is under way; status() says whether it has. CONFLICT when one is under way,
  // ALREADY_EXISTS for a file that is there, INVALID_CONFIGURATION where the packs' event types are not those that were
  // generated.
  Status start(kernel::Kernel& kernel, const std::string& path);
  // The file is whole when status() says "ended". NOT_FOUND when nothing is recorded.
  Status stop(kernel::Kernel& kernel, const std::string& reason);
  // {state: none|begins|records|ends|ended|failed, file?, frames, bytes, reason?}
  json::Object status(const kernel::Kernel& kernel) const;

 private:
  const Files& files_;
  const std::string root_;
  void begin(kernel::Kernel& kernel, std::unique_ptr<kernel::RecordingSink> sink, const std::string& continues);
  void go_on(kernel::Kernel& kernel);
  std::string path_;
  std::string first_path_;  // of the files that follow each other
  bool begins_ = false;
  std::string fault_;                                      // why the last one could not begin
  std::unique_ptr<kernel::Recorder> recorder_;             // of the last one; outlives the recording
  std::vector<std::unique_ptr<kernel::Recorder>> before_;  // of files before it that are still being written
};

// `recordings` and `kernel` are asked when the tool runs, on the strand.
Result<kernel::KernelTool> make_record_tool(std::function<Recordings&()> recordings,
                                            std::function<kernel::Kernel&()> kernel);

}  // namespace lumenflow::sidecar
