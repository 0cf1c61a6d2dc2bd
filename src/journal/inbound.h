// What the other side of the uplink has for this workspace, into the journal: each event once, in order, checked.
//
// The other side keeps a Log for the workspace and gives its items by position; what stands up to the position kept
// here is durable here. Each item becomes an entry, whatever it is: `event.received`, or `event.refused` with the
// reason, so that nothing is lost silently and nothing that is wrong holds up what is right. docs/formats/journal.md
// has the bytes.
//
// One thread, the Log's writer. take() belongs to the Log's open batch; load() after a batch was undone. Borrows the
// Log.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "event/envelope_reader.h"
#include "event/stream_intake.h"
#include "log/log.h"

namespace lumenflow::journal {

struct InboundItem {
  std::uint64_t position = 0;  // in the other side's Log, from 1
  std::string text;            // an envelope, as it came
};

struct InboundBatch {
  std::string log_id;  // of the other side's Log
  std::vector<InboundItem> items;
};

// What is durable here: everything up to `position` of the Log `log_id`; empty: nothing ever came.
struct InboundAt {
  std::string log_id;
  std::uint64_t position = 0;
  bool operator==(const InboundAt&) const = default;
};

// An event that was taken in, and where its entry stands.
struct ReceivedEvent {
  Position at;
  event::Received received;
};

struct InboundTaken {
  std::vector<ReceivedEvent> events;
  std::map<std::string, std::uint64_t> received;  // by kind
  std::map<std::string, std::uint64_t> refused;   // by code
  std::uint64_t duplicates = 0;
};

inline constexpr std::size_t kInboundStreamsMax = 10'000;

class Inbound {
 public:
  Inbound(log::Log& log, std::string workspace_id) : log_(log), workspace_id_(std::move(workspace_id)) {}

  // JOURNAL_DAMAGED; UNSUPPORTED_FORMAT when a newer version wrote it.
  Status load();
  // Items at or below what is known are duplicates; the others are taken in the order in which they stand. Of another
  // Log than the last one, positions and streams count from its start. An error is the Log's: the batch is lost.
  Result<InboundTaken> take(const InboundBatch& batch, Timestamp now);
  const InboundAt& at() const { return at_; }

 private:
  struct Checked {
    event::Received received;
    std::string entry;
  };
  Result<Checked> check(const InboundItem& item, Timestamp now) const;
  // `at` of what is taken: its place among `entries`, until they are appended.
  Status take_item(const InboundItem& item, Timestamp now, std::vector<std::string>& entries, InboundTaken& taken);
  Status put_at();

  log::Log& log_;
  const std::string workspace_id_;
  InboundAt at_;
  std::map<std::string, event::StreamPlace, std::less<>> places_;
};

Result<InboundAt> inbound_at(const log::TableReader& tables);
// The streams that something came on, ever.
Result<std::vector<std::string>> inbound_streams(const log::TableReader& tables);

}  // namespace lumenflow::journal
