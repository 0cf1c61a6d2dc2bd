#include "journal/proof.h"

#include <cstring>
#include <optional>
#include <string>
#include <vector>

#include "base/encoding.h"
#include "log/checkpoint.h"
#include "log/merkle.h"

namespace lumenflow::journal {
namespace {

constexpr std::string_view kProofFormat = "lumenflow-proof/1";

json::Value hex_list(const std::vector<Hash256>& hashes) {
  json::Array list;
  for (const Hash256& hash : hashes) list.push_back(to_hex(hash));
  return list;
}

// What both kinds begin with.
json::Object signed_part(const log::Head& head, const Ed25519KeyPair& key) {
  return json::Object{{"format", kProofFormat},
                      {"checkpoint", log::sign_checkpoint(head, key).note},
                      {"origin", log::checkpoint_origin(head.log_id)},
                      {"tree_size", head.size},
                      {"root", to_hex(head.root)}};
}

Error refused(std::string_view what) {
  return Error(ErrorCode::kInvalidInput, "the proof does not hold: " + std::string(what));
}

Result<Hash256> hash_of(const json::Value* value) {
  Hash256 hash;
  const std::optional<std::string> bytes =
      value != nullptr && value->is_string() ? from_hex(value->as_string()) : std::nullopt;
  if (!bytes || bytes->size() != hash.size()) return refused("a hash is not 64 hexadecimal digits");
  std::memcpy(hash.data(), bytes->data(), hash.size());
  return hash;
}

Result<std::vector<Hash256>> path_of(const json::Value& document) {
  const json::Value* list = document.find("proof");
  if (list == nullptr || !list->is_array()) return refused("'proof' is no list");
  std::vector<Hash256> path;
  for (const json::Value& item : list->as_array()) {
    LUMENFLOW_TRY_ASSIGN(const Hash256 hash, hash_of(&item));
    path.push_back(hash);
  }
  return path;
}

Result<std::uint64_t> number_of(const json::Value& document, std::string_view key) {
  const json::Value* value = document.find(key);
  if (value == nullptr || value->if_integer() == nullptr || *value->if_integer() < 0)
    return refused("'" + std::string(key) + "' is no whole number");
  return static_cast<std::uint64_t>(*value->if_integer());
}

Status check_entry(const json::Value& document, Proven& proven) {
  LUMENFLOW_TRY_ASSIGN(const std::uint64_t index, number_of(document, "leaf_index"));
  LUMENFLOW_TRY_ASSIGN(const Hash256 stated, hash_of(document.find("leaf_hash")));
  LUMENFLOW_TRY_ASSIGN(const std::vector<Hash256> path, path_of(document));
  const std::optional<std::string> entry = from_base64(json::string_or(document, "entry", ""));
  if (!entry || entry->empty()) return refused("'entry' is not base64");
  const Hash256 leaf = log::leaf_hash(*entry);
  if (leaf != stated) return refused("'leaf_hash' is not the entry's");
  if (!log::verify_inclusion(leaf, index, proven.head.size, path, proven.head.root))
    return refused("the entry does not lead to the signed root");
  proven.position = Position(index + 1);
  return {};
}

Status check_growth(const json::Value& document, Proven& proven) {
  LUMENFLOW_TRY_ASSIGN(proven.from_size, number_of(document, "from_size"));
  LUMENFLOW_TRY_ASSIGN(const Hash256 from_root, hash_of(document.find("from_root")));
  LUMENFLOW_TRY_ASSIGN(const std::vector<Hash256> path, path_of(document));
  if (!log::verify_consistency(proven.from_size, from_root, proven.head.size, proven.head.root, path))
    return refused("the signed tree does not begin with the earlier one");
  return {};
}

}  // namespace

Result<json::Value> prove_entry(const log::Log& log, Position position, std::uint64_t size, const Ed25519KeyPair& key) {
  LUMENFLOW_TRY_ASSIGN(const log::StoredRow row, log.row_at(position));
  const std::string& entry = row.entries.at(position.value() - row.first.value());
  LUMENFLOW_TRY_ASSIGN(const Hash256 root, log.root_at(size));
  LUMENFLOW_TRY_ASSIGN(const std::vector<Hash256> path, log.inclusion_proof(position, size));
  json::Object document = signed_part({log.head().log_id, size, root}, key);
  document.set("leaf_index", position.value() - 1);
  document.set("entry", to_base64(entry));
  document.set("leaf_hash", to_hex(log::leaf_hash(entry)));
  document.set("proof", hex_list(path));
  return json::Value(std::move(document));
}

Result<json::Value> prove_growth(const log::Log& log, std::uint64_t from, std::uint64_t to, const Ed25519KeyPair& key) {
  LUMENFLOW_TRY_ASSIGN(const Hash256 from_root, log.root_at(from));
  LUMENFLOW_TRY_ASSIGN(const Hash256 to_root, log.root_at(to));
  LUMENFLOW_TRY_ASSIGN(const std::vector<Hash256> path, log.consistency_proof(from, to));
  json::Object document = signed_part({log.head().log_id, to, to_root}, key);
  document.set("from_size", from);
  document.set("from_root", to_hex(from_root));
  document.set("proof", hex_list(path));
  return json::Value(std::move(document));
}

Result<Proven> check_proof(const json::Value& document, std::string_view public_key) {
  if (json::string_or(document, "format", "") != kProofFormat)
    return refused("its format is not " + std::string(kProofFormat));
  Proven proven;
  LUMENFLOW_TRY_ASSIGN(log::Checkpoint checkpoint,
                       log::parse_checkpoint(json::string_or(document, "checkpoint", ""), public_key));
  proven.head = std::move(checkpoint.head);
  LUMENFLOW_TRY_ASSIGN(const std::uint64_t size, number_of(document, "tree_size"));
  LUMENFLOW_TRY_ASSIGN(const Hash256 root, hash_of(document.find("root")));
  if (json::string_or(document, "origin", "") != log::checkpoint_origin(proven.head.log_id) ||
      size != proven.head.size || root != proven.head.root)
    return refused("its origin, size or root is not that of its checkpoint");
  const bool of_entry = document.find("leaf_index") != nullptr;
  if (of_entry == (document.find("from_size") != nullptr))
    return refused("it is of an entry or of growth: give one of 'leaf_index' and 'from_size'");
  LUMENFLOW_TRY(of_entry ? check_entry(document, proven) : check_growth(document, proven));
  return proven;
}

}  // namespace lumenflow::journal
