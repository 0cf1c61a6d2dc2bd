// Inputs and outputs of calls, kept beside the entry that carries their hash, so that retention can delete them and
// leave the proof. Over 64 KiB a part is a synced file named by its hash, written before the entry that names it.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "base/files.h"
#include "base/sha256.h"
#include "lumenflow/result.h"

namespace lumenflow::journal {

inline constexpr std::size_t kInlineBytesMax = 64 * 1024;

struct Body {
  std::string input;   // canonical, redacted JSON; empty: none recorded
  std::string result;  // {"data":…,"success":true} or {"error":…,"success":false}; redacted; empty: none
};

// Content-addressed files. Thread safe as far as its Files is.
class BlobStore {
 public:
  BlobStore(Files& files, std::string folder) : files_(files), folder_(std::move(folder)) {}
  Status put(const Hash256& hash, std::string_view bytes);  // durable on return; the same content again is free
  // NOT_FOUND when it is gone, JOURNAL_DAMAGED when it has other bytes than those of its name.
  Result<std::string> get(const Hash256& hash) const;

  // Two steps, so that what is written again meanwhile is not lost: the first says that nothing refers to it, which a
  // put() takes back; the second deletes what was not taken back, durably, and answers the bytes it had, or nothing.
  void doom(const Hash256& hash);
  Result<std::optional<std::uint64_t>> remove_doomed(const Hash256& hash);

 private:
  std::string path_of(const Hash256& hash) const;
  Files& files_;
  const std::string folder_;
  std::mutex mutex_;
  std::set<Hash256> doomed_;
};

// A body as it is stored: each part inline, or the hash of its blob. Views of the bytes it was parsed from.
struct StoredPart {
  std::string_view bytes = {};  // empty: none
  bool is_blob = false;         // then the bytes are the 32 of its hash
};
struct StoredBody {
  StoredPart input, result;
};
Result<StoredBody> parse_body(std::string_view bytes);  // JOURNAL_DAMAGED when malformed; nothing for no bytes
std::string encode(const StoredBody& body);             // empty when both parts are
bool names_blobs(std::string_view bytes);               // of what encode_body() made
Hash256 hash_of_blob(const StoredPart& part);           // of one that is

// The row's body. Parts over the limit go to `blobs` first.
Result<std::string> encode_body(const Body& body, BlobStore& blobs);
Result<Body> decode_body(std::string_view bytes, const BlobStore& blobs);  // as of parse_body and BlobStore::get
Result<std::string> read_part(const StoredPart& part, const BlobStore& blobs);

}  // namespace lumenflow::journal
