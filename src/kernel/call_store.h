// The pack's store as one call or run sees it: what was durable when it first read, and its own writes over that.
//
// Used by one thread at a time: the strand's, or the executor thread that runs it.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "log/log.h"
#include "lumenflow/pack.h"

namespace lumenflow::kernel {

// What was durable when it was first read. Most tools read nothing, and for them no snapshot is taken. A read later
// than the call's launch is safe: what a store transaction read is compared with the journal before its writes are
// recorded.
class LazySnapshot final : public log::TableReader {
 public:
  explicit LazySnapshot(const log::Log& log) : log_(log) {}

  Result<std::optional<std::string>> get(std::string_view table, std::string_view key) const override;
  Result<std::vector<log::KeyValue>> scan(std::string_view table, std::string_view prefix, std::string_view after,
                                          std::size_t limit) const override;
  Result<std::vector<log::KeyValue>> scan_descending(std::string_view table, std::string_view prefix,
                                                     std::string_view before, std::size_t limit) const override;
  // Gives back what it holds of the log; what is read after sees what is durable then.
  void release() { taken_.reset(); }

 private:
  Result<const log::Snapshot*> taken() const;
  const log::Log& log_;
  mutable std::unique_ptr<log::Snapshot> taken_;
};

// The pack's store during one call: reads go through to `base`, writes are kept and applied with the call's result.
class CallStore final : public pack::Store {
 public:
  CallStore(const log::TableReader& base, std::string_view pack_id) : base_(base), pack_(pack_id) {}

  Result<std::optional<json::Value>> get(std::string_view key) override;
  Status put(std::string_view key, json::Value value) override;
  Status erase(std::string_view key) override;
  Result<std::vector<pack::StoreItem>> scan(std::string_view prefix, std::string_view after,
                                            std::size_t limit) override;
  Result<std::vector<pack::StoreItem>> scan_descending(std::string_view prefix, std::string_view before,
                                                       std::size_t limit) override;

  // What a run of its code did, from a recording.
  void replay(std::map<std::string, std::optional<std::string>> writes,
              std::map<std::string, std::optional<std::string>> reads, bool read_ranges);

  // Table key -> JSON text, or nothing for an erasure; in key order, so that equal calls write equal bytes.
  const std::map<std::string, std::optional<std::string>>& writes() const { return writes_; }
  // What was read of the base: single keys with what they held, and whether ranges were read.
  const std::map<std::string, std::optional<std::string>>& reads() const { return reads_; }
  bool read_ranges() const { return read_ranges_; }

 private:
  template <class Scan>
  Result<std::vector<pack::StoreItem>> merged(std::string_view prefix, std::string_view bound, std::size_t limit,
                                              bool ascending, Scan scan);
  const log::TableReader& base_;
  const std::string pack_;
  std::map<std::string, std::optional<std::string>> writes_;
  std::map<std::string, std::optional<std::string>> reads_;
  bool read_ranges_ = false;
};

}  // namespace lumenflow::kernel
