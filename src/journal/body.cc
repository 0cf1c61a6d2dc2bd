#include "journal/body.h"

#include <cstdint>

#include "base/check.h"
#include "base/encoding.h"

namespace lumenflow::journal {
namespace {

// A part is a tag, four bytes of big-endian length, and the bytes (kInline) or the hash of a blob (kBlob).
constexpr char kInline = 0, kBlob = 1;

void append_part(char tag, std::string_view bytes, std::string& out) {
  out += tag;
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(bytes.size() >> shift & 0xff);
  out += bytes;
}

Status encode_part(std::string_view part, BlobStore& blobs, std::string& out) {
  if (part.size() <= kInlineBytesMax) {
    append_part(kInline, part, out);
    return {};
  }
  const Hash256 hash = sha256(part);
  LUMENFLOW_TRY(blobs.put(hash, part));
  append_part(kBlob, as_chars(hash), out);
  return {};
}

Error malformed() { return Error(ErrorCode::kJournalDamaged, "a call's body is malformed"); }

Result<StoredPart> take_part(std::string_view& bytes) {
  if (bytes.size() < 5) return malformed();
  const char tag = bytes[0];
  std::size_t size = 0;
  for (int i = 1; i <= 4; ++i) size = size << 8 | static_cast<std::uint8_t>(bytes[static_cast<std::size_t>(i)]);
  if (bytes.size() - 5 < size) return malformed();
  const StoredPart part{bytes.substr(5, size), tag == kBlob};
  bytes.remove_prefix(5 + size);
  if (tag == kInline || (part.is_blob && part.bytes.size() == sizeof(Hash256))) return part;
  return malformed();
}

}  // namespace

std::string BlobStore::path_of(const Hash256& hash) const {
  const std::string hex = to_hex(hash);
  return join_path(join_path(folder_, hex.substr(0, 2)), hex);
}

Status BlobStore::put(const Hash256& hash, std::string_view bytes) {
  {
    const std::lock_guard lock(mutex_);
    doomed_.erase(hash);
  }
  const std::string path = path_of(hash);
  LUMENFLOW_TRY_ASSIGN(const auto there, files_.stat(path));
  if (there && !there->symlink && there->size_bytes == bytes.size()) return {};
  LUMENFLOW_TRY(files_.make_directories(parent_path(path), 0700));
  LUMENFLOW_TRY_ASSIGN(const auto folder, files_.stat(parent_path(path)));
  if (folder && folder->symlink) return Error(ErrorCode::kIo, parent_path(path) + " is a symlink");
  return files_.write_atomic(path, bytes, 0600);
}

Result<std::string> BlobStore::get(const Hash256& hash) const {
  const std::string path = path_of(hash);
  LUMENFLOW_TRY_ASSIGN(const auto there, files_.stat(path));
  if (!there) return Error(ErrorCode::kNotFound, "blob " + to_hex(hash) + " is gone");
  LUMENFLOW_TRY_ASSIGN(std::string bytes, files_.read(path));
  if (sha256(bytes) != hash) return Error(ErrorCode::kJournalDamaged, "blob " + to_hex(hash) + " has other content");
  return bytes;
}

void BlobStore::doom(const Hash256& hash) {
  const std::lock_guard lock(mutex_);
  doomed_.insert(hash);
}

Result<std::optional<std::uint64_t>> BlobStore::remove_doomed(const Hash256& hash) {
  // Held while it is deleted: whoever puts it waits, and writes it anew.
  const std::lock_guard lock(mutex_);
  if (!doomed_.contains(hash)) return std::optional<std::uint64_t>();
  LUMENFLOW_TRY_ASSIGN(const auto there, files_.stat(path_of(hash)));
  LUMENFLOW_TRY(files_.remove(path_of(hash)));
  doomed_.erase(hash);
  return std::optional(there ? there->size_bytes : 0);
}

Result<std::string> encode_body(const Body& body, BlobStore& blobs) {
  std::string out;
  out.reserve(body.input.size() + body.result.size() + 10);
  LUMENFLOW_TRY(encode_part(body.input, blobs, out));
  LUMENFLOW_TRY(encode_part(body.result, blobs, out));
  return out;
}

Result<StoredBody> parse_body(std::string_view bytes) {
  StoredBody body;
  if (bytes.empty()) return body;
  LUMENFLOW_TRY_ASSIGN(body.input, take_part(bytes));
  LUMENFLOW_TRY_ASSIGN(body.result, take_part(bytes));
  if (!bytes.empty()) return malformed();
  return body;
}

std::string encode(const StoredBody& body) {
  std::string out;
  if (body.input.bytes.empty() && body.result.bytes.empty()) return out;
  for (const StoredPart* part : {&body.input, &body.result})
    append_part(part->is_blob ? kBlob : kInline, part->bytes, out);
  return out;
}

bool names_blobs(std::string_view bytes) {
  const Result<StoredBody> body = parse_body(bytes);
  return body.ok() && (body->input.is_blob || body->result.is_blob);
}

Hash256 hash_of_blob(const StoredPart& part) {
  Hash256 hash;
  LUMENFLOW_CHECK(part.is_blob && part.bytes.size() == hash.size());
  part.bytes.copy(reinterpret_cast<char*>(hash.data()), hash.size());
  return hash;
}

Result<std::string> read_part(const StoredPart& part, const BlobStore& blobs) {
  if (!part.is_blob) return std::string(part.bytes);
  return blobs.get(hash_of_blob(part));
}

Result<Body> decode_body(std::string_view bytes, const BlobStore& blobs) {
  LUMENFLOW_TRY_ASSIGN(const StoredBody stored, parse_body(bytes));
  Body body;
  LUMENFLOW_TRY_ASSIGN(body.input, read_part(stored.input, blobs));
  LUMENFLOW_TRY_ASSIGN(body.result, read_part(stored.result, blobs));
  return body;
}

}  // namespace lumenflow::journal
