// The way from the machines to the conductor: requests and answers that come late, twice, in another order, or not at
// all.
//
// What is simulated are whole requests: one that is cut on its way counts as lost. A request that was given up may
// still arrive, also at a later process.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <set>
#include <string>

#include "conductor_link/lane.h"
#include "http/client.h"
#include "http/server.h"
#include "machine.h"
#include "trace.h"

namespace lumenflow::sim {

struct Weather {
  unsigned lost = 0, doubled = 0, late = 0;  // per cent of messages
  Micros shortest{300}, longest{3'000};
  Micros latest{10'000'000};  // of those that are late
};

class Network {
 public:
  using Answer = std::function<void(http::Response)>;
  // Takes a request for the process that is there now; false: nobody listens.
  using Server = std::function<bool(http::Request, Answer)>;
  using Hear = conductor_link::Lane::Hear;
  struct Asking;  // a request under way
  using AskingPtr = std::shared_ptr<Asking>;

  Network(Scheduler& scheduler, std::uint64_t seed, Trace& trace) : scheduler_(scheduler), draw_(seed), trace_(trace) {}

  void serve(Server server) { server_ = std::move(server); }
  // `hear` belongs to the life, and is called once unless that ends.
  AskingPtr ask(const std::string& from, Life life, http::ClientRequest request, Micros timeout, Hear hear);
  // At once: UNREACHABLE.
  void give_up(const AskingPtr& asking);

  Weather weather;
  std::set<std::string> cut_off;  // machines that reach nobody

 private:
  void send(const AskingPtr& asking);
  void arrive(const AskingPtr& asking);
  void answer(const AskingPtr& asking, http::Response response);
  void heard(const AskingPtr& asking, Result<http::ClientResponse> response);
  Micros delay();

  Scheduler& scheduler_;
  Draw draw_;
  Trace& trace_;
  Server server_;
};

// A lane over it.
class SimLane final : public conductor_link::Lane {
 public:
  SimLane(Network& network, Machine& machine, Life life) : network_(network), machine_(machine), life_(life) {}
  ~SimLane() override { cut(); }
  void ask(Write write, Hear hear) override;
  void cut() override;

 private:
  struct Task {
    Write write;
    Hear hear;
  };
  void go_on();

  Network& network_;
  Machine& machine_;
  const Life life_;
  std::deque<Task> waiting_;
  Network::AskingPtr under_way_;
};

}  // namespace lumenflow::sim
