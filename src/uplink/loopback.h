// The other side as a local inbox: a Log of its own beside the journal, under the same rules as any receiver. What it
// acknowledges is synced to disk.
//
// What is put in for the workspace waits there too, until it is durable in the journal.
//
// LoopbackLink is used from one thread and calls back before it returns, but for fetch(), which waits for something to
// be put in. Entries of the inbox are canonical JSON with a
// `type`: event.received {event}, event.tombstone {queue_seq, reason, seq, stream}, events.dropped {first_seq,
// last_seq, stream}.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "log/log.h"
#include "lumenflow/json.h"
#include "uplink/link.h"

namespace lumenflow::uplink {

// Of the inbox's file, `.lumenflow/state/conductor/inbox.db`; its folder exists. A reader may open it beside the one
// process that writes. IO_ERROR, UNSUPPORTED_FORMAT.
Result<std::unique_ptr<log::Log>> open_inbox(const std::string& path, const std::string& new_log_id);

class LoopbackLink final : public Link {
 public:
  // Borrows the inbox. `from` is whose events it takes. JOURNAL_DAMAGED.
  static Result<std::unique_ptr<LoopbackLink>> open(log::Log& inbox, std::string from);

  ~LoopbackLink() override;

  // LOG_FORKED for another journal than the one it knows, until rebind().
  void hello(const Hello& hello, std::function<void(HelloAnswer)> done) override;
  void send(std::shared_ptr<const Batch> batch, std::function<void(SendAnswer)> done) override;
  void heartbeat(std::uint64_t session, std::function<void(HeartbeatAnswer)> done) override;

  // Oldest first, 256 at most. Waits until there is something.
  void fetch(const Fetch& fetch, std::function<void(FetchAnswer)> done) override;
  // The next hello binds the inbox to its log_id, and streams begin where that says.
  void rebind(std::function<void(Status)> done) override;
  // Nobody watches there.
  void forked(const std::string&, const std::string&, std::function<void(Status)> done) override { done({}); }

  // The other side says something: an event from `from`, for the workspace to fetch. Durable when it returns.
  Result<StreamAt> put_in(const event::Event& event, event::Stamp stamp);
  // How much was put in, ever; 0 also when that cannot be read.
  std::uint64_t put_in_to() const;

 private:
  LoopbackLink(log::Log& inbox, std::string from) : inbox_(inbox), from_(std::move(from)) {}
  Status load();
  Status begin(const Hello& hello);
  Status put_place(const std::string& stream, event::StreamPlace place);
  Result<BatchAnswer> take(const Batch& batch);
  Status undone(Status why);
  Status forget();
  Status forget_fetched(const journal::InboundAt& durable);
  Result<journal::InboundBatch> waiting(const journal::InboundAt& durable) const;
  Result<StreamAt> write_in(const event::Event& event, event::Stamp stamp);

  log::Log& inbox_;
  const std::string from_;
  std::string log_id_;  // of the journal it knows; empty: none yet
  std::uint64_t session_ = 0;
  std::map<std::string, event::StreamPlace> places_;
  journal::InboundAt fetched_;                    // what the one that waits has said is durable
  std::function<void(FetchAnswer)> fetch_waits_;  // empty: nobody waits
};

struct InboxItem {
  Position position;
  json::Value entry;
};
// What arrived after a position, oldest first; for `lumenflow inbox`.
Result<std::vector<InboxItem>> read_inbox(const log::Log& inbox, Position after, std::size_t limit);

}  // namespace lumenflow::uplink
