// Self-contained proofs as JSON, `lumenflow-proof/1`: the signed head, what is proven, and the hashes between them.
// Whoever holds the log's public key can check one without the journal. The members are in docs/formats/proof.md.
//
// Pure but for reads of the Log; any thread.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/signing.h"
#include "log/log.h"
#include "lumenflow/json.h"

namespace lumenflow::journal {

// That the entry is in the tree of the first `size` entries. NOT_FOUND beyond the end, INVALID_INPUT for another size.
Result<json::Value> prove_entry(const log::Log& log, Position position, std::uint64_t size, const Ed25519KeyPair& key);
// That the tree of `to` entries begins with that of `from`. INVALID_INPUT when one is beyond the head or they are
// exchanged.
Result<json::Value> prove_growth(const log::Log& log, std::uint64_t from, std::uint64_t to, const Ed25519KeyPair& key);

struct Proven {
  log::Head head;               // that the proof leads to, signed by the key
  Position position{};          // of the entry; 0 for a proof of growth
  std::uint64_t from_size = 0;  // of a proof of growth
};

// INVALID_INPUT saying what does not hold.
Result<Proven> check_proof(const json::Value& document, std::string_view public_key);

}  // namespace lumenflow::journal
