// The tables that commit with the journal's entries, their keys and values.
//
// Keys that grow with use are ordered by time or position, never by hash: inserts stay at the table's right edge.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/sha256.h"
#include "base/strong.h"
#include "base/ulid.h"

namespace lumenflow::journal {

inline constexpr std::string_view kCallsTable = "calls";           // receipt -> positions of its rows
inline constexpr std::string_view kOpenCallsTable = "open_calls";  // receipt of a call started and not finished
inline constexpr std::string_view kStreamsTable = "streams";       // stream -> last seq and queue_seq
inline constexpr std::string_view kStoreTable = "store";           // pack, NUL, key -> JSON
// Idempotency keys of calls and of emissions; see key_window.h.
inline constexpr std::string_view kCallKeysTable = "call_keys";
inline constexpr std::string_view kCallKeyIndexTable = "call_key_index";
inline constexpr std::string_view kEventKeysTable = "emission_keys";
inline constexpr std::string_view kEventKeyIndexTable = "emission_key_index";
// Replay keys of events that handlers dealt with; see key_window.h.
inline constexpr std::string_view kReplayKeysTable = "replay_keys";
inline constexpr std::string_view kReplayKeyIndexTable = "replay_key_index";
inline constexpr std::string_view kAttemptsTable = "delivery_attempts";  // handler's cursor -> failures of what is next
// What the other side has not acknowledged; see outbox.h.
inline constexpr std::string_view kOutboxTable = "outbox";
// How far what comes from the other side is here; see inbound.h.
inline constexpr std::string_view kInboundTable = "inbound";
// Besides these: approvals.h, tasks.h, blob_uses.h, retention.h.
std::vector<std::string> journal_tables();

std::string big_endian(std::uint64_t value);                           // 8 bytes
std::optional<std::uint64_t> from_big_endian(std::string_view bytes);  // exactly 8

// "rcpt-<ULID>" as the 16 bytes of the ULID; nothing for another form.
std::optional<std::string> call_key(const ReceiptId& receipt);
ReceiptId receipt_of_call_key(std::string_view key);

struct CallPlaces {
  Position requested;  // the row of call.requested (and of everything else, for one-commit calls)
  Position finished;   // 0 while it runs
};
std::string encode(const CallPlaces& places);
std::optional<CallPlaces> decode_call_places(std::string_view value);

struct StreamHead {
  std::uint64_t seq = 0;
  std::uint64_t queue_seq = 0;
};
std::string encode(const StreamHead& head);
std::optional<StreamHead> decode_stream_head(std::string_view value);

// How often a handler has failed with the event that stands next on a stream.
struct Attempts {
  Position at;
  std::uint64_t attempts = 0;
};
std::string encode(const Attempts& attempts);
std::optional<Attempts> decode_attempts(std::string_view value);

// What an idempotency key stands for: the first call under it.
struct IdempotencyRecord {
  Hash256 input_hash{};
  std::string receipt;  // call key: 16 bytes
};
std::string encode(const IdempotencyRecord& record);
std::optional<IdempotencyRecord> decode_idempotency_record(std::string_view value);

std::string store_key(std::string_view pack, std::string_view key);

}  // namespace lumenflow::journal
