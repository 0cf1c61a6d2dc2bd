// One call's context for tests of packs: a memory store, a clock that stands still, ids that count up.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lumenflow/pack.h"
#include "support/memory_store.h"

namespace lumenflow::testing {

class FakeToolContext final : public pack::ToolContext {
 public:
  struct Emitted {
    std::string kind;
    json::Value payload;
    pack::EmitOptions options;
  };

  explicit FakeToolContext(MemoryStore& memory) : memory_(memory) {}

  std::string receipt = "rcpt-1";
  std::string caller = "ws-1:local:ana";
  std::string tool_name;
  std::string root = "/workspace";
  std::int64_t clock_ms = 1'772'366'400'000;  // 2026-03-01T12:00:00Z
  bool is_cancelled = false;
  std::vector<Emitted> emitted;

  const std::string& receipt_id() const override { return receipt; }
  const std::string& subject() const override { return caller; }
  const std::string& tool() const override { return tool_name; }
  const std::string& workspace_root() const override { return root; }
  std::int64_t now_ms() const override { return clock_ms; }
  std::string new_ulid() override {
    std::string ulid(26, '0');
    put_base32(ulid, 10, static_cast<std::uint64_t>(clock_ms));
    put_base32(ulid, 26, ++ulids_);
    return ulid;
  }
  pack::Store& store() override { return memory_; }
  Status emit(std::string_view kind, json::Value payload, pack::EmitOptions options = {}) override {
    emitted.push_back({std::string(kind), std::move(payload), std::move(options)});
    return {};
  }
  bool cancelled() const override { return is_cancelled; }

 private:
  static void put_base32(std::string& text, std::size_t end, std::uint64_t value) {
    for (; value != 0; value /= 32) text[--end] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"[value % 32];
  }

  MemoryStore& memory_;
  std::uint64_t ulids_ = 0;
};

}  // namespace lumenflow::testing
