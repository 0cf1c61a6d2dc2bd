#include "log/checkpoint.h"

#include <charconv>
#include <cstring>
#include <utility>

#include "base/encoding.h"

namespace lumenflow::log {
namespace {

constexpr std::string_view kOriginPrefix = "lumenflow/";
constexpr std::string_view kSignaturePrefix = "\xe2\x80\x94 ";  // an em dash and a space
constexpr char kAlgorithmEd25519 = 1;
constexpr std::uint64_t kKeptEvery = 16'384;  // entries: how closely audit verify locates what only a head shows
constexpr std::size_t kNoteBytesMax = 64 * 1024;

Error malformed(std::string_view why) {
  return Error(ErrorCode::kInvalidInput, "not a checkpoint of this key: " + std::string(why));
}

// C2SP signed-note: the first four bytes of SHA-256(name || 0x0A || algorithm || public key).
std::string key_id(std::string_view name, std::string_view public_key) {
  const Hash256 hash = sha256({name, "\n", std::string_view(&kAlgorithmEd25519, 1), public_key});
  return std::string(as_chars(hash).substr(0, 4));
}

// Takes a line without its newline; nothing when there is no newline left.
std::optional<std::string_view> take_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end + 1);
  return line;
}

Result<Head> parse_head(std::string_view text) {
  const auto origin = take_line(text);
  const auto size = take_line(text);
  const auto root = take_line(text);
  if (!origin || !size || !root || !text.empty()) return malformed("it does not have three lines");
  if (!origin->starts_with(kOriginPrefix)) return malformed("the origin is not a log of ours");
  Head head{.log_id = std::string(origin->substr(kOriginPrefix.size()))};
  const auto [end, bad] = std::from_chars(size->data(), size->data() + size->size(), head.size);
  const bool leading_zero = size->size() > 1 && size->front() == '0';
  if (bad != std::errc() || end != size->data() + size->size() || leading_zero)
    return malformed("the size is no number");
  const std::optional<std::string> hash = from_base64(*root);
  if (!hash || hash->size() != head.root.size()) return malformed("the root is not the base64 of 32 bytes");
  std::memcpy(head.root.data(), hash->data(), hash->size());
  return head;
}

// Lines by other keys are somebody else's business; one by this key must verify.
Status check_signatures(std::string_view lines, std::string_view text, std::string_view public_key) {
  const std::string_view name = text.substr(0, text.find('\n'));
  const std::string id = key_id(name, public_key);
  bool verified = false;
  while (!lines.empty()) {
    std::optional<std::string_view> line = take_line(lines);
    if (!line || !line->starts_with(kSignaturePrefix)) return malformed("a signature line is malformed");
    line->remove_prefix(kSignaturePrefix.size());
    const std::size_t space = line->find(' ');
    if (space == 0 || space == std::string_view::npos) return malformed("a signature line is malformed");
    const std::optional<std::string> signature = from_base64(line->substr(space + 1));
    if (!signature || signature->size() < 5) return malformed("a signature is not base64");
    if (line->substr(0, space) != name || !signature->starts_with(id)) continue;
    if (!ed25519_verify(text, std::string_view(*signature).substr(4), public_key))
      return malformed("the signature is wrong");
    verified = true;
  }
  if (!verified) return malformed("no signature by it");
  return {};
}

std::string kept_name(std::uint64_t size) {
  std::string name = std::to_string(size);
  return "at-" + name.insert(0, 20 - name.size(), '0');
}

}  // namespace

std::string checkpoint_origin(std::string_view log_id) { return std::string(kOriginPrefix) + std::string(log_id); }

Checkpoint sign_checkpoint(const Head& head, const Ed25519KeyPair& key) {
  const std::string origin = checkpoint_origin(head.log_id);
  const std::string text = origin + "\n" + std::to_string(head.size) + "\n" + to_base64(as_chars(head.root)) + "\n";
  const std::string signature = key_id(origin, key.public_key) + ed25519_sign(text, key);
  return {head, text + "\n" + std::string(kSignaturePrefix) + origin + " " + to_base64(signature) + "\n"};
}

Result<Checkpoint> parse_checkpoint(std::string_view note, std::string_view public_key) {
  const std::size_t split = note.find("\n\n");
  if (note.size() > kNoteBytesMax || split == std::string_view::npos) return malformed("it is not a signed note");
  const std::string_view text = note.substr(0, split + 1);
  LUMENFLOW_TRY_ASSIGN(Head head, parse_head(text));
  LUMENFLOW_TRY(check_signatures(note.substr(split + 2), text, public_key));
  return Checkpoint{std::move(head), std::string(note)};
}

CheckpointStore::CheckpointStore(Files& files, std::string folder, Ed25519KeyPair key)
    : files_(files), folder_(std::move(folder)), key_(std::move(key)) {}

Status CheckpointStore::write(const Head& head, const std::function<bool(const Head&)>& is_former) {
  if (!written_) {
    Result<Checkpoint> last = latest();
    if (!last.ok() && last.error().code() != ErrorCode::kNotFound) return std::move(last).error();
    if (last.ok()) written_ = last->head;
    LUMENFLOW_TRY(files_.make_directories(folder_, 0755));
  }
  if (written_) {
    const bool renamed = written_->log_id != head.log_id && is_former && is_former(*written_);
    if (written_->log_id != head.log_id && !renamed)
      return Error(ErrorCode::kConflict, "the checkpoints are of log " + written_->log_id + ", not " + head.log_id);
    if (head.size < written_->size || (head.size == written_->size && head.root != written_->root))
      return Error(ErrorCode::kConflict, "a checkpoint at " + std::to_string(written_->size) +
                                             " is written; it cannot become another at " + std::to_string(head.size));
    if (head.size == written_->size && !renamed) return {};
  }
  const Checkpoint signed_head = sign_checkpoint(head, key_);
  const std::uint64_t before = written_ ? written_->size : 0;
  if (head.size / kKeptEvery > before / kKeptEvery)
    LUMENFLOW_TRY(files_.write_atomic(join_path(folder_, kept_name(head.size)), signed_head.note, 0644));
  LUMENFLOW_TRY(files_.write_atomic(join_path(folder_, "latest"), signed_head.note, 0644));
  written_ = head;
  return {};
}

Result<Checkpoint> CheckpointStore::latest() const { return read_file("latest"); }

Result<std::vector<Checkpoint>> CheckpointStore::all() const {
  std::vector<Checkpoint> found;
  Result<std::vector<std::string>> names = files_.list(folder_);
  if (!names.ok() && names.error().code() == ErrorCode::kNotFound) return found;
  if (!names.ok()) return std::move(names).error();
  for (const std::string& name : *names) {
    if (!name.starts_with("at-") || name.size() != kept_name(0).size()) continue;
    LUMENFLOW_TRY_ASSIGN(Checkpoint kept, read_file(name));
    found.push_back(std::move(kept));
  }
  Result<Checkpoint> last = latest();
  if (!last.ok() && last.error().code() != ErrorCode::kNotFound) return std::move(last).error();
  if (last.ok() && (found.empty() || found.back().head.size < last->head.size)) found.push_back(*std::move(last));
  return found;
}

Result<Checkpoint> CheckpointStore::read_file(const std::string& name) const {
  LUMENFLOW_TRY_ASSIGN(const std::string note, files_.read(join_path(folder_, name), kNoteBytesMax));
  Result<Checkpoint> parsed = parse_checkpoint(note, key_.public_key);
  if (!parsed.ok()) return Error(ErrorCode::kJournalDamaged, "checkpoint " + name + ": " + parsed.error().message());
  return parsed;
}

}  // namespace lumenflow::log
