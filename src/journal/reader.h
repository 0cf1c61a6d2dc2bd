// Reading the journal: pages of entries by position, and one call whole. Thread safe: it sees durable rows only.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/strong.h"
#include "journal/body.h"
#include "journal/entry.h"
#include "log/log.h"

namespace lumenflow::journal {

struct ReadEntry {
  Position position;
  std::string bytes;  // canonical
  json::Value value;
};

struct Page {
  std::vector<ReadEntry> items;
  Position last;  // looked at, whether it matched or not; `after` when there was nothing to look at
  // Where to go on: `last`; nothing at the end of the journal.
  std::optional<Position> next;
};

// A call as the journal tells it.
struct RecordedCall {
  json::Value requested;
  std::optional<json::Value> finished;  // nothing while it runs
  Body body;
  bool input_let_go = false, result_let_go = false;  // by retention; their hashes are in the entries
};

class Reader {
 public:
  Reader(const log::Log& log, const BlobStore& blobs) : log_(log), blobs_(blobs) {}

  // Which entries a page holds.
  struct Filter {
    // Text that stands in the canonical bytes of every entry that matches; each must. Spares decoding the others.
    std::vector<std::string> texts = {};
    // When not empty, at least one of these must stand there too.
    std::vector<std::string> any_of = {};
    std::function<bool(const json::Value& entry)> matches = [](const json::Value&) { return true; };
  };
  // Events, emitted here or received from outside.
  static Filter events(std::string_view kind);  // every one; with a kind, those of it
  static Filter events_of(std::vector<std::string> kinds);
  // Up to `limit` matching entries after `after`. Looks at no more than a bounded number of entries per call, so a page
  // of a rare kind may be short or empty and still have `next`.
  Result<Page> page(Position after, std::size_t limit, const Filter& filter) const;
  Result<ReadEntry> entry(Position position) const;  // NOT_FOUND
  // NOT_FOUND; JOURNAL_DAMAGED also when a body is not what its hash says.
  Result<RecordedCall> call(const ReceiptId& receipt) const;

 private:
  Result<RecordedCall> call_in(const log::TableReader& tables, const ReceiptId& receipt) const;
  const log::Log& log_;
  const BlobStore& blobs_;
};

}  // namespace lumenflow::journal
