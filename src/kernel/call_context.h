// One call, as its tool sees it: identity, clock, ids, the pack's store and emission, all buffered until the call ends.
//
// Used by one thread at a time: the strand's, or the executor thread that runs the tool.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/ulid.h"
#include "kernel/emitter.h"
#include "kernel/running_call.h"
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
  // Gives back what it holds of the log. Nothing is read after.
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

class CallContext final : public pack::ToolContext {
 public:
  // `manifest` is null for kernel tools, which emit nothing of their own. Borrows all of it for the call's length.
  CallContext(const RunningCall& call, const log::TableReader& base, const pack::Manifest* manifest,
              const std::string& workspace_root, std::array<std::uint8_t, 16> entropy);

  const std::string& receipt_id() const override { return receipt_; }
  const std::string& subject() const override { return subject_; }
  const std::string& tool() const override { return tool_; }
  const std::string& workspace_root() const override { return workspace_root_; }
  std::int64_t now_ms() const override { return now_.ms; }
  std::string new_ulid() override;
  pack::Store& store() override { return store_; }
  Status emit(std::string_view kind, json::Value payload, pack::EmitOptions options) override;
  bool cancelled() const override { return cancelled_ && *cancelled_; }

  const CallStore& store_writes() const { return store_; }
  std::vector<PendingEvent>& events() { return events_; }

 private:
  const std::string& receipt_;
  const std::string& subject_;
  const std::string& tool_;
  const std::string& workspace_root_;
  const Timestamp now_;
  const std::shared_ptr<std::atomic<bool>> cancelled_;
  const pack::Manifest* manifest_;
  Ulid next_id_;
  CallStore store_;
  std::vector<PendingEvent> events_;
};

}  // namespace lumenflow::kernel
