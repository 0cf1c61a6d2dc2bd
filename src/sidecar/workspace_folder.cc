// The folder of a workspace: its files, how it is made, and where its control socket is.
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>

#include "base/encoding.h"
#include "pack/yaml.h"
#include "sidecar/workspace.h"

namespace lumenflow::sidecar {
namespace {

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

}  // namespace

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

}  // namespace lumenflow::sidecar
