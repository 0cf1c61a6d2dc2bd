// The other side as a test double: takes batches by the real rules, and misbehaves as it is told.
//
// Not thread safe.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "event/stream_intake.h"
#include "uplink/link.h"

namespace lumenflow::uplink::testing {

struct PeerFaults {
  bool half = false;         // takes only the first part of a batch
  bool busy = false;         // refuses with RATE_LIMITED and Retry-After
  bool expired = false;      // refuses with TOKEN_EXPIRED
  bool acks_beyond = false;  // acknowledges what was never sent
  bool acks_lost = false;    // acknowledges, and has not taken it
  bool wrong_after = false;  // refuses what continues its stream
  bool wrong_log = false;    // welcomes another journal
  bool forgets = false;      // welcomes with less than it acknowledged
};

struct Arrived {
  std::uint64_t seq;
  std::uint64_t queue_seq;  // 0: an ephemeral
  bool tombstone;
};

class Peer {
 public:
  explicit Peer(std::string log_id) : log_id_(std::move(log_id)) {}

  HelloAnswer hello(const Hello& hello, const PeerFaults& faults);
  SendAnswer send(const Batch& batch, const PeerFaults& faults);
  HeartbeatAnswer heartbeat(std::uint64_t session, const PeerFaults& faults) const;
  FetchAnswer fetch(const Fetch& fetch, const PeerFaults& faults) const;
  // Has something for the workspace.
  void say(std::string envelope) { said_.push_back(std::move(envelope)); }
  std::size_t said() const { return said_.size(); }
  // Forgets the conversation; what it took stays.
  void restart() { ++session_; }

  const std::map<std::string, std::vector<Arrived>>& arrived() const { return arrived_; }
  std::uint64_t duplicates() const { return duplicates_; }

  static constexpr std::string_view kPoison = R"("poison":true)";  // an event with this in it is malformed here

 private:
  const std::string log_id_;
  std::uint64_t session_ = 0;
  std::map<std::string, event::StreamPlace> places_;
  std::map<std::string, std::vector<Arrived>> arrived_;
  std::uint64_t duplicates_ = 0;
  std::vector<std::string> said_;
};

}  // namespace lumenflow::uplink::testing
