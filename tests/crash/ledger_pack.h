// A pack whose handlers count: what they applied, in which order, can be read from its store afterwards.
//
// Its tools emit events of both classes, on the strand with their result and off the strand at once, with and without
// idempotency keys. Its handlers are one of each kind: store-only on the strand (one of them of what
// comes from outside), on the executor, and with a replay key of its own. Each fails the first time it meets certain
// numbers.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "log/log.h"
#include "lumenflow/pack.h"

namespace lumenflow::crash {

inline constexpr std::string_view kPosted = "ledger:posted";  // queue; handled on the strand
inline constexpr std::string_view kBilled = "ledger:billed";  // queue; handled on the executor
inline constexpr std::string_view kSeen = "ledger:seen";      // ephemeral; handled on the executor
inline constexpr std::string_view kEchoed = "ledger:echoed";  // queue; emitted by the handlers of the first two

inline constexpr std::string_view kAsked = "conductor:command_cancelled";  // comes from outside; handled on the strand

// Input of every tool: {n, key?}; n is the event's payload, and makes it known again.
inline constexpr std::string_view kPost = "ledger:post";  // emits kPosted, on the strand
inline constexpr std::string_view kBill = "ledger:bill";  // emits kBilled at once, answers {event_id, timestamp}
inline constexpr std::string_view kSee = "ledger:see";    // emits kSeen, on the strand
inline constexpr std::string_view kBook = "ledger:book";  // emits all three, on the strand

const pack::BuiltinPack& ledger_pack();

// An emission that was promised to be durable while a tool ran.
struct Promise {
  std::int64_t n = 0;
  std::string event_id;
};

// What of the pack is in memory, and ends with the process. One at a time.
struct LedgerMemory {
  std::vector<Promise> promises;
  std::set<std::string> failed_once;  // kind and number
};
LedgerMemory& ledger_memory();

// The `n` of the events that the handler of this kind applied, in its order.
Result<std::vector<std::int64_t>> applied(const log::TableReader& tables, std::string_view kind);

// What its handlers' events are to be recognised by: the replay key where a handler has one, else the event's id.
std::string replay_key(std::string_view kind, std::string_view event_id, std::int64_t n);

}  // namespace lumenflow::crash
