// Runs packs of runtime `process`: makes of each a registration whose handlers speak the pack protocol with confined
// children (docs/pack-protocol.md).
//
// Thread safe. What load() registers shares ownership of the running pack and may outlive the host: its children are
// ended with the host, and what is called after that fails with TOOL_CRASHED. The launcher outlives both.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lumenflow/pack.h"
#include "lumenflow/result.h"
#include "pack/manifest.h"
#include "sandbox/launcher.h"

namespace lumenflow::hosts {

struct ProcessPackSource {
  const pack::Manifest& manifest;  // used during load() alone
  std::string snapshot_dir;        // absolute: the verified copy of the pack; nothing else of it runs
  std::string workspace_root;      // absolute
  std::string workspace_id;
  json::Value config;  // the pack's section of lumenflow.yaml; an empty object when there is none
};

struct ProcessHostOptions {
  std::size_t threads = 4;        // runs of one pack at once, each with a child of its own
  std::size_t idle_children = 8;  // of one pack, whatever they may reach
  std::size_t queue_max = 256;    // runs of one pack that wait for a thread
  std::size_t line_bytes_max = 9u << 20;
  std::size_t requests_max = 10'000;             // of one run, with its notifications
  std::size_t request_bytes_max = 64u << 20;     // of one run
  std::size_t expanded_files_max = 4'096;        // of the read scopes of one call
  std::size_t log_lines_per_second_max = 100;    // of one pack
  std::chrono::milliseconds idle{60'000};        // then a child is ended
  std::chrono::milliseconds cancel_grace{100};   // to answer what was cancelled
  std::chrono::milliseconds initialize{10'000};  // each of these: how long an answer may take
  std::chrono::milliseconds handler{30'000};
  std::chrono::milliseconds question{5'000};  // event/replay_key, tool/status
  std::chrono::milliseconds shutdown{1'000};
  std::chrono::milliseconds backoff_first{100};  // after the second fault in a row; doubles
  std::chrono::milliseconds backoff_max{10'000};
  std::chrono::milliseconds backoff_wait{1'000};  // what a call waits out; it fails at once where it would be longer
  sandbox::Limits limits{};
  std::vector<std::string> read_only_paths{};  // absolute: what every pack may see besides the system's programs
  // A line of a pack's stderr or log before it is written down, for masking what is secret. Any thread.
  std::function<std::string(std::string_view)> redact{};
};

class ProcessHost {
 public:
  ProcessHost(sandbox::Launcher& launcher, ProcessHostOptions options);
  ~ProcessHost();
  ProcessHost(const ProcessHost&) = delete;
  ProcessHost& operator=(const ProcessHost&) = delete;

  // Starts a child, lets it introduce itself, and registers what it has; whether that is what the manifest says is for
  // the caller to judge (LF1031, LF1033). Blocks. INVALID_CONFIGURATION when its command cannot be started or it does
  // not speak the protocol; what the launcher says.
  Status load(const ProcessPackSource& source, pack::Registration& registration);

 private:
  class Core;
  struct Held;
  std::shared_ptr<Core> core_;  // shared with the packs that it loaded
};

}  // namespace lumenflow::hosts
