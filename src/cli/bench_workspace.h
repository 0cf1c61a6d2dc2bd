// A workspace of its own for one run: fresh keys, a fresh journal, the bench's pack, and what the product wrote, in
// bytes.
//
// Opened by the thread that measures; the kernel belongs to whoever calls run_pending().
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/executor.h"
#include "cli/bench_limits.h"
#include "sidecar/workspace.h"

namespace lumenflow::cli {

// A folder below the system's for temporary files, gone with the object.
class ScratchFolder {
 public:
  ScratchFolder();
  ~ScratchFolder();
  ScratchFolder(const ScratchFolder&) = delete;
  const std::string& path() const { return path_; }  // empty: none could be made
  std::string sub(const std::string& name) const;    // a folder in it that is new and empty

 private:
  std::string path_;
};

class BenchWorkspace {
 public:
  static Result<std::unique_ptr<BenchWorkspace>> open(Context& context, const std::string& root,
                                                      std::function<void()> doorbell);

  sidecar::Workspace& workspace() { return *workspace_; }
  kernel::Kernel& kernel() { return workspace_->kernel(); }
  // A token for the surfaces that want one.
  Result<std::string> mint() const;
  // A call of the tool with the bench's input, parsed as a surface does.
  kernel::Call call(std::string_view tool) const;
  // The average of what one commit of a call wrote, over the last rows.
  Result<CallBytes> bytes_per_commit() const;

 private:
  explicit BenchWorkspace(Context& context) : context_(context) {}
  Context& context_;
  ThreadPoolExecutor executor_{4, 4096};
  std::shared_ptr<const kernel::Credential> credential_;  // shared by every call, as a connection's is
  std::unique_ptr<sidecar::Workspace> workspace_;
};

}  // namespace lumenflow::cli
