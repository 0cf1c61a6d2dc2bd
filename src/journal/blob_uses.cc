#include "journal/blob_uses.h"

#include <algorithm>
#include <string>

#include "base/encoding.h"
#include "journal/tables.h"

namespace lumenflow::journal {
namespace {

Result<Cut> uses_of(const log::Log& log, std::string_view hash) {
  LUMENFLOW_TRY_ASSIGN(const auto stored, log.tables().get(kBlobUsesTable, hash));
  if (!stored) return Cut();
  if (stored->size() != 16) return Error(ErrorCode::kJournalDamaged, "the uses of a blob are malformed");
  const std::string_view bytes = *stored;
  return Cut{Position(*from_big_endian(bytes.substr(0, 8))), Position(*from_big_endian(bytes.substr(8)))};
}

bool is_gone(const Cut& uses, const Cut& gone) { return uses.inputs <= gone.inputs && uses.outputs <= gone.outputs; }

}  // namespace

Status note_blobs(log::Log& log, Position first, std::string_view body) {
  LUMENFLOW_TRY_ASSIGN(const StoredBody stored, parse_body(body));
  for (const StoredPart* part : {&stored.input, &stored.result}) {
    if (!part->is_blob) continue;
    LUMENFLOW_TRY_ASSIGN(Cut uses, uses_of(log, part->bytes));
    Position& last = part == &stored.input ? uses.inputs : uses.outputs;
    last = std::max(last, first);
    const std::string value = big_endian(uses.inputs.value()) + big_endian(uses.outputs.value());
    LUMENFLOW_TRY(log.put(kBlobUsesTable, part->bytes, value));
  }
  return {};
}

Status note_idle(log::Log& log, const Hash256& blob) { return log.put(kIdleBlobsTable, as_chars(blob), ""); }

Result<std::vector<Hash256>> doom_idle_blobs(log::Log& log, BlobStore& blobs, const Cut& gone, std::size_t limit) {
  LUMENFLOW_TRY_ASSIGN(const std::vector<log::KeyValue> idle, log.tables().scan(kIdleBlobsTable, "", "", limit));
  std::vector<Hash256> doomed;
  for (const log::KeyValue& row : idle) {
    if (row.key.size() != sizeof(Hash256)) return Error(ErrorCode::kJournalDamaged, "an idle blob is malformed");
    LUMENFLOW_TRY_ASSIGN(const Cut uses, uses_of(log, row.key));
    if (!is_gone(uses, gone)) {
      LUMENFLOW_TRY(log.erase(kIdleBlobsTable, row.key));
      continue;
    }
    doomed.push_back(hash_of_blob({row.key, true}));
    blobs.doom(doomed.back());
  }
  return doomed;
}

Status forget_blob(log::Log& log, const Hash256& blob, const Cut& gone) {
  LUMENFLOW_TRY_ASSIGN(const Cut uses, uses_of(log, as_chars(blob)));
  if (is_gone(uses, gone)) LUMENFLOW_TRY(log.erase(kBlobUsesTable, as_chars(blob)));
  return log.erase(kIdleBlobsTable, as_chars(blob));
}

}  // namespace lumenflow::journal
