#include "journal/body.h"

#include <cstdint>

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

Result<std::string> decode_part(std::string_view& bytes, const BlobStore& blobs) {
  if (bytes.size() < 5) return malformed();
  const char tag = bytes[0];
  std::size_t size = 0;
  for (int i = 1; i <= 4; ++i) size = size << 8 | static_cast<std::uint8_t>(bytes[static_cast<std::size_t>(i)]);
  if (bytes.size() - 5 < size) return malformed();
  const std::string_view content = bytes.substr(5, size);
  bytes.remove_prefix(5 + size);
  if (tag == kInline) return std::string(content);
  Hash256 hash;
  if (tag != kBlob || content.size() != hash.size()) return malformed();
  content.copy(reinterpret_cast<char*>(hash.data()), hash.size());
  return blobs.get(hash);
}

}  // namespace

std::string BlobStore::path_of(const Hash256& hash) const {
  const std::string hex = to_hex(hash);
  return join_path(join_path(folder_, hex.substr(0, 2)), hex);
}

Status BlobStore::put(const Hash256& hash, std::string_view bytes) {
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
  if (!there) return Error(ErrorCode::kJournalDamaged, "blob " + to_hex(hash) + " is gone");
  LUMENFLOW_TRY_ASSIGN(std::string bytes, files_.read(path));
  if (sha256(bytes) != hash) return Error(ErrorCode::kJournalDamaged, "blob " + to_hex(hash) + " has other content");
  return bytes;
}

Result<std::string> encode_body(const Body& body, BlobStore& blobs) {
  std::string out;
  out.reserve(body.input.size() + body.result.size() + 10);
  LUMENFLOW_TRY(encode_part(body.input, blobs, out));
  LUMENFLOW_TRY(encode_part(body.result, blobs, out));
  return out;
}

Result<Body> decode_body(std::string_view bytes, const BlobStore& blobs) {
  Body body;
  LUMENFLOW_TRY_ASSIGN(body.input, decode_part(bytes, blobs));
  LUMENFLOW_TRY_ASSIGN(body.result, decode_part(bytes, blobs));
  if (!bytes.empty()) return malformed();
  return body;
}

}  // namespace lumenflow::journal
