// A conductor beside the demo's workspace, as a child process with a store of its own. One thread.
//
// The folder and the process end with it.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/process.h"
#include "cli/context.h"
#include "lumenflow/consumers/conductor.h"
#include "lumenflow/json.h"

namespace lumenflow::cli {

class DemoConductor {
 public:
  // The context's workspace is the one that enrolls; its sidecar has to run when show() is called.
  explicit DemoConductor(Context& context) : context_(context) {}
  ~DemoConductor();

  // Enrolls the workspace and shows what an operator sees and does, what a viewer may not, and that both sides agree.
  Status show();
  // Says how to go on with it by hand.
  void invite();
  // Drains it.
  Status stop();

 private:
  using Client = consumers::ConductorClient;
  Status launch();
  Status add_operator(const std::string& name, const std::string& role);
  Status enroll();
  Result<Client> sign_in(const std::string& name);
  Status list_tools(Client& ana);
  Status call(Client& ana);
  Status watch_event(Client& ana);
  Status refuse(Client& vic);
  Status compare();
  Result<consumers::conductor::ToolOutcome> create_task(Client& who, std::string_view title);
  void say(const std::string& text);

  Context& context_;
  std::string root_, store_, passphrase_, passphrase_file_, url_, receipt_;
  std::unique_ptr<Process> process_;
};

}  // namespace lumenflow::cli
