// Somebody who asks things of workspaces through the conductor, over the same network, and asks again until it is
// taken; who takes back what was asked, and revokes devices.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "conductor/store.h"
#include "network.h"
#include "phone.h"

namespace lumenflow::sim {

struct AskedCommand {
  std::string workspace;
  std::string tool;
  std::int64_t n = 0;
  std::string command_id;   // as the conductor said; empty: it has said nothing yet
  int unanswered = 0;       // asked and not heard of
  bool taken_back = false;  // as far as was tried
};

class Operator {
 public:
  Operator(Network& network, Scheduler& scheduler) : network_(network), scheduler_(scheduler) {}

  // Leaves a session as signing in would, without the passphrase's cost.
  Status sign_in(conductor::Store& store, Timestamp now);
  void ask(const std::string& workspace, std::string_view tool, std::int64_t n);
  // The same command again, under its key.
  void ask_again(std::int64_t n);
  // Once; whether it was still possible shows later.
  void take_back(std::int64_t n);
  void revoke(Phone& phone);
  // Whatever was not taken, until it is.
  void ask_all_again();
  // How many of them the conductor knows as done.
  std::uint64_t done(const conductor::Store& store) const;
  // What is not taken yet; empty: nothing.
  std::string unrest() const;

  const std::map<std::int64_t, AskedCommand>& asked() const { return asked_; }
  // A key that stands for two commands; empty: none does.
  const std::string& fault() const { return fault_; }

 private:
  void send(std::int64_t n);
  http::ClientRequest request(http::Method method, std::string path) const;

  Network& network_;
  Scheduler& scheduler_;
  std::string cookie_, csrf_;
  std::map<std::int64_t, AskedCommand> asked_;  // by n
  std::map<std::string, Phone*> revoking_;      // by subject: the conductor has not said that it did
  std::string fault_;
};

}  // namespace lumenflow::sim
