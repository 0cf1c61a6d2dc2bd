#include "cli/npm_package.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <system_error>

#include "base/files.h"
#include "base/process.h"
#include "lumenflow/json.h"

namespace lumenflow::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::minutes kInstallMax{10};
constexpr const char* kKept[] = {"HOME",
                                 "PATH",
                                 "HTTPS_PROXY",
                                 "HTTP_PROXY",
                                 "NO_PROXY",
                                 "https_proxy",
                                 "http_proxy",
                                 "no_proxy",
                                 "LANG",
                                 "NODE_EXTRA_CA_CERTS",
                                 "npm_config_registry",
                                 "npm_config_cache",
                                 "NPM_CONFIG_REGISTRY",
                                 "NPM_CONFIG_CACHE",
                                 "NPM_CONFIG_USERCONFIG"};

std::string find_program(const std::string& name) {
  const char* const path = std::getenv("PATH");
  std::string_view folders = path == nullptr ? "/usr/local/bin:/usr/bin:/bin" : path;
  while (!folders.empty()) {
    const std::size_t end = folders.find(':');
    const fs::path candidate = fs::path(folders.substr(0, end)) / name;
    std::error_code ignored;
    if (candidate.is_absolute() && fs::is_regular_file(candidate, ignored)) return candidate.string();
    if (end == std::string_view::npos) break;
    folders.remove_prefix(end + 1);
  }
  return {};
}

struct Npx {
  std::string package;  // with its version
  std::vector<std::string> arguments;
};

Result<Npx> read_npx(const std::vector<std::string>& command) {
  Npx out;
  std::size_t i = 1;
  for (; i < command.size() && command[i].starts_with('-'); ++i) {
    if (command[i] == "-y" || command[i] == "--yes" || command[i] == "--") continue;
    return Error(ErrorCode::kInvalidInput, "of npx only -y is understood here, not '" + command[i] + "'");
  }
  if (i == command.size()) return Error(ErrorCode::kInvalidInput, "npx is given no package");
  out.package = command[i];
  out.arguments.assign(command.begin() + static_cast<std::ptrdiff_t>(i) + 1, command.end());
  return out;
}

std::string name_of(const std::string& package) {
  const std::size_t version = package.find('@', 1);
  return package.substr(0, version);
}

// The file of the package's program, relative to the package.
Result<std::string> program_of(const std::string& package, const std::string& folder) {
  const PosixFiles files;
  LUMENFLOW_TRY_ASSIGN(const std::string text, files.read(folder + "/package.json", 4u << 20));
  LUMENFLOW_TRY_ASSIGN(const json::Value described, json::parse(text));
  const json::Value* const bin = described.find("bin");
  if (bin != nullptr && bin->is_string()) return bin->as_string();
  if (bin != nullptr && bin->is_object() && !bin->as_object().empty()) {
    const std::string last = package.substr(package.rfind('/') + 1);
    const json::Value* const named = bin->find(last);
    const json::Value& chosen = named != nullptr ? *named : bin->as_object().begin()->value;
    if (chosen.is_string()) return chosen.as_string();
  }
  return Error(ErrorCode::kNotFound, "the package " + package + " has no program to run");
}

}  // namespace

bool is_npx(const std::vector<std::string>& command) {
  return command.size() > 1 && fs::path(command[0]).filename() == "npx";
}

Result<std::vector<std::string>> install_package(const std::vector<std::string>& command, const std::string& folder) {
  LUMENFLOW_TRY_ASSIGN(const Npx npx, read_npx(command));
  const std::string npm = find_program("npm"), node = find_program("node");
  if (npm.empty() || node.empty())
    return Error(ErrorCode::kNotFound, "npm and node are not on the PATH: install Node.js, or name another command");
  ProcessOptions options;
  options.command = {npm,          "install",   "--prefix",  folder + "/server", "--ignore-scripts",
                     "--no-audit", "--no-fund", "--no-save", "--install-links",  "--loglevel=error",
                     "--",         npx.package};
  for (const char* name : kKept)
    if (const char* value = std::getenv(name)) options.environment.push_back(std::string(name) + "=" + value);
  options.capture_output = true;
  options.errors_with_output = false;
  PosixProcesses processes;
  LUMENFLOW_TRY_ASSIGN(const std::unique_ptr<Process> process, processes.start(options));
  for (Result<std::optional<std::string>> line = process->read_line(kInstallMax); line.ok() && *line;)
    line = process->read_line(kInstallMax);
  LUMENFLOW_TRY_ASSIGN(const ProcessExit exit, process->wait(kInstallMax));
  if (exit.code != 0)
    return Error(ErrorCode::kUnreachable,
                 "npm could not install " + npx.package + " (exit code " + std::to_string(exit.code) + ")");
  std::error_code ignored;
  fs::remove_all(folder + "/server/node_modules/.bin", ignored);  // links that nothing here follows
  const std::string name = name_of(npx.package);
  const std::string package_folder = "server/node_modules/" + name;
  LUMENFLOW_TRY_ASSIGN(const std::string program, program_of(name, folder + "/" + package_folder));
  std::vector<std::string> out{node, (fs::path(package_folder) / program).lexically_normal().string()};
  out.insert(out.end(), npx.arguments.begin(), npx.arguments.end());
  return out;
}

}  // namespace lumenflow::cli
