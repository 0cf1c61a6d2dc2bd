// What a tick leaves to be recorded, as the strand hands it over, and the frame that it becomes.
//
// Values. The strand fills it with copies and moves alone; whatever costs more (JSON, hashes) is done by whoever makes
// the frame: the recorder's thread, or a replay.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "bus/recording.h"
#include "catalogue/generated/runtime_event_manifest.generated.h"
#include "lumenflow/json.h"

namespace lumenflow::kernel {

struct RawEvent {
  std::uint64_t order = 0;
  std::uint32_t channel = 0;
  std::string type;
  std::variant<json::Value, runtime_events::core_::kernel::EventEmitted, runtime_events::core_::kernel::CallFinished>
      payload;
};

struct RawRow {
  std::uint64_t first = 0;
  std::vector<std::string> entries;
  std::string body;
};

struct RawFrame {
  std::uint64_t tick = 0;
  std::int64_t issued_at = 0;
  std::vector<RawEvent> events;
  std::string ingress;
  std::vector<RawRow> rows;
  std::string writes;                // to the journal's tables, as bytes
  std::optional<std::string> state;  // what the strand's state sums up to: a checkpoint follows the frame
  std::size_t bytes() const;         // about, in memory
};

// Makes frames and checkpoints of one recording, in order. One thread.
class FrameMaker {
 public:
  FrameMaker(std::string manifest_hash, std::string contract_digest)
      : manifest_hash_(std::move(manifest_hash)), contract_digest_(std::move(contract_digest)) {}
  bus::Frame frame(RawFrame& raw);  // takes what it can
  // After its frame; nothing where the raw frame asks for none.
  std::optional<bus::Checkpoint> checkpoint(const RawFrame& raw) const;

 private:
  const std::string manifest_hash_, contract_digest_;
  Hash256 journal_{};  // of all rows and writes so far
};

// Who takes what is recorded. The strand calls it and never waits for it.
class FrameTaker {
 public:
  virtual ~FrameTaker() = default;
  // False when there is no room: the recording then ends before this frame.
  virtual bool take(RawFrame frame) = 0;
  // Nothing follows. `reason` and what was not captured are for a person.
  virtual void end(std::string reason, std::vector<std::string> not_captured) = 0;
};

}  // namespace lumenflow::kernel
