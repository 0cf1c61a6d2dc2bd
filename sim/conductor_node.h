// The conductor on its machine: its store and its routes, without sockets and threads.
#pragma once

#include <memory>
#include <string>

#include "conductor/core.h"
#include "machine.h"
#include "network.h"

namespace lumenflow::sim {

class ConductorNode {
 public:
  ConductorNode(Machine& machine, Trace& trace) : machine_(machine), trace_(trace) {}
  ~ConductorNode() { end(); }

  // Opens what the disk holds; not while it runs.
  Status start();
  bool running() const { return core_ != nullptr; }
  Life life() const { return life_; }
  // The process is gone: nothing it was about to do is done. The disk is the machine's to cut.
  void end();

  // Of the process that is there now; false: none is.
  bool take(http::Request request, Network::Answer answer);
  // What a route left unanswered; empty: nothing. It stays.
  const std::string& unanswered() const { return unanswered_; }

  conductor::Store& store() { return *store_; }
  // A one-time ticket, as an admin would make it beside the conductor.
  std::string ticket(const std::string& kind, const std::string& workspace);
  Machine& machine() { return machine_; }

 private:
  class Reply;
  void sweep();

  Machine& machine_;
  Trace& trace_;
  Life life_ = kWorld;
  std::unique_ptr<SimExecutor> executor_, beside_;
  std::unique_ptr<conductor::Store> store_;
  std::unique_ptr<conductor::Core> core_;
  bool ending_ = false;
  std::string unanswered_;
};

}  // namespace lumenflow::sim
