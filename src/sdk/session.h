// A pack's side of a conversation: what the host asks, answered from the registration.
//
// One thread. Borrows the connection.
#pragma once

#include <memory>

#include "lumenflow/pack.h"
#include "sdk/connection.h"

namespace lumenflow::sdk {

class Session {
 public:
  Session(Connection& connection, void (*register_pack)(pack::Registration&))
      : connection_(connection), register_pack_(register_pack) {}

  // Until pack/shutdown, or until the host is gone.
  void serve();

 private:
  void execute(const Request& request);
  void initialize(const Request& request);
  void call(const Request& request);
  void handle(const Request& request);
  void replay_key(const Request& request);
  void status(const Request& request);
  const pack::RegisteredHandler* handler_for(const Request& request);  // null: refused already

  Connection& connection_;
  void (*register_pack_)(pack::Registration&);
  std::unique_ptr<pack::Registration> registration_;  // null until pack/initialize
};

}  // namespace lumenflow::sdk
