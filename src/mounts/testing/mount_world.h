// The server `odd` (odd_server.py) mounted into a host without a kernel, over pipes or HTTP. For tests only.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "hosts/testing/odd_world.h"
#include "mounts/mount_host.h"
#include "mounts/pack_writer.h"
#include "support/fake_tool_context.h"

namespace lumenflow::mounts::testing {

class MountWorld {
 public:
  // `era`: what the server speaks. `remote`: it is behind a URL.
  explicit MountWorld(std::string era = "both", bool remote = false, MountHostOptions options = {});
  ~MountWorld();
  MountWorld(const MountWorld&) = delete;
  MountWorld& operator=(const MountWorld&) = delete;

  // Looks at the server as it is now and writes the pack of it.
  WrittenPack import();
  Status load();
  std::string call(const std::string& tool, json::Value input = json::Object{});
  pack::ToolResult call_in(hosts::testing::FakeRun& run, const std::string& tool, json::Value input = json::Object{});
  // "CODE: message" of a failure or a crash; the first text of a success, else its data.
  static std::string shown(const pack::ToolResult& result);
  void touch(const std::string& name, const std::string& content = "") const;  // in the server's folder
  void remove(const std::string& name) const;
  bool there(const std::string& name) const;
  std::string content(const std::string& name) const;
  void await(const std::string& name) const;  // until the server has made this file
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/mcp"; }
  hosts::testing::FakeRun& run() { return run_; }  // what call() calls in
  void let_reach_everything();

  std::filesystem::path root;
  hosts::testing::PlainLauncher launcher;
  std::unique_ptr<MountHost> host;
  MountPlan plan;
  std::vector<std::pair<double, std::string>> progressed;  // what the last call was told

 private:
  void start_remote(const std::string& era);

  std::unique_ptr<pack::Registration> registration_;
  pack::Manifest manifest_;
  lumenflow::testing::MemoryStore store_;
  hosts::testing::FakeRun run_;
  pid_t server_ = -1;
  int port_ = 0;
  int calls_ = 0;
};

}  // namespace lumenflow::mounts::testing
