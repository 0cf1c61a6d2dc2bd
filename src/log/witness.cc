#include "log/witness.h"

#include <algorithm>
#include <cstdint>

#include "base/encoding.h"
#include "log/merkle.h"

namespace lumenflow::log {
namespace {

constexpr std::string_view kCosignaturePrefix = "\xe2\x80\x94 ";  // an em dash and a space
constexpr char kAlgorithm = 4;                                    // C2SP signed-note: cosignature/v1
constexpr std::uint64_t kSecondsMax = 253'402'300'799;            // the end of the year 9999
constexpr std::size_t kTimeBytes = 8, kSignatureBytes = 64, kKeyIdBytes = 4;

std::string witness_key_id(std::string_view name, std::string_view public_key) {
  const Hash256 hash = sha256({name, "\n", std::string_view(&kAlgorithm, 1), public_key});
  return std::string(as_chars(hash).substr(0, kKeyIdBytes));
}

std::string signed_message(std::uint64_t seconds, std::string_view text) {
  return "cosignature/v1\ntime " + std::to_string(seconds) + "\n" + std::string(text);
}

Error forked(std::string_view why) { return Error(ErrorCode::kLogForked, "not co-signed: " + std::string(why)); }

Status check_growth(const Head& head, const std::optional<Head>& last, std::span<const Hash256> proof) {
  if (!last) return {};
  if (head.log_id != last->log_id)
    return forked("the head is of log " + head.log_id + ", the last was of " + last->log_id);
  if (head.size < last->size)
    return forked("the log had " + std::to_string(last->size) + " entries and has " + std::to_string(head.size));
  if (head.size == last->size && head.root == last->root) return {};  // said again, with whatever proof it had then
  if (!verify_consistency(last->size, last->root, head.size, head.root, proof))
    return forked("the tree of " + std::to_string(head.size) + " entries is not shown to begin with that of " +
                  std::to_string(last->size));
  return {};
}

}  // namespace

std::string witness_key(std::string_view name, std::string_view public_key) {
  const std::string encoded = kAlgorithm + std::string(public_key);
  return std::string(name) + "+" + to_hex(as_bytes(witness_key_id(name, public_key))) + "+" + to_base64(encoded);
}

Result<WitnessKey> parse_witness_key(std::string_view text) {
  const Error malformed(ErrorCode::kInvalidInput, "not a witness's key: NAME+KEYID+BASE64 is asked for");
  const std::size_t first = text.find('+');
  const std::size_t second = first == std::string_view::npos ? first : text.find('+', first + 1);
  if (second == std::string_view::npos || first == 0) return malformed;
  const std::optional<std::string> decoded = from_base64(text.substr(second + 1));
  if (!decoded || decoded->size() != 33 || decoded->front() != kAlgorithm) return malformed;
  WitnessKey key{std::string(text.substr(0, first)), decoded->substr(1)};
  for (const char c : key.name)
    if (static_cast<unsigned char>(c) <= ' ') return malformed;
  if (witness_key(key.name, key.public_key) != text) return malformed;
  return key;
}

Result<std::string> cosign(const Checkpoint& checkpoint, const std::optional<Head>& last,
                           std::span<const Hash256> proof, std::string_view name, const Ed25519KeyPair& key,
                           Timestamp now) {
  LUMENFLOW_TRY(check_growth(checkpoint.head, last, proof));
  const std::string_view text = std::string_view(checkpoint.note).substr(0, checkpoint.note.find("\n\n") + 1);
  const auto seconds = static_cast<std::uint64_t>(std::max<std::int64_t>(now.ms, 0) / 1000);
  std::string signature = witness_key_id(name, key.public_key);
  for (int shift = 56; shift >= 0; shift -= 8) signature += static_cast<char>(seconds >> shift & 0xff);
  signature += ed25519_sign(signed_message(seconds, text), key);
  return checkpoint.note + std::string(kCosignaturePrefix) + std::string(name) + " " + to_base64(signature) + "\n";
}

Result<std::optional<Timestamp>> cosigned_at(std::string_view note, const WitnessKey& witness) {
  const std::size_t split = note.find("\n\n");
  if (split == std::string_view::npos) return Error(ErrorCode::kInvalidInput, "it is not a signed note");
  const std::string_view text = note.substr(0, split + 1);
  const std::string beginning = std::string(kCosignaturePrefix) + witness.name + " ";
  const std::string id = witness_key_id(witness.name, witness.public_key);
  for (std::string_view rest = note.substr(split + 2); !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    if (!line.starts_with(beginning)) continue;
    const std::optional<std::string> bytes = from_base64(line.substr(beginning.size()));
    if (!bytes || !bytes->starts_with(id)) continue;  // another key of the same name
    const Error wrong(ErrorCode::kInvalidInput, "the co-signature of " + witness.name + " is wrong");
    if (bytes->size() != kKeyIdBytes + kTimeBytes + kSignatureBytes) return wrong;
    std::uint64_t seconds = 0;
    for (std::size_t i = 0; i < kTimeBytes; ++i)
      seconds = seconds << 8 | static_cast<std::uint8_t>((*bytes)[kKeyIdBytes + i]);
    if (seconds > kSecondsMax ||
        !ed25519_verify(signed_message(seconds, text), std::string_view(*bytes).substr(kKeyIdBytes + kTimeBytes),
                        witness.public_key))
      return wrong;
    return std::optional(Timestamp{static_cast<std::int64_t>(seconds) * 1000});
  }
  return std::optional<Timestamp>();
}

}  // namespace lumenflow::log
