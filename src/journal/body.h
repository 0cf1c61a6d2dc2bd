// Inputs and outputs of calls, kept beside the entry that carries their hash, so that retention can delete them and
// leave the proof. Over 64 KiB a part is a synced file named by its hash, written before the entry that names it.
#pragma once

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
  Result<std::string> get(const Hash256& hash) const;       // JOURNAL_DAMAGED: not the bytes of the name, or gone

 private:
  std::string path_of(const Hash256& hash) const;
  Files& files_;
  const std::string folder_;
};

// The row's body. Parts over the limit go to `blobs` first.
Result<std::string> encode_body(const Body& body, BlobStore& blobs);
Result<Body> decode_body(std::string_view bytes, const BlobStore& blobs);  // JOURNAL_DAMAGED when malformed

}  // namespace lumenflow::journal
