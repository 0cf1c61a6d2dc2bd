// All that the filesystem adapter holds in memory: every record as its JSON text, and the index of each collection.
//
// A copy costs a few pointers and never changes under its reader (RecordTree), which is how snapshots, transactions and
// the folding of documents each have their own.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "lumenflow/json.h"
#include "sidekick/storage/collection.h"
#include "sidekick/storage/record_tree.h"

namespace lumenflow::sidekick {

struct CollectionState {
  RecordTree records;  // id -> compact JSON
  RecordTree index;    // index_entry() -> nothing
};

// Entries sort by index key, then by id.
std::string index_entry(std::string_view index_key, std::string_view id);
// The id and the key of an entry.
std::string_view id_of_entry(std::string_view entry);
std::string_view key_of_entry(std::string_view entry);

class StoreState {
 public:
  const CollectionState& of(Collection collection) const { return parts_[index_of(collection)]; }
  // Sets a whole collection, from records in ascending order of distinct ids.
  void load(Collection collection, std::vector<RecordTree::Item> records);
  void take(Collection collection, const StoreState& from) { parts_[index_of(collection)] = from.of(collection); }
  void put(Collection collection, std::string_view id, const json::Value& value, std::string text);
  bool erase(Collection collection, std::string_view id);

  std::string initialized_at;  // empty: not yet

 private:
  void unindex(Collection collection, std::string_view id);

  std::array<CollectionState, kCollections.size()> parts_;
};

}  // namespace lumenflow::sidekick
