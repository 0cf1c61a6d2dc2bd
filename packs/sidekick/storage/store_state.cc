#include "sidekick/storage/store_state.h"

#include <algorithm>
#include <utility>

#include "sidekick/storage/record_index.h"

namespace lumenflow::sidekick {
namespace {

constexpr char kSeparator = '\x1F';  // in no index key, and before all that can stand in one

}  // namespace

std::string index_entry(std::string_view index_key, std::string_view id) {
  std::string entry;
  entry.reserve(index_key.size() + 1 + id.size());
  return entry.append(index_key).append(1, kSeparator).append(id);
}

std::string_view id_of_entry(std::string_view entry) { return entry.substr(entry.find(kSeparator) + 1); }
std::string_view key_of_entry(std::string_view entry) { return entry.substr(0, entry.find(kSeparator)); }

void StoreState::load(Collection collection, std::vector<RecordTree::Item> records) {
  std::vector<RecordTree::Item> entries;
  for (const RecordTree::Item& record : records) {
    const Result<json::Value> value = json::parse(record.text, {.depth_max = 256});
    if (!value.ok()) continue;
    if (const auto key = index_key(collection, *value)) entries.push_back({index_entry(*key, record.key), {}});
  }
  std::ranges::sort(entries, {}, &RecordTree::Item::key);
  CollectionState& part = parts_[index_of(collection)];
  part.records = RecordTree::from_sorted(std::move(records));
  part.index = RecordTree::from_sorted(std::move(entries));
}

void StoreState::put(Collection collection, std::string_view id, const json::Value& value, std::string text) {
  unindex(collection, id);
  CollectionState& part = parts_[index_of(collection)];
  part.records.put(id, std::move(text));
  if (const auto key = index_key(collection, value)) part.index.put(index_entry(*key, id), {});
}

bool StoreState::erase(Collection collection, std::string_view id) {
  unindex(collection, id);
  return parts_[index_of(collection)].records.erase(id);
}

void StoreState::unindex(Collection collection, std::string_view id) {
  CollectionState& part = parts_[index_of(collection)];
  const std::string* text = part.records.find(id);
  if (text == nullptr) return;
  const Result<json::Value> value = json::parse(*text, {.depth_max = 256});
  if (!value.ok()) return;
  if (const auto key = index_key(collection, *value)) part.index.erase(index_entry(*key, id));
}

}  // namespace lumenflow::sidekick
