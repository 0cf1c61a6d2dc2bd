// A pack store in memory that counts what is asked of it, and can be told to refuse.
//
// Not thread safe. `contents` may be read and changed by the test that owns it.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lumenflow/pack.h"

namespace lumenflow::testing {

class MemoryStore final : public pack::Store {
 public:
  std::map<std::string, json::Value, std::less<>> contents;
  std::size_t records_read = 0;     // by get and by both scans
  std::size_t records_written = 0;  // by put and erase
  std::optional<std::size_t> writes_until_refusal;

  Result<std::optional<json::Value>> get(std::string_view key) override {
    ++records_read;
    const auto at = contents.find(key);
    if (at == contents.end()) return std::optional<json::Value>();
    return std::optional<json::Value>(at->second);
  }
  Status put(std::string_view key, json::Value value) override {
    LUMENFLOW_TRY(admit_write());
    contents.insert_or_assign(std::string(key), std::move(value));
    return {};
  }
  Status erase(std::string_view key) override {
    LUMENFLOW_TRY(admit_write());
    if (const auto at = contents.find(key); at != contents.end()) contents.erase(at);
    return {};
  }
  Result<std::vector<pack::StoreItem>> scan(std::string_view prefix, std::string_view after,
                                            std::size_t limit) override {
    std::vector<pack::StoreItem> items;
    auto at = after < prefix ? contents.lower_bound(prefix) : contents.upper_bound(after);
    for (; at != contents.end() && at->first.starts_with(prefix) && items.size() < limit; ++at)
      items.push_back({at->first, at->second});
    records_read += items.size();
    return items;
  }
  Result<std::vector<pack::StoreItem>> scan_descending(std::string_view prefix, std::string_view before,
                                                       std::size_t limit) override {
    std::vector<pack::StoreItem> items;
    const std::string end = std::string(prefix) + "\xff";  // above all UTF-8 with this prefix
    auto at = contents.lower_bound(before.empty() || before > end ? std::string_view(end) : before);
    while (at != contents.begin() && items.size() < limit) {
      --at;
      if (!at->first.starts_with(prefix)) break;
      items.push_back({at->first, at->second});
    }
    records_read += items.size();
    return items;
  }

  // All that is stored, as text: equal when and only when nothing changed.
  std::string digest() const {
    std::string text;
    for (const auto& [key, value] : contents) text += key + "=" + json::serialize(value) + "\n";
    return text;
  }

 private:
  Status admit_write() {
    ++records_written;
    if (!writes_until_refusal) return {};
    if (*writes_until_refusal == 0) {
      writes_until_refusal.reset();  // once; what comes after goes through
      return Error(ErrorCode::kIo, "the disk said no");
    }
    --*writes_until_refusal;
    return {};
  }
};

}  // namespace lumenflow::testing
