// The port to the other side of the uplink: what may be said, and what comes back.
//
// Calls return at once; each calls back exactly once, on any thread, also when the link is destroyed before an answer
// came. HTTP maps onto it: hello and heartbeat are `POST /v2/heartbeat`, send is `POST /v2/events`, fetch is
// `GET /v2/commands?after=N&wait=30s`, a Refusal is a status that is no success (401, 409, 429 …) or no answer at all.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/sha256.h"
#include "event/stream_intake.h"
#include "journal/inbound.h"
#include "lumenflow/result.h"

namespace lumenflow::uplink {

struct StreamAt {
  std::string stream;
  event::StreamPlace place;
};

struct TreeHead {
  std::uint64_t size = 0;
  Hash256 root{};
};

struct Hello {
  std::string log_id;
  std::vector<StreamAt> bases;  // nothing up to there will come
};

struct Welcome {
  std::string log_id;             // as the other side knows this workspace's journal
  std::uint64_t session = 0;      // names this conversation: a batch of an earlier one must be refused from now on
  std::vector<StreamAt> streams;  // what is durable there
  std::optional<TreeHead> head;   // the last head of the journal it has seen
};

struct Refusal {
  Error error;
  std::optional<std::chrono::milliseconds> retry_after = {};
};

struct Batch {
  std::string log_id;
  std::uint64_t session = 0;
  std::string stream;
  event::StreamPlace after;         // what must be there
  std::vector<std::string> events;  // envelopes and tombstones, as they stand on the wire
};

struct BatchAnswer {
  std::uint64_t accepted = 0;
  std::uint64_t duplicates = 0;
  std::vector<event::RejectedEvent> rejected;
  std::uint64_t acked_seq = 0;  // everything up to there is durable on the other side
};

// Asks for what the other side has for this workspace; everything up to `durable` is durable here.
struct Fetch {
  std::uint64_t session = 0;
  journal::InboundAt durable;
};

struct FetchAnswer {
  std::optional<Refusal> refusal;
  journal::InboundBatch batch;  // without items: nothing came within the wait
};

struct HelloAnswer {
  std::optional<Refusal> refusal;
  Welcome welcome;
};
struct SendAnswer {
  std::optional<Refusal> refusal;
  BatchAnswer batch;
};
struct HeartbeatAnswer {
  std::optional<Refusal> refusal;
};

class Link {
 public:
  virtual ~Link() = default;
  virtual void hello(const Hello& hello, std::function<void(HelloAnswer)> done) = 0;
  // Batches of one session arrive in the order in which they were sent, or are refused.
  virtual void send(std::shared_ptr<const Batch> batch, std::function<void(SendAnswer)> done) = 0;
  virtual void heartbeat(std::uint64_t session, std::function<void(HeartbeatAnswer)> done) = 0;
  // Answers when there is something, or after a while. One at a time: another one ends it with CONFLICT. What `durable`
  // says may be forgotten there; where its log_id is not that of the other side's Log, that is read from its start.
  virtual void fetch(const Fetch& fetch, std::function<void(FetchAnswer)> done) = 0;
  // Nothing is sent until an operator consents: the other side has another history, for that reason.
  virtual void forked(const std::string& log_id, const std::string& reason, std::function<void(Status)> done) = 0;
  // An operator consents to go on with this workspace's journal, whatever the other side knew of it: the next hello
  // begins anew.
  virtual void rebind(std::function<void(Status)> done) = 0;
};

}  // namespace lumenflow::uplink
