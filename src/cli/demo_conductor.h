// A conductor beside the demo's workspace, as a child process with a store of its own. One thread.
//
// The folder and the process end with it.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/process.h"
#include "cli/context.h"
#include "http/client.h"
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
  struct Operator {
    std::string cookie, csrf;
  };
  Status launch();
  Status add_operator(const std::string& name, const std::string& role);
  Status enroll();
  Result<Operator> sign_in(const std::string& name);
  Status list_tools(const Operator& who);
  Status call(const Operator& who);
  Status watch_event(const Operator& who);
  Status refuse(const Operator& who);
  Status compare();
  Result<http::ClientResponse> send(const Operator& who, http::ClientRequest request);
  Result<http::ClientResponse> post_task(const Operator& who, std::string_view title);
  void say(const std::string& text);

  Context& context_;
  std::string root_, store_, passphrase_, passphrase_file_, url_, receipt_;
  std::unique_ptr<Process> process_;
  std::unique_ptr<http::Client> client_;
};

}  // namespace lumenflow::cli
