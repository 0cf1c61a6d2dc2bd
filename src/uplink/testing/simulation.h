// A workspace, a network and the other side in simulated time, all from one seed: the real outbox, source, engine and
// intake; only the network, the journal's strand and the crashes are made up. And the checker of what came of it.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <queue>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "base/random.h"
#include "journal/outbox.h"
#include "log/memory_log.h"
#include "uplink/engine.h"
#include "uplink/testing/peer.h"

namespace lumenflow::uplink::testing {

struct SimulationOptions {
  std::uint64_t seed = 1;
  Millis duration{60'000};  // of faults; then everything heals
  double lose = 0.05;       // of messages, each way
  double duplicate = 0.05;
  Millis delay_max{80};     // each way: they overtake each other
  double partitions = 0.3;  // of the time, roughly
  int workspace_crashes = 3;
  int peer_crashes = 3;
  double poison = 0.005;       // of events
  double peer_faults = 0.1;    // of messages
  double keeper_fails = 0.03;  // of what is to be written down
  std::size_t emissions = 3'000;
  std::size_t commands = 200;       // that the other side has for the workspace
  bool lies = false;                // acknowledges beyond, refuses what is right: what must do no harm
  bool loses_acknowledged = false;  // negative control: acknowledges what it has not taken
  EngineLimits limits = {};
};

class Simulation {
 public:
  explicit Simulation(const SimulationOptions& options);
  ~Simulation();
  // Runs to the end, and says what is wrong; empty when nothing is.
  std::string run();
  Engine& engine() { return *engine_; }
  std::size_t held_events_max() const { return held_events_max_; }
  std::uint64_t dropped() const;
  std::uint64_t arrived() const;

 private:
  struct Event {
    Millis at;
    std::uint64_t order;
    std::function<void()> run;
    bool operator>(const Event& other) const { return std::tie(at, order) > std::tie(other.at, other.order); }
  };
  struct Emitted {
    std::uint64_t seq, queue_seq;
    std::string kind;
  };
  bool chance(double probability);
  Millis some_time(Millis most);
  void at(Millis when, std::function<void()> run);
  void schedule_faults();
  void emit();
  void say();
  std::string check_inbound() const;
  void start_engine();
  void pump();
  void carry_out(Action action);
  void wake();
  void keep(std::uint64_t id, std::function<Status()> write);
  template <class Answer>
  void exchange(std::function<Answer()> ask, std::function<void(const Answer&)> tell);
  PeerFaults faults();
  bool healed() const { return now_ >= options_.duration; }
  bool done();
  std::string check() const;
  void note_sent(const Batch& batch);

  const SimulationOptions options_;
  std::mt19937_64 dice_;
  SeededRandom random_;
  Millis now_{0};
  std::uint64_t order_ = 0;
  std::priority_queue<Event, std::vector<Event>, std::greater<>> events_;
  bool partitioned_ = false;
  std::unique_ptr<log::Log> log_;
  journal::Outbox outbox_;
  journal::Inbound inbound_;
  std::map<std::string, journal::StreamHead> heads_;
  std::unique_ptr<Source> source_;
  std::unique_ptr<Engine> engine_;
  Peer peer_{"log-a"};
  std::uint64_t life_ = 0;  // of the workspace; what belongs to an earlier one is lost
  Millis keeper_busy_until_{0};
  std::optional<Millis> woken_;
  std::map<std::string, std::vector<Emitted>> emitted_;
  std::set<std::pair<std::string, std::uint64_t>> ephemerals_sent_;
  std::string fault_;  // seen on the way
  std::size_t held_events_max_ = 0;
};

}  // namespace lumenflow::uplink::testing
