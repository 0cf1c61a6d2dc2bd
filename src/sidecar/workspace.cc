#include "sidecar/workspace.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <cstdlib>
#include <filesystem>
#include <mutex>

#include "base/encoding.h"
#include "base/logging.h"
#include "base/ulid.h"
#include "journal/tables.h"
#include "kernel/accepted.h"
#include "kernel/approval_tools.h"
#include "kernel/device_tools.h"
#include "kernel/operator_tools.h"
#include "kernel/recovery_tools.h"
#include "kernel/stop_tools.h"
#include "kernel/task_tools.h"
#include "kernel/workspace_packs.h"
#include "log/pipelined_log.h"
#include "log/sqlite_log.h"
#include "pack/yaml.h"
#include "sidecar/dead_letter_tools.h"
#include "sidecar/enrollment_tools.h"
#include "sidecar/outbound.h"
#include "sidecar/reading_tools.h"
#include "sidecar/token_tools.h"
#include "sidecar/uplink_host.h"
#include "sidecar/uplink_tools.h"
#include "sidecar/version.h"

namespace lumenflow::sidecar {
namespace {

constexpr std::chrono::milliseconds kFileClockTick{50};  // longer than any kernel's, which is 10 at most

// A folder's name as a workspace id: lower case, what is not allowed becomes '-'.
std::string id_from_folder(const std::string& root) {
  std::string id;
  for (const char c : root.substr(root.rfind('/') + 1)) {
    if (c >= 'A' && c <= 'Z')
      id += static_cast<char>(c - 'A' + 'a');
    else if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
      id += c;
    else if (!id.empty() && id.back() != '-')
      id += '-';
  }
  while (!id.empty() && id.back() == '-') id.pop_back();
  return id.empty() ? "workspace" : id.substr(0, 63);
}

std::string initial_config(const std::string& id, bool production) {
  std::string text = "# The workspace's configuration; docs/reference/configuration.md lists every key.\n";
  text += "id: \"" + id + "\"\n";
  if (production) text += "mode: production\n";
  text += "approval_providers:\n  \"*\": console\n";
  return text;
}

// INVALID_INPUT when lumenflow.yaml is there and says otherwise than the options.
Status check_agreement(const Files& files, const std::string& config_path, const InitOptions& options) {
  const Result<std::string> text = files.read(config_path, pack::kYamlBytesMax);
  if (!text.ok()) return {};
  pack::Diagnostics ignored;  // `up` and `doctor` say them
  const auto config = kernel::parse_config(config_path, *text, nullptr, ignored);
  if (!config) return {};
  if (!options.id.empty() && config->id.str() != options.id)
    return Error(ErrorCode::kInvalidInput, "this folder is the workspace '" + config->id.str() + "' already, not '" +
                                               options.id + "'; leave --id out, or choose another folder");
  if (options.production && !config->production)
    return Error(ErrorCode::kInvalidInput, config_path +
                                               " is of a workspace in development; write 'mode: production' into it, "
                                               "then run `lumenflow init --production` again");
  return {};
}

// A journal is signed by the log's key: another key would make all of it look forged.
Status check_log_key(const Files& files, const WorkspacePaths& paths) {
  const std::string seed = join_path(paths.keys, "log.seed");
  LUMENFLOW_TRY_ASSIGN(const auto key, files.stat(seed));
  LUMENFLOW_TRY_ASSIGN(const auto journal, files.stat(paths.journal));
  if (key || !journal) return {};
  return Error(ErrorCode::kInvalidConfiguration,
               seed +
                   " is missing, and the journal is signed with it: restore it from a backup. Without it nothing "
                   "says that the journal is whole; to begin a new one, move " +
                   paths.journal + " and " + paths.checkpoints + " aside first");
}

// What of the workspace itself can be called.
Result<std::vector<kernel::KernelTool>> kernel_tools_of(
    const WorkspaceKeys& keys, const std::string& id, Files& files, const WorkspacePaths& paths,
    const std::shared_ptr<UplinkSlot>& uplink, std::function<Result<PreparedReload>()> prepare_reload,
    std::function<Recordings&()> recordings, std::function<kernel::Kernel&()> kernel, const JournalAccess& journal) {
  std::vector<Result<std::vector<kernel::KernelTool>>> groups;
  groups.push_back(make_token_tools(keys, id));
  groups.push_back(make_dead_letter_tools());
  groups.push_back(kernel::make_approval_tools());
  groups.push_back(kernel::make_device_tools(id));
  groups.push_back(kernel::make_operator_tools());
  groups.push_back(kernel::make_recovery_tools());
  groups.push_back(kernel::make_stop_tools());
  groups.push_back(kernel::make_task_tools());
  groups.push_back(make_uplink_tools(uplink));
  groups.push_back(make_enrollment_tools(files, paths.conductor, id));
  groups.push_back(make_reading_tools(journal));
  std::vector<kernel::KernelTool> tools;
  for (Result<std::vector<kernel::KernelTool>>& group : groups) {
    if (!group.ok()) return group.error();
    for (auto& tool : *group) tools.push_back(std::move(tool));
  }
  LUMENFLOW_TRY_ASSIGN(kernel::KernelTool reload, make_reload_tool(std::move(prepare_reload)));
  tools.push_back(std::move(reload));
  LUMENFLOW_TRY_ASSIGN(kernel::KernelTool record, make_record_tool(std::move(recordings), std::move(kernel)));
  tools.push_back(std::move(record));
  return tools;
}

// In place of code that is not started: what the manifest says that there is.
Status register_as_declared(const kernel::WorkspaceConfig&, const pack::Manifest& manifest, const std::string&,
                            pack::Registration& registration) {
  for (const pack::ToolDescriptor& tool : manifest.tools)
    registration.tool(tool.name, {}, [](pack::ToolContext&, const json::Value&) -> pack::ToolResult {
      return pack::ToolCrash{ErrorCode::kToolCrashed, "the pack's code was not started", true};
    });
  for (const std::string& kind : manifest.subscribed_event_kinds)
    registration.handler(kind, {.idempotent = true}, [](pack::HandlerContext&, const pack::Event&) {
      return Status(Error(ErrorCode::kToolCrashed, "the pack's code was not started"));
    });
  return {};
}

}  // namespace

kernel::WorkspacePacks read_workspace_packs(const Files& files, const std::string& config_path,
                                            const std::vector<const pack::BuiltinPack*>& builtin_packs) {
  const std::unique_ptr<pack::PackSources> sources = pack::make_judging_sources(parent_path(config_path));
  return read_workspace_packs(files, config_path,
                              kernel::PackPorts{builtin_packs, sources.get(), register_as_declared});
}

kernel::WorkspacePacks read_workspace_packs(const Files& files, const std::string& config_path,
                                            const kernel::PackPorts& ports) {
  const Result<std::string> text = files.read(config_path, pack::kYamlBytesMax);
  if (text.ok()) return kernel::load_workspace_packs(config_path, *text, ports);
  kernel::WorkspacePacks unread;
  unread.registry = pack::RegistryBuilder().build();
  const bool missing = text.error().code() == ErrorCode::kNotFound;
  unread.diagnostics.add("LF2001", {config_path, 0, 0}, missing ? "there is no lumenflow.yaml" : text.error().message(),
                         missing ? "run `lumenflow init`" : "make it a readable file of at most 1 MiB");
  return unread;
}

Result<std::vector<kernel::KernelTool>> make_kernel_tools_for_replay(Files& files, const WorkspacePaths& paths,
                                                                     const std::string& id) {
  const auto nothing = []() -> Result<PreparedReload> {
    return Error(ErrorCode::kInternal, "a recording ends with a reload");
  };
  return kernel_tools_of(
      WorkspaceKeys(), id, files, paths, std::make_shared<UplinkSlot>(), nothing, []() -> Recordings& { std::abort(); },
      []() -> kernel::Kernel& { std::abort(); }, {});  // what these answer is on the tape
}

WorkspacePaths::WorkspacePaths(std::string root_path)
    : root(std::move(root_path)),
      config(join_path(root, "lumenflow.yaml")),
      state(join_path(root, ".lumenflow/state")),
      keys(join_path(state, "keys")),
      journal(join_path(state, "journal.db")),
      blobs(join_path(state, "blobs")),
      checkpoints(join_path(state, "checkpoints")),
      snapshots(join_path(state, "snapshots")),
      conductor(join_path(state, "conductor")),
      recordings(join_path(root, ".lumenflow/recordings")),
      inbox(join_path(conductor, "inbox.db")),
      lock(state) {}

Status check_confinement(const Files& files, const WorkspacePaths& paths) {
  std::vector<std::string> own = {paths.config,
                                  paths.state,
                                  paths.keys,
                                  paths.blobs,
                                  paths.checkpoints,
                                  paths.snapshots,
                                  paths.conductor,
                                  paths.inbox,
                                  paths.lock,
                                  paths.journal,
                                  paths.journal + "-wal",
                                  paths.journal + "-shm",
                                  join_path(paths.root, ".lumenflow/.gitignore"),
                                  join_path(paths.checkpoints, "latest")};
  if (const auto keys = files.list(paths.keys); keys.ok())
    for (const std::string& name : *keys) own.push_back(join_path(paths.keys, name));
  for (const std::string& path : own) {
    const std::string relative = path.substr(join_path(paths.root, "").size());
    if (const auto inside = resolve_inside(files, paths.root, relative); !inside.ok())
      return Error(ErrorCode::kInvalidConfiguration, inside.error().message() + "; the workspace keeps its own files");
  }
  return {};
}

Result<std::vector<std::string>> init_workspace(Files& files, const std::string& root, const InitOptions& options) {
  if (options.production && options.operator_passphrase.empty())
    return Error(ErrorCode::kInvalidInput,
                 "a production workspace needs an operator's passphrase; give --passphrase-file FILE");
  const WorkspacePaths paths(root);
  std::vector<std::string> written;
  const auto write_new = [&](const std::string& path, const std::string& content) -> Status {
    Status status = files.create(path, content, 0644);
    if (status.ok())
      written.push_back(path);
    else if (status.error().code() == ErrorCode::kAlreadyExists)
      return {};
    return status;
  };
  const std::string id = options.id.empty() ? id_from_folder(root) : options.id;
  pack::Diagnostics diagnostics;
  if (!kernel::parse_config(paths.config, initial_config(id, options.production), nullptr, diagnostics))
    return Error(ErrorCode::kInvalidInput,
                 "'" + id + "' is no workspace id: lower-case letters, digits and '-', at most 63");
  LUMENFLOW_TRY(check_confinement(files, paths));
  LUMENFLOW_TRY(check_agreement(files, paths.config, options));
  LUMENFLOW_TRY(check_log_key(files, paths));
  LUMENFLOW_TRY(files.make_directories(paths.state, 0700));
  LUMENFLOW_TRY(write_new(join_path(root, ".lumenflow/.gitignore"), "state/\n"));
  LUMENFLOW_TRY(create_keys(files, paths.keys, options.operator_passphrase));
  if (!options.operator_passphrase.empty()) {
    LUMENFLOW_TRY_ASSIGN(const bool encrypted, encrypt_operator_key(files, paths.keys, options.operator_passphrase));
    if (encrypted) written.push_back(join_path(paths.keys, "operator.pem"));
  }
  LUMENFLOW_TRY(write_new(paths.config, initial_config(id, options.production)));
  return written;
}

Result<std::string> find_workspace(const Files& files, const std::string& start) {
  LUMENFLOW_TRY_ASSIGN(std::string folder, files.real_path(start));
  for (;;) {
    LUMENFLOW_TRY_ASSIGN(const auto found, files.stat(join_path(folder, "lumenflow.yaml")));
    if (found) return folder;
    const std::string parent = parent_path(folder);
    if (parent.empty() || parent == folder) break;
    folder = parent;
  }
  return Error(ErrorCode::kInvalidConfiguration,
               "no lumenflow.yaml in " + start + " or above; run `lumenflow init`, or name one with --workspace");
}

bool on_read_only_file_system(const std::string& path) { return ::access(path.c_str(), W_OK) != 0 && errno == EROFS; }

std::string control_socket_path(const std::string& real_root) {
  const char* runtime = std::getenv("XDG_RUNTIME_DIR");
  const std::string folder =
      runtime != nullptr && *runtime == '/'
          ? join_path(runtime, "lumenflow")
          : join_path(std::filesystem::temp_directory_path().string(), "lumenflow-" + std::to_string(::getuid()));
  return join_path(folder, sha256_hex(real_root).substr(0, 20) + ".sock");
}

Status make_socket_folder(Files& files, const std::string& socket_path) {
  const std::string folder = parent_path(socket_path);
  LUMENFLOW_TRY(files.make_directories(folder, 0700));
  struct stat info {};
  const bool ours = ::lstat(folder.c_str(), &info) == 0 && S_ISDIR(info.st_mode) && info.st_uid == ::getuid();
  if (ours && (info.st_mode & 077) == 0) return {};
  return Error(ErrorCode::kIo, folder +
                                   " must be a folder of yours that nobody else can enter (chmod 700); "
                                   "set XDG_RUNTIME_DIR to choose another place for the control socket");
}

// Checkpoints are written off the strand, one at a time.
struct Workspace::CheckpointJob {
  std::atomic<bool> busy{false};
  std::uint64_t last_size = 0;
  std::chrono::nanoseconds last_at{0};
};

// The doorbell of a process that has no event loop.
class Workspace::Bell {
 public:
  void ring() {
    const std::lock_guard lock(mutex_);
    rung_ = true;
    rang_.notify_one();
  }
  // Until it is rung or `deadline` (monotonic, as `now`) has come.
  void wait(std::optional<std::chrono::nanoseconds> deadline, std::chrono::nanoseconds now) {
    std::unique_lock lock(mutex_);
    const auto is_rung = [this] { return rung_; };
    if (deadline)
      rang_.wait_for(lock, *deadline - now, is_rung);
    else
      rang_.wait(lock, is_rung);
    rung_ = false;
  }

 private:
  std::mutex mutex_;
  std::condition_variable rang_;
  bool rung_ = false;
};

Workspace::Workspace(const WorkspacePorts& ports, const std::string& root,
                     const std::vector<const pack::BuiltinPack*>& builtin_packs)
    : ports_(ports),
      uplink_slot_(std::make_shared<UplinkSlot>()),
      paths_(root),
      snapshots_(paths_.snapshots),
      sources_(pack::make_running_sources(root, snapshots_)),
      builtin_packs_(builtin_packs),
      checkpoint_job_(std::make_shared<CheckpointJob>()),
      recordings_(std::make_unique<Recordings>(ports.files, root)) {}

Result<std::unique_ptr<Workspace>> Workspace::open(const WorkspacePorts& ports, const std::string& root,
                                                   const std::vector<const pack::BuiltinPack*>& builtin_packs,
                                                   std::function<void()> doorbell) {
  LUMENFLOW_TRY_ASSIGN(const std::string real_root, ports.files.real_path(root));
  std::unique_ptr<Workspace> workspace(new Workspace(ports, real_root, builtin_packs));
  const WorkspacePaths& paths = workspace->paths_;
  LUMENFLOW_TRY(check_confinement(ports.files, paths));
  LUMENFLOW_TRY_ASSIGN(workspace->keys_, load_keys(ports.files, paths.keys));
  LUMENFLOW_TRY_ASSIGN(const std::string locked, ports.files.real_path(paths.lock));
  LUMENFLOW_TRY_ASSIGN(workspace->lock_, ports.files.lock(locked));

  workspace->blobs_ = std::make_unique<journal::BlobStore>(ports.files, paths.blobs);
  workspace->checkpoints_ =
      std::make_unique<log::CheckpointStore>(ports.files, paths.checkpoints, workspace->keys_.log_key);
  LUMENFLOW_TRY(ports.files.make_directories(paths.checkpoints, 0700));
  log::SqliteLogOptions log_options;
  log_options.path = paths.journal;
  log_options.new_log_id = make_ulid(ports.clock.now(), ports.random.draw16()).str();
  log_options.tables = journal::journal_tables();
  const Result<log::Checkpoint> latest = workspace->checkpoints_->latest();
  if (latest.ok())
    log_options.checkpoint = latest->head;
  else if (latest.error().code() == ErrorCode::kJournalDamaged)
    log_options.damaged = latest.error().message() +
                          "; audit verify says which entries hold. To go on without it, move " + paths.checkpoints +
                          " aside: the journal's end is then only as safe as the disk";
  else if (latest.error().code() != ErrorCode::kNotFound)
    return latest.error();
  log_options.read_only = on_read_only_file_system(paths.state);
  LUMENFLOW_TRY_ASSIGN(const auto begun, ports.files.stat(paths.journal));
  if (begun) LUMENFLOW_TRY(workspace->open_log(log_options));  // it knows which configuration counts

  kernel::KernelOptions options;
  kernel::WorkspacePacks read = workspace->read_packs(nullptr, workspace->accepted_text());
  if (!read.config) return Error(ErrorCode::kInvalidConfiguration, "\n" + pack::render_text(read.diagnostics, false));
  options.config = *std::move(read.config);
  if (options.config.production) LUMENFLOW_TRY(require_passphrase(ports.files, paths.keys));
  options.registry = std::move(read.registry);
  workspace->snapshots_.prune();  // nothing runs yet
  workspace->diagnostics_ = std::move(read.diagnostics);

  if (!begun) LUMENFLOW_TRY(workspace->open_log(log_options));
  options.workspace_root = real_root;
  options.redaction_key = workspace->keys_.redaction_key;
  options.operator_public_pem = workspace->keys_.operator_public_pem;
  options.version = kVersion;
  if (!doorbell) {
    workspace->bell_ = std::make_unique<Bell>();
    doorbell = [bell = workspace->bell_.get()] { bell->ring(); };
  }
  options.doorbell = std::move(doorbell);
  LUMENFLOW_TRY_ASSIGN(options.kernel_tools, workspace->own_tools(options.config.id.str()));
  const auto enrollment = enrollment_of(ports.files, paths, options.config, ports.clock.now());
  options.outbox = outbox_mode(options.config, enrollment.ok() && enrollment->has_value());
  options.on_notice = ports.on_notice;
  options.delivery_pause = ports.delivery_pause;
  workspace->outbound_ = make_outbound(ports.ca_file);
  options.look_at_configuration = [self = workspace.get()] { self->look_at_configuration(); };
  Status opened = workspace->open_kernel(options);
  if (!opened.ok() && opened.error().code() == ErrorCode::kJournalDamaged && log_options.damaged.empty()) {
    log_options.damaged = opened.error().message();  // what the kernel cannot use: reading goes on without it
    LUMENFLOW_TRY(workspace->open_log(log_options));
    opened = workspace->open_kernel(options);
  }
  if (!opened.ok()) return opened.error();
  workspace->look_at_configuration();  // it may not be the one that counts
  workspace->checkpoint_if_due();      // a life of under a second leaves a signed head too
  return workspace;
}

Result<std::vector<kernel::KernelTool>> Workspace::own_tools(const std::string& id) {
  const JournalAccess access{[this]() -> const log::Log& { return *log_; },
                             [this]() -> const journal::Reader& { return kernel_->reader(); },
                             [board = facts_] { return board->get(); }};
  return kernel_tools_of(
      keys_, id, ports_.files, paths_, uplink_slot_, [this] { return prepare_reload(); },
      [this]() -> Recordings& { return *recordings_; }, [this]() -> kernel::Kernel& { return *kernel_; }, access);
}

// A damaged one is opened for reading.
Status Workspace::open_log(log::SqliteLogOptions& options) {
  kernel_.reset();
  log_.reset();  // one writer at a time
  Result<std::unique_ptr<log::Log>> journal = log::open_sqlite_log(options);
  if (!journal.ok() && journal.error().code() == ErrorCode::kJournalDamaged && options.damaged.empty()) {
    options.damaged = journal.error().message();
    journal = log::open_sqlite_log(options);
  }
  if (!journal.ok()) return journal.error();
  log_ = log::make_pipelined_log(*std::move(journal));
  return {};
}

Status Workspace::open_kernel(const kernel::KernelOptions& options) {
  kernel_.reset();
  pack::Programs* const programs = ports_.programs ? ports_.programs(options.config) : nullptr;
  const kernel::KernelPorts kernel_ports{*log_,           *blobs_,         ports_.clock, ports_.random,
                                         ports_.executor, outbound_.get(), programs};
  LUMENFLOW_TRY_ASSIGN(kernel_, kernel::Kernel::open(kernel_ports, options));
  return {};
}

std::optional<std::string> Workspace::accepted_text() const {
  if (log_ == nullptr) return std::nullopt;
  const auto accepted = kernel::accepted_config(log_->tables());
  if (!accepted.ok() || !*accepted || !(*accepted)->production) return std::nullopt;
  const Result<std::string> text = ports_.files.read(paths_.config, pack::kYamlBytesMax);
  if (text.ok() && sha256_hex(*text) == (*accepted)->hash) return std::nullopt;
  return (*accepted)->text;
}

Workspace::~Workspace() {
  if (kernel_ == nullptr) return;
  kernel_->stop_recording("the workspace was closed");
  if (Status status = checkpoint_now(); !status.ok())
    write_log(LogLevel::kWarn, "sidecar", "the last checkpoint was not written",
              {{"reason", status.error().message()}});
}

void Workspace::checkpoint_if_due() {
  CheckpointJob& job = *checkpoint_job_;
  const std::chrono::nanoseconds now = ports_.clock.monotonic();
  if (job.busy || log_->condition().read_only || now - job.last_at < config().checkpoint_interval) return;
  const log::Head head = log_->head();
  if (head.size == job.last_size) return;
  job.busy = true;
  job.last_at = now;
  job.last_size = head.size;
  const auto is_former = [log = log_.get()](const log::Head& written) { return log->is_named(written); };
  const bool taken = ports_.executor.post([job_alive = checkpoint_job_, &store = *checkpoints_, head, is_former] {
    if (Status status = store.write(head, is_former); !status.ok())
      write_log(LogLevel::kWarn, "sidecar", "a checkpoint was not written", {{"reason", status.error().message()}});
    job_alive->busy = false;
    job_alive->busy.notify_all();
  });
  if (!taken) job.busy = false;
}

Status Workspace::checkpoint_now() {
  checkpoint_job_->busy.wait(true);
  if (const log::Condition condition = log_->condition(); condition.damaged || condition.read_only) return {};
  const log::Head head = log_->head();
  if (head.size == 0) return {};
  Status status = checkpoints_->write(head, [this](const log::Head& written) { return log_->is_named(written); });
  if (status.ok()) checkpoint_job_->last_size = head.size;
  return status;
}

void Workspace::look_at_configuration() {
  const Result<std::optional<FileInfo>> now = ports_.files.stat(paths_.config);
  if (now.ok() && *now && *now == seen_configuration_) return;
  seen_configuration_ = now.ok() ? *now : std::nullopt;
  // A change within the same tick of the file system's clock as the one before would look the same: look again then.
  if (seen_configuration_ &&
      std::abs(ports_.clock.now().ms - seen_configuration_->changed_ns / 1'000'000) < kFileClockTick.count())
    seen_configuration_.reset();
  const Result<std::string> text = ports_.files.read(paths_.config, pack::kYamlBytesMax);
  kernel_->configuration_on_disk(text.ok() ? sha256_hex(*text) : std::string());
}

Result<kernel::CallResult> Workspace::call_and_wait(kernel::Call call) {
  std::optional<kernel::CallResult> result;
  LUMENFLOW_TRY(kernel_->submit(std::move(call), [&result](const kernel::CallResult& done) { result = done; }));
  while (!result) {
    bell_->wait(kernel_->next_deadline(), ports_.clock.monotonic());
    kernel_->run_pending();
  }
  return *std::move(result);
}

Status Workspace::change_and_wait(std::function<Status(log::Log&)> change) {
  std::optional<Status> done;
  kernel_->change_journal(std::move(change), [&done](const Status& status) { done = status; });
  while (!done) {
    bell_->wait(kernel_->next_deadline(), ports_.clock.monotonic());
    kernel_->run_pending();
  }
  return *std::move(done);
}

}  // namespace lumenflow::sidecar
