#include "mounts/testing/mount_world.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <iterator>
#include <utility>

#include "base/files.h"
#include "mounts/inspect.h"
#include "pack/pack_files.h"

extern char** environ;

namespace lumenflow::mounts::testing {

namespace fs = std::filesystem;

MountWorld::MountWorld(std::string era, bool remote, MountHostOptions options) {
  ::signal(SIGPIPE, SIG_IGN);
  std::string name = (fs::temp_directory_path() / "mount-XXXXXX").native();
  EXPECT_NE(::mkdtemp(name.data()), nullptr);
  root = fs::canonical(name);
  for (const char* each : {"snapshot", "workspace", "kept"}) fs::create_directory(root / each);
  host = std::make_unique<MountHost>([this]() -> sandbox::Launcher& { return launcher; }, std::move(options));
  plan.id = "odd";
  if (remote) {
    start_remote(era);
    plan.url = url();
    plan.hosts = {"127.0.0.1:" + std::to_string(port_)};
  } else {
    plan.command = {"/usr/bin/python3", LUMENFLOW_ODD_SERVER, (root / "kept").native(), era};
  }
  let_reach_everything();
}

MountWorld::~MountWorld() {
  registration_.reset();
  host.reset();
  if (server_ > 0) {
    ::kill(server_, SIGKILL);
    ::waitpid(server_, nullptr, 0);
  }
  fs::remove_all(root);
}

void MountWorld::let_reach_everything() {
  run_.enforced.network.type = pack::Scope::Type::kNetwork;
  run_.enforced.network.posture = pack::NetworkPosture::kAllowlist;
  run_.enforced.network.allowlist = plan.hosts;
}

void MountWorld::start_remote(const std::string& era) {
  std::array<int, 2> out{};
  ASSERT_EQ(::pipe2(out.data(), O_CLOEXEC), 0);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, out[1], 1);
  std::string kept = (root / "kept").native(), spoken = era, program = LUMENFLOW_ODD_SERVER,
              python = "/usr/bin/python3", http = "--http";
  std::array<char*, 6> argv{python.data(), program.data(), kept.data(), spoken.data(), http.data(), nullptr};
  ASSERT_EQ(::posix_spawn(&server_, python.c_str(), &actions, nullptr, argv.data(), environ), 0);
  ::posix_spawn_file_actions_destroy(&actions);
  ::close(out[1]);
  std::string line;
  for (char c = 0; ::read(out[0], &c, 1) == 1 && c != '\n';) line += c;
  ::close(out[0]);
  port_ = std::stoi(line);
}

WrittenPack MountWorld::import() {
  pack::Diagnostics diagnostics;
  const auto probe = pack::parse_manifest(hosts::testing::ManifestText(probe_manifest(plan)), "probe", diagnostics);
  EXPECT_TRUE(probe.has_value()) << pack::render_text(diagnostics, false);
  Result<Inspection> found =
      plan.url.empty()
          ? inspect_program(launcher,
                            hosts::PackProgram(*probe, (root / "snapshot").native(), (root / "workspace").native(), {}),
                            {}, {}, {})
          : inspect_url(plan.url, "", run_.enforced.network, true, {});
  if (!found.ok()) {
    ADD_FAILURE() << found.error().to_string();
    return {};
  }
  WrittenPack written = write_pack(plan, found->definitions);
  for (const auto& [path, text] : written.files) {
    const fs::path file = root / "snapshot" / path;
    fs::create_directories(file.parent_path());
    std::ofstream(file) << text;
  }
  return written;
}

Status MountWorld::load() {
  pack::Diagnostics diagnostics;
  const PosixFiles files;
  std::optional<pack::Manifest> parsed =
      pack::parse_manifest(pack::FolderPackFiles(files, (root / "snapshot").native()), "manifest.yaml", diagnostics);
  EXPECT_TRUE(parsed.has_value()) << pack::render_text(diagnostics, false);
  if (!parsed) return Error(ErrorCode::kInternal, "the manifest has faults");
  manifest_ = *std::move(parsed);
  registration_ = std::make_unique<pack::Registration>();
  return host->load({manifest_, (root / "snapshot").native(), (root / "workspace").native(), "ws-42", json::Object{}},
                    *registration_);
}

pack::ToolResult MountWorld::call_in(hosts::testing::FakeRun& run, const std::string& tool, json::Value input) {
  lumenflow::testing::FakeToolContext context(store_);
  context.tool_name = tool;
  context.receipt = "rcpt-" + std::to_string(++calls_);
  context.run = &run;
  for (const pack::RegisteredTool& each : registration_->tools())
    if (each.name == tool) {
      pack::ToolResult result = each.handler(context, input);
      progressed = context.progressed;
      return result;
    }
  ADD_FAILURE() << "no tool " << tool;
  return pack::ToolOutput{};
}

std::string MountWorld::call(const std::string& tool, json::Value input) {
  return shown(call_in(run_, tool, std::move(input)));
}

std::string MountWorld::shown(const pack::ToolResult& result) {
  if (const auto* output = std::get_if<pack::ToolOutput>(&result)) {
    if (!output->content.empty() && output->content[0].find("text") != nullptr)
      return output->content[0].find("text")->as_string();
    return json::serialize(output->data);
  }
  return hosts::testing::OddWorld::shown(result);
}

void MountWorld::touch(const std::string& name, const std::string& content) const {
  std::ofstream(root / "kept" / name) << content;
}
void MountWorld::remove(const std::string& name) const { fs::remove(root / "kept" / name); }
bool MountWorld::there(const std::string& name) const { return fs::exists(root / "kept" / name); }

std::string MountWorld::content(const std::string& name) const {
  std::ifstream file(root / "kept" / name);
  return {std::istreambuf_iterator<char>(file), {}};
}

void MountWorld::await(const std::string& name) const {
  for (int i = 0; i < 30'000 && !there(name); ++i) ::poll(nullptr, 0, 2);  // milliseconds between looks
  EXPECT_TRUE(there(name));
}

}  // namespace lumenflow::mounts::testing
