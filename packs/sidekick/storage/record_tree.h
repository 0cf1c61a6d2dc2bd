// An ordered map of texts by key whose copies share structure: a copy costs a pointer, a change copies the path to it.
//
// A treap whose priorities are hashes of the keys, so the same content has the same shape. A copy never changes under
// its reader; two threads may use two copies, one copy is used by one thread at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace lumenflow::sidekick {

class RecordTree {
 public:
  struct Item {
    std::string key;
    std::string text;
  };
  // False ends the visit.
  using Visit = std::function<bool(const Item&)>;

  // Of items in ascending order of distinct keys; costs their number.
  static RecordTree from_sorted(std::vector<Item> items);

  const std::string* find(std::string_view key) const;  // valid as long as this copy stays as it is
  void put(std::string_view key, std::string text);
  bool erase(std::string_view key);  // whether it was there
  // Keys above `after`, ascending, and keys below `before`, descending; empty: all.
  void ascend(std::string_view after, const Visit& visit) const;
  void descend(std::string_view before, const Visit& visit) const;

  std::int64_t size() const { return size_; }
  std::int64_t bytes() const { return bytes_; }                                 // of keys and texts
  bool same_as(const RecordTree& other) const { return root_ == other.root_; }  // one is a copy of the other

 private:
  struct Node;
  using Link = std::shared_ptr<const Node>;  // shared: between the copies of a tree
  struct Halves;
  static Link with(const Link& node, const Link& added);
  static Link without(const Link& node, std::string_view key);
  static Halves split(const Link& node, std::string_view key);
  static Link join(const Link& left, const Link& right);

  Link root_;
  std::int64_t size_ = 0;
  std::int64_t bytes_ = 0;
};

}  // namespace lumenflow::sidekick
