#include "hosts/pack_program.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <utility>

namespace lumenflow::hosts {
namespace {

constexpr const char* kProgramFolders[] = {"/usr/local/bin",  "/usr/bin",  "/bin",
                                           "/usr/local/sbin", "/usr/sbin", "/sbin"};
// What a sandbox shows to every program.
constexpr const char* kSystemFolders[] = {"/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"};

bool exists(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::exists(path, ignored);
}

bool inside(std::string_view path, std::string_view folder) {
  return path == folder || (path.starts_with(folder) && path.substr(folder.size()).starts_with('/'));
}

// The program as an absolute path where it can be found: beside the pack's files, or where programs are.
std::string program_of(const std::string& written, const std::string& snapshot_dir) {
  if (written.starts_with('/')) return written;
  if (written.find('/') != std::string::npos) return snapshot_dir + "/" + written;
  for (const char* folder : kProgramFolders)
    if (const std::string path = std::string(folder) + "/" + written; exists(path)) return path;
  return written;
}

// Without a symbolic link on the way, as a sandbox wants it; what is not there stays as it is.
std::string resolved(const std::string& path) {
  std::error_code failed;
  const std::filesystem::path real = std::filesystem::canonical(path, failed);
  return failed ? path : real.native();
}

// An interpreter that lies elsewhere than the system's programs brings the folder that it was installed into.
void add_interpreter(const std::string& program, const std::string& snapshot_dir, std::vector<std::string>& paths) {
  const std::filesystem::path real = resolved(program);
  const auto holds = [&](const std::string& folder) { return inside(real.native(), folder); };
  if (holds(snapshot_dir) || std::ranges::any_of(kSystemFolders, holds) || std::ranges::any_of(paths, holds)) return;
  const std::filesystem::path folder = real.parent_path();
  paths.push_back(folder.filename() == "bin" ? folder.parent_path().native() : real.native());
}

}  // namespace

PackProgram::PackProgram(const pack::Manifest& manifest, std::string snapshot_dir, std::string workspace_root,
                         const PackProgramOptions& options)
    : snapshot_dir_(std::move(snapshot_dir)),
      workspace_root_(std::move(workspace_root)),
      limits_(options.limits),
      expanded_files_max_(options.expanded_files_max) {
  if (const json::Value* command = manifest.runtime_options.find("command"))
    if (const json::Array* words = command->if_array())
      for (const json::Value& word : *words)
        if (const std::string* text = word.if_string()) command_.push_back(*text);
  if (!command_.empty()) command_[0] = program_of(command_[0], snapshot_dir_);
  for (const std::string& path : options.read_only_paths) read_only_paths_.push_back(resolved(path));
  if (!command_.empty()) add_interpreter(command_[0], snapshot_dir_, read_only_paths_);
}

Result<ProgramPlace> PackProgram::place_of(const pack::EnforcedScopes& scopes,
                                           const std::vector<std::string>& required_env, SecretValues& secrets) const {
  ProgramPlace place;
  LUMENFLOW_TRY_ASSIGN(place.grants, grant(workspace_root_, scopes, expanded_files_max_));
  for (const std::string& name : required_env)
    if (const char* value = std::getenv(name.c_str())) {
      secrets.add(value);
      place.environment.push_back(name + "=" + value);
    }
  place.key = place.grants.key();
  for (const std::string& variable : place.environment) (place.key += 'e') += variable + '\0';
  return place;
}

sandbox::Confinement PackProgram::confinement(const ProgramPlace& place) const {
  sandbox::Confinement out;
  out.command = command_;
  out.environment = place.environment;
  out.directory = snapshot_dir_;
  for (const std::string& path : read_only_paths_) out.paths.push_back({path, false});
  out.paths.push_back({snapshot_dir_, false});
  out.paths.insert(out.paths.end(), place.grants.paths.begin(), place.grants.paths.end());
  out.hidden = place.grants.hidden;
  out.network = place.grants.network;
  out.limits = limits_;
  return out;
}

}  // namespace lumenflow::hosts
