#include "kernel/standing_orders.h"

#include "journal/tables.h"

namespace lumenflow::kernel {
namespace {

using Words = std::set<std::string, std::less<>>;

Status load_words(const log::TableReader& tables, std::string_view prefix, Words& words) {
  words.clear();
  const std::string start = journal::store_key("kernel", prefix);
  for (std::string after;;) {
    LUMENFLOW_TRY_ASSIGN(const auto items, tables.scan(journal::kStoreTable, start, after, 1024));
    for (const log::KeyValue& item : items) words.insert(item.key.substr(start.size()));
    if (items.size() < 1024) return {};
    after = items.back().key;
  }
}

void note(Words& words, std::string word, bool written) {
  if (written)
    words.insert(std::move(word));
  else
    words.erase(word);
}

}  // namespace

Status StandingOrders::load(const log::TableReader& tables) {
  LUMENFLOW_TRY(load_words(tables, kRevokedPrefix, revoked_));
  return load_words(tables, kStoppedPrefix, stopped_);
}

bool StandingOrders::changed(std::string_view store_key, bool written) {
  const std::string revoked = journal::store_key("kernel", kRevokedPrefix);
  const std::string stopped = journal::store_key("kernel", kStoppedPrefix);
  if (store_key.starts_with(revoked)) note(revoked_, std::string(store_key.substr(revoked.size())), written);
  if (!store_key.starts_with(stopped)) return false;
  note(stopped_, std::string(store_key.substr(stopped.size())), written);
  return written;
}

std::string StandingOrders::stopping(std::string_view tool, std::string_view subject,
                                     std::string_view on_behalf_of) const {
  for (const auto& order : {std::string("all"), "tool/" + std::string(tool), "subject/" + std::string(subject),
                            "subject/" + std::string(on_behalf_of)})
    if (stopped_.contains(order)) return order;
  return {};
}

}  // namespace lumenflow::kernel
