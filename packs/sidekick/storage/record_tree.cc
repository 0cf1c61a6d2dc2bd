#include "sidekick/storage/record_tree.h"

#include <utility>

namespace lumenflow::sidekick {
namespace {

// FNV-1a, then the finish of splitmix64 to spread what differs at the end alone.
std::uint64_t priority_of(std::string_view key) {
  std::uint64_t hash = 0xcbf29ce484222325u;
  for (const char c : key) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  hash = (hash ^ (hash >> 30)) * 0xbf58476d1ce4e5b9u;
  hash = (hash ^ (hash >> 27)) * 0x94d049bb133111ebu;
  return hash ^ (hash >> 31);
}

std::int64_t size_of(std::string_view key, std::string_view text) {
  return static_cast<std::int64_t>(key.size() + text.size());
}

}  // namespace

struct RecordTree::Node {
  std::shared_ptr<const Item> item;  // shared: paths are copied, texts are not
  std::uint64_t priority;
  Link left, right;
};

struct RecordTree::Halves {
  Link below, above;
};

RecordTree RecordTree::from_sorted(std::vector<Item> items) {
  RecordTree tree;
  std::vector<std::shared_ptr<Node>> spine;  // the rightmost path, which later nodes hang themselves into
  for (Item& item : items) {
    ++tree.size_;
    tree.bytes_ += size_of(item.key, item.text);
    const std::uint64_t priority = priority_of(item.key);
    auto node = std::make_shared<Node>(Node{std::make_shared<const Item>(std::move(item)), priority, {}, {}});
    while (!spine.empty() && spine.back()->priority < priority) {
      node->left = spine.back();
      spine.pop_back();
    }
    if (!spine.empty()) spine.back()->right = node;
    spine.push_back(std::move(node));
  }
  if (!spine.empty()) tree.root_ = spine.front();
  return tree;
}

const std::string* RecordTree::find(std::string_view key) const {
  const Node* node = root_.get();
  while (node != nullptr && node->item->key != key) node = (key < node->item->key ? node->left : node->right).get();
  return node == nullptr ? nullptr : &node->item->text;
}

void RecordTree::put(std::string_view key, std::string text) {
  const std::string* old = find(key);
  size_ += old == nullptr ? 1 : 0;
  bytes_ += size_of(key, text) - (old == nullptr ? 0 : size_of(key, *old));
  auto item = std::make_shared<const Item>(Item{std::string(key), std::move(text)});
  root_ = with(root_, std::make_shared<const Node>(Node{std::move(item), priority_of(key), {}, {}}));
}

bool RecordTree::erase(std::string_view key) {
  const std::string* old = find(key);
  if (old == nullptr) return false;
  --size_;
  bytes_ -= size_of(key, *old);
  root_ = without(root_, key);
  return true;
}

RecordTree::Link RecordTree::with(const Link& node, const Link& added) {
  const std::string& key = added->item->key;
  if (node != nullptr && node->item->key == key)
    return std::make_shared<const Node>(Node{added->item, node->priority, node->left, node->right});
  if (node == nullptr || node->priority < added->priority) {
    Halves halves = split(node, key);
    return std::make_shared<const Node>(
        Node{added->item, added->priority, std::move(halves.below), std::move(halves.above)});
  }
  if (key < node->item->key)
    return std::make_shared<const Node>(Node{node->item, node->priority, with(node->left, added), node->right});
  return std::make_shared<const Node>(Node{node->item, node->priority, node->left, with(node->right, added)});
}

RecordTree::Link RecordTree::without(const Link& node, std::string_view key) {
  if (node->item->key == key) return join(node->left, node->right);
  if (key < node->item->key)
    return std::make_shared<const Node>(Node{node->item, node->priority, without(node->left, key), node->right});
  return std::make_shared<const Node>(Node{node->item, node->priority, node->left, without(node->right, key)});
}

// By a key that is not in the tree.
RecordTree::Halves RecordTree::split(const Link& node, std::string_view key) {
  if (node == nullptr) return {};
  if (node->item->key < key) {
    Halves halves = split(node->right, key);
    return {std::make_shared<const Node>(Node{node->item, node->priority, node->left, std::move(halves.below)}),
            std::move(halves.above)};
  }
  Halves halves = split(node->left, key);
  return {std::move(halves.below),
          std::make_shared<const Node>(Node{node->item, node->priority, std::move(halves.above), node->right})};
}

RecordTree::Link RecordTree::join(const Link& left, const Link& right) {
  if (left == nullptr) return right;
  if (right == nullptr) return left;
  if (left->priority < right->priority)
    return std::make_shared<const Node>(Node{right->item, right->priority, join(left, right->left), right->right});
  return std::make_shared<const Node>(Node{left->item, left->priority, left->left, join(left->right, right)});
}

void RecordTree::ascend(std::string_view after, const Visit& visit) const {
  const auto walk = [&](const auto& self, const Node* node) -> bool {
    if (node == nullptr) return true;
    if (!after.empty() && std::string_view(node->item->key) <= after) return self(self, node->right.get());
    return self(self, node->left.get()) && visit(*node->item) && self(self, node->right.get());
  };
  walk(walk, root_.get());
}

void RecordTree::descend(std::string_view before, const Visit& visit) const {
  const auto walk = [&](const auto& self, const Node* node) -> bool {
    if (node == nullptr) return true;
    if (!before.empty() && std::string_view(node->item->key) >= before) return self(self, node->left.get());
    return self(self, node->right.get()) && visit(*node->item) && self(self, node->left.get());
  };
  walk(walk, root_.get());
}

}  // namespace lumenflow::sidekick
