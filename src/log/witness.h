// Co-signing of tree heads: what others say who saw a checkpoint, and what a log's own keeper says of others'. C2SP
// tlog-cosignature, "cosignature/v1": Ed25519 over a time and the note's text, one more line of the signed note.
//
// A witness signs a head only when it has seen none of that log, or when the head is shown to have grown from the last
// one it saw; so two heads that two people hold and one witness signed are of one history. Pure functions; the caller
// keeps the last head, durably, before the signature leaves.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/signing.h"
#include "base/time.h"
#include "log/checkpoint.h"

namespace lumenflow::log {

// A name and a key, as others pin it: NAME+KEYID+BASE64 (C2SP signed-note verifier key of a witness).
std::string witness_key(std::string_view name, std::string_view public_key);

struct WitnessKey {
  std::string name;
  std::string public_key;
};
Result<WitnessKey> parse_witness_key(std::string_view text);  // INVALID_INPUT

// The note with the witness's line added. `checkpoint` was verified against its log's key; `last` is the head that this
// witness signed last of that log; `proof` leads from it to this one. LOG_FORKED when it does not, or when the head is
// of another log or smaller than that.
Result<std::string> cosign(const Checkpoint& checkpoint, const std::optional<Head>& last,
                           std::span<const Hash256> proof, std::string_view name, const Ed25519KeyPair& key,
                           Timestamp now);

// When this witness signed the note; nothing when it did not. INVALID_INPUT when a line of its does not verify.
Result<std::optional<Timestamp>> cosigned_at(std::string_view note, const WitnessKey& witness);

}  // namespace lumenflow::log
