#include "journal/tables.h"

#include "base/check.h"
#include "base/encoding.h"
#include "journal/approvals.h"
#include "journal/commands.h"
#include "journal/recoveries.h"
#include "journal/retention.h"
#include "journal/tasks.h"

namespace lumenflow::journal {
namespace {
constexpr std::string_view kReceiptPrefix = "rcpt-";
}

std::vector<std::string> journal_tables() {
  std::vector<std::string> names;
  for (const std::string_view name :
       {kCallsTable,        kOpenCallsTable,  kStreamsTable,       kStoreTable,      kCallKeysTable,
        kCallKeyIndexTable, kEventKeysTable,  kEventKeyIndexTable, kReplayKeysTable, kReplayKeyIndexTable,
        kAttemptsTable,     kOutboxTable,     kInboundTable,       kApprovalsTable,  kApprovalExpiryTable,
        kTasksTable,        kTaskStatesTable, kTaskClaimsTable,    kRecoveriesTable, kOpenRecoveriesTable,
        kBlobUsesTable,     kIdleBlobsTable,  kRetentionTable,     kCommandsTable})
    names.emplace_back(name);
  names.emplace_back("cursors");
  return names;
}

std::string big_endian(std::uint64_t value) {
  std::string out(8, '\0');
  for (std::size_t i = 0; i < 8; ++i) out[i] = static_cast<char>(value >> (56 - 8 * i));
  return out;
}

std::optional<std::uint64_t> from_big_endian(std::string_view bytes) {
  if (bytes.size() != 8) return std::nullopt;
  std::uint64_t value = 0;
  for (const char byte : bytes) value = value << 8 | static_cast<std::uint8_t>(byte);
  return value;
}

std::optional<std::string> call_key(const ReceiptId& receipt) {
  const std::string_view text = receipt.str();
  if (!text.starts_with(kReceiptPrefix)) return std::nullopt;
  const std::optional<Ulid> ulid = parse_ulid(text.substr(kReceiptPrefix.size()));
  if (!ulid) return std::nullopt;
  return std::string(as_chars(ulid->bytes));
}

ReceiptId receipt_of_call_key(std::string_view key) {
  Ulid ulid;
  LUMENFLOW_CHECK(key.size() == ulid.bytes.size());
  key.copy(reinterpret_cast<char*>(ulid.bytes.data()), key.size());
  return ReceiptId(std::string(kReceiptPrefix) + ulid.str());
}

std::string encode(const CallPlaces& places) {
  return big_endian(places.requested.value()) + big_endian(places.finished.value());
}

std::string encode(const Attempts& attempts) { return big_endian(attempts.at.value()) + big_endian(attempts.attempts); }

std::optional<Attempts> decode_attempts(std::string_view value) {
  if (value.size() != 16) return std::nullopt;
  return Attempts{Position(*from_big_endian(value.substr(0, 8))), *from_big_endian(value.substr(8))};
}

std::optional<CallPlaces> decode_call_places(std::string_view value) {
  if (value.size() != 16) return std::nullopt;
  return CallPlaces{Position(*from_big_endian(value.substr(0, 8))), Position(*from_big_endian(value.substr(8)))};
}

std::string encode(const StreamHead& head) { return big_endian(head.seq) + big_endian(head.queue_seq); }

std::optional<StreamHead> decode_stream_head(std::string_view value) {
  if (value.size() != 16) return std::nullopt;
  return StreamHead{*from_big_endian(value.substr(0, 8)), *from_big_endian(value.substr(8))};
}

std::string encode(const IdempotencyRecord& record) {
  return std::string(as_chars(record.input_hash)).append(record.receipt);
}

std::optional<IdempotencyRecord> decode_idempotency_record(std::string_view value) {
  if (value.size() != 48) return std::nullopt;
  IdempotencyRecord record;
  value.copy(reinterpret_cast<char*>(record.input_hash.data()), 32);
  record.receipt = value.substr(32);
  return record;
}

std::string store_key(std::string_view pack, std::string_view key) {
  std::string out;
  out.reserve(pack.size() + key.size() + 1);
  out.append(pack).append(1, '\0').append(key);
  return out;
}

}  // namespace lumenflow::journal
