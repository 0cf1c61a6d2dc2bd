// Signed tree heads: C2SP tlog-checkpoint notes, kept in files beside the database.
//
//   lumenflow/<log_id>\n<size>\n<base64 root>\n\n— lumenflow/<log_id> <base64 of key id and Ed25519 signature>\n
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/files.h"
#include "base/signing.h"
#include "log/log.h"

namespace lumenflow::log {

struct Checkpoint {
  Head head;
  std::string note;  // the signed note as written
};

// `origin` is the note's first line and the key's name.
std::string checkpoint_origin(std::string_view log_id);
Checkpoint sign_checkpoint(const Head& head, const Ed25519KeyPair& key);
// INVALID_INPUT when it is malformed or the signature is not by this key.
Result<Checkpoint> parse_checkpoint(std::string_view note, std::string_view public_key);

// The folder of checkpoints of one log: `latest` and, every so often, one kept by size. Used by one thread.
class CheckpointStore {
 public:
  CheckpointStore(Files& files, std::string folder, Ed25519KeyPair key);
  // Durable on return; the same head again is no work. Refuses to go back, to fork or to another log (CONFLICT);
  // `is_former` says whether a head is of the log under a name that it had before.
  Status write(const Head& head, const std::function<bool(const Head&)>& is_former = {});
  // The latest one; NOT_FOUND when none was ever written, JOURNAL_DAMAGED when it does not verify.
  Result<Checkpoint> latest() const;
  // Those kept and the latest, by size. JOURNAL_DAMAGED when one does not verify.
  Result<std::vector<Checkpoint>> all() const;
  std::string_view public_key() const { return key_.public_key; }

 private:
  Result<Checkpoint> read_file(const std::string& name) const;

  Files& files_;
  const std::string folder_;
  const Ed25519KeyPair key_;
  std::optional<Head> written_;
};

}  // namespace lumenflow::log
