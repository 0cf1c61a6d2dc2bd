// One mounted server: which of its tools may be called as they were accepted, and who is asked.
//
// Thread safe: calls come on the threads of the pack's executor. Shared by what it registers.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "hosts/children.h"
#include "hosts/keeper.h"
#include "hosts/pack_log.h"
#include "hosts/pack_program.h"
#include "hosts/secret_values.h"
#include "mounts/mount_host.h"
#include "mounts/pipe_channel.h"
#include "mounts/standing.h"

namespace lumenflow::mounts {

class HttpChannel;

class MountedPack {
 public:
  MountedPack(std::function<sandbox::Launcher&()> launcher, const MountHostOptions& options, hosts::Keeper& keeper,
              const hosts::ProcessPackSource& source);
  ~MountedPack();
  MountedPack(const MountedPack&) = delete;
  MountedPack& operator=(const MountedPack&) = delete;

  Status read_definitions(const hosts::ProcessPackSource& source);
  bool is_remote() const { return !url_.empty(); }
  std::size_t instances() const { return instances_; }  // calls at once
  std::string isolation();
  std::vector<std::string> tools() const;

  pack::ToolResult call(pack::ToolContext& context, const json::Value& input);
  // No child is started from now on, and those at work are killed.
  void close();

 private:
  struct Tool {
    std::string entry;  // its name at the server
    json::Value input_schema;
    std::vector<std::string> required_env;
    bool harmless = false;    // it only reads
    bool structured = false;  // its definition promises structured content
    bool is_content = false;  // a prompt, or the reading of resources
  };
  struct Lease {
    std::string key;
    std::unique_ptr<hosts::ChildConnection> child;
  };
  struct Turn;  // one call on its way

  pack::ToolResult call_child(Turn& turn);
  pack::ToolResult call_remote(Turn& turn);
  Result<Lease> lease(const hosts::ProgramPlace& place, Inbound& inbound, pack::HostedRun* run);
  Result<Lease> start(const hosts::ProgramPlace& place);
  void give_back(Lease lease, bool usable, const Error* why);
  // Connects, and compares the server's tools with what was accepted, where that is due.
  Status make_ready(Channel& channel, Known& known, Turn& turn);
  pack::ToolResult ask(Channel& channel, Known& known, Turn& turn);
  pack::ToolResult crash(const Error& error, bool no_effect) const;
  bool enter(hosts::ChildConnection& child);
  void leave(hosts::ChildConnection& child);

  const std::function<sandbox::Launcher&()> launcher_;
  const MountHostOptions options_;
  hosts::Keeper& keeper_;
  const std::string id_;
  std::string url_, bearer_env_;
  std::size_t instances_ = 1;
  const hosts::PackProgram program_;
  std::map<std::string, Tool, std::less<>> tools_;
  Definitions accepted_;
  bool pinned_ = false;   // there are accepted definitions
  bool content_ = false;  // some of them are of prompts or resources

  hosts::SecretValues secrets_;
  hosts::PackLog log_;
  std::shared_ptr<hosts::Children> children_;  // shared with the keeper's look at it

  std::mutex mutex_;
  std::vector<hosts::ChildConnection*> at_work_;
  bool closed_ = false;
  std::mutex remote_mutex_;  // one at a time finds out what is there
  Known remote_;
  std::string remote_session_;
  std::atomic<std::int64_t> ids_ = 0;
};

}  // namespace lumenflow::mounts
