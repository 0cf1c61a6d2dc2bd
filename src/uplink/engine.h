// The uplink as a state machine: what to say to the other side and what to write down, decided from what the journal
// says, what the other side answers, and the time. Everything is passed in, so the same inputs give the same outputs.
//
// No thread, no clock, no I/O but reads through Source. Not thread safe: its owner calls it from one thread, carries
// out take_actions() after every call, and calls step() at next_wake() and whenever the journal has grown. Borrows
// Source and Random. Memory is bounded by EngineLimits, however long the backlog.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/random.h"
#include "uplink/keeper.h"
#include "uplink/limits.h"
#include "uplink/link.h"
#include "uplink/source.h"
#include "uplink/stream_sender.h"

namespace lumenflow::uplink {

enum class Connection : std::uint8_t { kOff, kDisconnected, kConnected, kForked };
std::string_view name(Connection connection);  // "off", "disconnected", "connected", "forked"

// What to do, each with the number to give back with the answer.
struct SayHello {
  std::uint64_t id;
  Hello hello;
};
struct SendBatch {
  std::uint64_t id;
  std::shared_ptr<const Batch> batch;
};
struct SendHeartbeat {
  std::uint64_t id;
  std::uint64_t session;
};
struct KeepAcknowledged {
  std::uint64_t id;
  std::string stream;
  Position to;
};
struct KeepDeadLetter {
  std::uint64_t id;
  std::string stream;
  Position position;
  std::string reason;
};
struct KeepSettlement {
  std::uint64_t id;
  Settlement settlement;
};
struct AskForMore {
  std::uint64_t id;
  Fetch fetch;
};
struct SayRebind {  // answered by heard_rebind()
  std::uint64_t id;
};
struct KeepReceived {
  std::uint64_t id;
  std::shared_ptr<const journal::InboundBatch> batch;  // shared with whoever makes it durable
};
struct SayForked {  // answered by heard_forked()
  std::uint64_t id;
  std::string log_id, reason;
};
struct KeepRebase {
  std::uint64_t id;
  bool anew;  // the journal takes a new log_id
};
using Action = std::variant<SayHello, SendBatch, SendHeartbeat, AskForMore, SayRebind, SayForked, KeepAcknowledged,
                            KeepDeadLetter, KeepSettlement, KeepReceived, KeepRebase>;

struct EngineState {
  Connection connection = Connection::kOff;
  std::string last_error;                        // empty: none since the last success
  std::map<std::string, std::uint64_t> dropped;  // ephemerals by kind, since the workspace began
  std::size_t held_events = 0;                   // in memory
  std::size_t held_bytes = 0;
  std::uint64_t batches_sent = 0;
  std::uint64_t batches_unanswered = 0;  // when their conversation ended
  std::string log_id;                    // of the journal
};

class Engine {
 public:
  Engine(const Source& source, Random& random, EngineLimits limits = {});

  // Reads where things stand. To be called once, first. JOURNAL_DAMAGED and the like.
  Status start(Millis now);
  // Goes on: reads what was appended, sends what is due. A failed read is tried again at the next step.
  void step(Millis now);
  std::optional<Millis> next_wake() const;  // nothing: only when something happens
  std::vector<Action> take_actions();

  void heard_hello(std::uint64_t id, const HelloAnswer& answer, Millis now);
  void heard_batch(std::uint64_t id, const SendAnswer& answer, Millis now);
  void heard_heartbeat(std::uint64_t id, const HeartbeatAnswer& answer, Millis now);
  void heard_fetch(std::uint64_t id, const FetchAnswer& answer, Millis now);
  void heard_rebind(std::uint64_t id, const Status& status, Millis now);
  void heard_forked(std::uint64_t id, const Status& status, Millis now);
  void kept(std::uint64_t id, const Status& status, Millis now);

  // An operator has looked at the fork and consents to go on with this journal: the other side is told, and what was
  // not acknowledged goes out. Where the other side has another history under this very log_id (a clone went first),
  // the journal takes a new one. CONFLICT when there is no fork, INVALID_INPUT when the journal is another one.
  Status consent(const std::string& log_id, Millis now);
  bool consenting() const { return rebinding_.has_value(); }
  // Writes down now what would be written down at leisure: before an orderly stop.
  void settle_all();

  bool keeping() const { return !keeping_.empty(); }  // whether something is on its way to being durable

  EngineState state() const;

 private:
  enum class Phase : std::uint8_t { kOff, kWaiting, kGreeting, kTalking, kForked };
  struct Keeping {       // on its way to being durable
    std::string stream;  // empty: of none
    enum class What : std::uint8_t { kAcknowledged, kDeadLetter, kSettlement, kReceived, kRebase } what;
    Position to;
  };
  struct Stream {
    StreamSender sender;
    Position acknowledged;  // durable, or on its way
    bool acknowledging = false;
    bool holding = false;          // a dead letter is on its way
    std::optional<Position> born;  // where it was first seen, while nothing of it is durable
  };
  struct Flight {
    std::shared_ptr<const Batch> batch;
    Millis deadline;
  };

  Status read_tail(Millis now);
  Stream& stream_of(const std::string& name, Position seen);
  Position account_floor() const;
  void greet(Millis now);
  Status begin(const Welcome& welcome);
  void talk(Millis now);
  void keep_books();
  void ask_for_more(Millis now);
  void settle(Stream& stream, bool pressing);
  void hang_up(bool disconnected);
  void fail(const Error& why, std::optional<Millis> retry_after, Millis now);
  void go_back(Millis now);
  enum class Knows : std::uint8_t { kOtherLog, kThisLog };  // what the other side has another history of
  void fork(const Error& why, Knows knows, Millis now);
  void say_forked(Millis now);
  Millis backoff();
  void kept_of(Stream& stream, const Keeping& done, bool durable);
  void received(const Status& status, Millis now);
  void rebase(bool anew);
  void rebased(std::uint64_t id, const Status& status);
  void act_on(const StreamSender::Heard& heard, Stream& stream, Millis now);

  const Source& source_;
  Random& random_;
  const EngineLimits limits_;
  Phase phase_ = Phase::kOff;
  bool disconnected_ = true;
  std::string log_id_;
  std::uint64_t session_ = 0;
  std::uint64_t next_id_ = 0;
  std::map<std::string, Stream, std::less<>> streams_;
  journal::OutboxSwitch switch_;
  Position tail_;       // the journal is accounted for up to there
  Position start_end_;  // the journal's end when this run began
  std::map<std::uint64_t, Flight> flights_;
  std::map<std::uint64_t, Keeping> keeping_;
  std::optional<std::uint64_t> greeting_, heartbeat_, fetching_, rebinding_, telling_;  // ids, while unanswered
  journal::InboundAt inbound_;                                                          // durable here
  bool receiving_ = false;  // more than that is on its way to being durable
  Millis fetch_at_{0};      // the next question
  unsigned attempt_ = 0;
  Knows knows_ = Knows::kOtherLog;  // while forked
  std::string forked_why_;          // not told to the other side yet; empty: nothing to tell
  bool progress_ = false;           // since the conversation began
  Millis retry_at_{0};
  Millis heard_at_{0};   // the other side, last
  Millis beat_at_{0};    // the last heartbeat was sent
  Millis reread_at_{0};  // after a read or a write failed
  std::map<std::string, std::uint64_t> dropped_before_;
  std::string last_error_;
  std::uint64_t batches_sent_ = 0, batches_unanswered_ = 0;
  std::vector<Action> actions_;
};

}  // namespace lumenflow::uplink
