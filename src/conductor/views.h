// What the events of a workspace add up to: its approvals, its turns, its recoveries. Kept as they arrive, so that a
// page of them costs what it shows.
//
// They are what the workspace said, and nothing is decided by them. The io thread only; changes are part of this turn's
// batch of the ledger.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "conductor/ledger.h"
#include "event/stream_intake.h"

namespace lumenflow::conductor {

class Views {
 public:
  Views(Ledger& ledger, const Clock& clock) : ledger_(ledger), clock_(clock) {}

  Status take(const std::string& workspace, const event::TakenEvent& taken, Position position);

  enum class List : std::uint8_t { kApprovals, kPendingApprovals, kTurns, kRecoveries };
  struct Range {
    Position before;  // 0: from the end
    Position floor;   // nothing that stands there or before
  };
  // {items, next}: the newest first.
  Result<json::Value> page(const std::string& workspace, List list, const Range& range, std::size_t limit) const;
  // The workspaces that asked for an approval of this id; mostly one.
  Result<std::vector<std::string>> workspaces_of_approval(std::string_view approval_id) const;
  Result<std::vector<std::string>> workspaces_of_recovery(std::string_view recovery_id) const;

  // Told of each approval that is asked for, once that is durable.
  void on_approval(std::function<void(const std::string& workspace, const json::Value& approval)> told) {
    told_ = std::move(told);
  }

 private:
  struct Arrived {
    const std::string& workspace;
    const json::Value& envelope;
    const json::Value& payload;
    Position position;
  };
  Status approval_requested(const Arrived& arrived);
  Status tool_called(const Arrived& arrived);
  Status turn_changed(const Arrived& arrived, std::string_view state);
  Status needs_recovery(const Arrived& arrived, const std::string& id);

  Ledger& ledger_;
  const Clock& clock_;
  std::function<void(const std::string&, const json::Value&)> told_;
};

}  // namespace lumenflow::conductor
