// The packs agent-runtime and sidekick in a real kernel that stands still, with scripted models. For tests only; one
// thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "http/server_fixture.h"
#include "kernel/testing/approval_world.h"

namespace lumenflow::testing {

class AgentWorld : public kernel::ApprovalWorld {
 public:
  AgentWorld();

  // Adds the section `agent_runtime` as it is now, and the scripts as files.
  void begin();
  void script(const std::string& name, std::string_view text) const;
  // What a script that was written so would be asked by.
  void intent(const std::string& id, std::vector<std::string> allowed, std::vector<std::string> with_approval = {});

  json::Value run(json::Value input);  // the whole answer of agent:execute-turn
  std::vector<json::Value> payloads(std::string_view kind) const;
  // "tool outcome code" of every call of a turn, in order.
  std::vector<std::string> calls_of_turns() const;
  json::Value session(const std::string& id) const;  // the pack's record
  std::string file(const std::string& path) const { return folder_.file(path); }

  json::Object section;

 private:
  http::TemporaryFolder folder_;
};

}  // namespace lumenflow::testing
