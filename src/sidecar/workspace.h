// A workspace opened by this process: its lock, configuration, keys, packs, journal and kernel, composed.
//
// Everything runs on the strand of whoever opened it, but for what the kernel's header says. Opening takes the
// workspace's kernel lock; it is held until destruction, and the operating system releases it whatever happens to the
// process.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/executor.h"
#include "base/files.h"
#include "base/random.h"
#include "base/time.h"
#include "base/work_gate.h"
#include "journal/body.h"
#include "kernel/kernel.h"
#include "kernel/outbound.h"
#include "kernel/workspace_packs.h"
#include "log/checkpoint.h"
#include "log/log.h"
#include "log/sqlite_log.h"
#include "lumenflow/pack.h"
#include "pack/programs.h"
#include "pack/snapshots.h"
#include "pack/sources.h"
#include "sidecar/facts.h"
#include "sidecar/keys.h"
#include "sidecar/recordings.h"
#include "sidecar/reload_tool.h"

namespace lumenflow::sidecar {

class UplinkSlot;

// Where things are, below the workspace's root.
struct WorkspacePaths {
  explicit WorkspacePaths(std::string root_path);
  std::string root;
  std::string config;  // lumenflow.yaml
  std::string state;   // .lumenflow/state
  std::string keys;
  std::string journal;  // journal.db
  std::string blobs;
  std::string checkpoints;
  std::string snapshots;   // of packs: what runs
  std::string conductor;   // what is kept for the uplink
  std::string recordings;  // with `record: true`
  std::string inbox;       // of the loopback adapter: conductor/inbox.db
  std::string lock;        // what is locked: the state folder itself
};

// The kernel's tools as a workspace has them, of which a replay uses nothing that lies outside the kernel.
Result<std::vector<kernel::KernelTool>> make_kernel_tools_for_replay(Files& files, const WorkspacePaths& paths,
                                                                     const std::string& id);

struct InitOptions {
  std::string id;  // empty: from the folder's name
  bool production = false;
  std::string operator_passphrase;  // required in production
};

// That nothing the sidecar reads or writes in the workspace leads out of it through a symlink: INVALID_CONFIGURATION
// naming what does. Opening and making a workspace ask this first.
Status check_confinement(const Files& files, const WorkspacePaths& paths);

// Writes lumenflow.yaml, .gitignore and the keys; what is there already stays, but for an operator key without a
// passphrase, which is put under the one that is given. The answer lists what was written. INVALID_INPUT when the
// lumenflow.yaml that is there says otherwise than the options; INVALID_CONFIGURATION when a journal has lost its key.
Result<std::vector<std::string>> init_workspace(Files& files, const std::string& root, const InitOptions& options);

// lumenflow.yaml and the packs it pins, as they are on disk now; what cannot be read is a diagnostic (LF2001).
// Judges only: no code is started, and nothing is written; packs of processes have the tools that they declare.
kernel::WorkspacePacks read_workspace_packs(const Files& files, const std::string& config_path,
                                            const std::vector<const pack::BuiltinPack*>& builtin_packs);
// The same with the ports given.
kernel::WorkspacePacks read_workspace_packs(const Files& files, const std::string& config_path,
                                            const kernel::PackPorts& ports);

// The nearest folder at or above `start` that has a lumenflow.yaml. NOT_FOUND saying to run `lumenflow init`.
Result<std::string> find_workspace(const Files& files, const std::string& start);

// Whether this folder can be written by nobody, whatever its permissions say.
bool on_read_only_file_system(const std::string& path);

// The control socket of a workspace: under the user's runtime directory, mode 0700, named by the root's real path.
std::string control_socket_path(const std::string& real_root);
// Its folder, made if missing. IO_ERROR when it is there and somebody else could put a socket into it.
Status make_socket_folder(Files& files, const std::string& socket_path);

struct WorkspacePorts {
  Files& files;
  const Clock& clock;
  Random& random;
  Executor& executor;
  // Shows one line to the operator, from any thread; whether somebody saw it. Empty: nobody does.
  std::function<bool(std::string_view)> on_notice = {};
  kernel::LoadCode load_code = {};  // starts packs that are processes; empty: they have no tools that can be called
  // What runs programs for packs, confined as this configuration says; outlives the workspace. Empty: nothing does.
  std::function<pack::Programs*(const kernel::WorkspaceConfig&)> programs = {};
  std::chrono::milliseconds delivery_pause{100};  // KernelOptions::delivery_pause
  std::string ca_file = {};  // when not empty, trusted instead of the system's authorities by what packs reach outside
};

class Workspace {
 public:
  // WORKSPACE_LOCKED when another process has it; INVALID_CONFIGURATION with the diagnostics rendered into the message.
  static Result<std::unique_ptr<Workspace>> open(const WorkspacePorts& ports, const std::string& root,
                                                 const std::vector<const pack::BuiltinPack*>& builtin_packs,
                                                 std::function<void()> doorbell);
  // Writes a last checkpoint.
  ~Workspace();

  kernel::Kernel& kernel() { return *kernel_; }
  log::Log& log() { return *log_; }
  const WorkspaceKeys& keys() const { return keys_; }
  const WorkspacePaths& paths() const { return paths_; }
  const Files& files() const { return ports_.files; }
  Files& files() { return ports_.files; }
  Executor& executor() { return ports_.executor; }
  const kernel::WorkspaceConfig& config() const { return kernel_->config(); }
  const pack::Registry& registry() const { return kernel_->registry(); }
  const pack::Diagnostics& diagnostics() const { return diagnostics_; }
  log::CheckpointStore& checkpoints() { return *checkpoints_; }
  Recordings& recordings() { return *recordings_; }
  journal::BlobStore& blobs() { return *blobs_; }
  UplinkSlot& uplink_slot() { return *uplink_slot_; }

  // Signs and writes the head if it moved and the interval is over; the files are written on the executor. Strand only.
  void checkpoint_if_due();
  // The same at once, on this thread.
  Status checkpoint_now();
  // For those who ask off the strand. Strand only.
  void put_facts() { facts_->put(facts_of(*this)); }
  // Tells the kernel what became of lumenflow.yaml, which is read again only when its file is another. Strand only.
  void look_at_configuration();

  // Runs one call to its end on this thread: for a process without an event loop that opened with no doorbell (the
  // CLI).
  Result<kernel::CallResult> call_and_wait(kernel::Call call);
  // The same for a change of the journal's housekeeping.
  Status change_and_wait(std::function<Status(log::Log&)> change);

 private:
  struct CheckpointJob;
  class Bell;
  Workspace(const WorkspacePorts& ports, const std::string& root,
            const std::vector<const pack::BuiltinPack*>& builtin_packs);
  // lumenflow.yaml and its packs, copied and started; any thread, one at a time.
  kernel::WorkspacePacks read_packs(const pack::Registry* before, const std::optional<std::string>& text = {});
  // The lumenflow.yaml that counts in production though another is on the disk; nothing: what is there counts.
  std::optional<std::string> accepted_text() const;
  Result<PreparedReload> prepare_reload();  // the same
  Result<std::vector<kernel::KernelTool>> own_tools(const std::string& id);
  Status open_log(log::SqliteLogOptions& options);
  Status open_kernel(const kernel::KernelOptions& options);
  WorkspacePorts ports_;
  std::shared_ptr<UplinkSlot> uplink_slot_;                             // shared with the tools that ask it
  std::shared_ptr<FactsBoard> facts_ = std::make_shared<FactsBoard>();  // likewise
  WorkspacePaths paths_;
  std::unique_ptr<FileLock> lock_;
  WorkspaceKeys keys_;
  pack::Snapshots snapshots_;
  std::unique_ptr<pack::PackSources> sources_;
  const std::vector<const pack::BuiltinPack*> builtin_packs_;
  pack::Diagnostics diagnostics_;
  std::optional<FileInfo> seen_configuration_;  // when it was last read
  std::unique_ptr<log::Log> log_;
  std::unique_ptr<journal::BlobStore> blobs_;
  std::unique_ptr<log::CheckpointStore> checkpoints_;
  std::shared_ptr<CheckpointJob> checkpoint_job_;  // shared with the executor's task, which may outlive this
  std::unique_ptr<kernel::Outbound> outbound_;
  std::unique_ptr<Recordings> recordings_;  // what the kernel records into
  std::unique_ptr<Bell> bell_;              // only where nobody gave a doorbell
  std::unique_ptr<kernel::Kernel> kernel_;  // after all that it borrows
  WorkGate work_;                           // last: closed before what its tasks use
};

}  // namespace lumenflow::sidecar
