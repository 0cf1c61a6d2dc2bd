// The other side as a local inbox: a Log of its own beside the journal, under the same rules as any receiver. What it
// acknowledges is synced to disk.
//
// LoopbackLink is used from one thread and calls back before it returns. Entries of the inbox are canonical JSON with a
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

  // LOG_FORKED for another journal than the one it knows, until rebind().
  void hello(const Hello& hello, std::function<void(HelloAnswer)> done) override;
  void send(std::shared_ptr<const Batch> batch, std::function<void(SendAnswer)> done) override;
  void heartbeat(std::uint64_t session, std::function<void(HeartbeatAnswer)> done) override;

  // An operator consents to another journal: the next hello binds the inbox to its log_id, and streams begin where that
  // says.
  Status rebind();

 private:
  LoopbackLink(log::Log& inbox, std::string from) : inbox_(inbox), from_(std::move(from)) {}
  Status load();
  Status begin(const Hello& hello);
  Status put_place(const std::string& stream, event::StreamPlace place);
  Result<BatchAnswer> take(const Batch& batch);
  Status undone(Status why);

  log::Log& inbox_;
  const std::string from_;
  std::string log_id_;  // of the journal it knows; empty: none yet
  std::uint64_t session_ = 0;
  std::map<std::string, event::StreamPlace> places_;
};

struct InboxItem {
  Position position;
  json::Value entry;
};
// What arrived after a position, oldest first; for `lumenflow inbox`.
Result<std::vector<InboxItem>> read_inbox(const log::Log& inbox, Position after, std::size_t limit);

}  // namespace lumenflow::uplink
