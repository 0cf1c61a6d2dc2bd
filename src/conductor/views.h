// What the events of a workspace add up to: its approvals, its turns, its recoveries. Kept as they arrive, so that a
// page of them costs what it shows.
//
// They are what the workspace said, and nothing is decided by them. The io thread only; changes are part of this turn's
// batch of the ledger.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
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

  // Nothing: none of this id was asked for there.
  Result<std::optional<json::Value>> approval(const std::string& workspace, std::string_view approval_id) const;
  // Which of the workspaces that asked is meant where none is named: the first, and before those that wait no more. An
  // id that was seen elsewhere and said again takes nobody's place. Empty: none.
  Result<std::string> asker_of_approval(std::string_view approval_id) const;
  // Who decided, where this conductor passed that on and the workspace took it.
  Status decided(const std::string& workspace, const json::Value& decision);

  // Each approval that is asked for: what is owed goes into the batch that has it, and is told once that is durable.
  struct ApprovalBell {
    std::function<Status(const std::string& workspace, const json::Value& approval)> owed;
    std::function<void(const std::string& workspace, const json::Value& approval)> told;
  };
  void on_approval(ApprovalBell bell) { bell_ = std::move(bell); }

 private:
  struct Arrived {
    const std::string& workspace;
    const json::Value& envelope;
    const json::Value& payload;
    Position position;
  };
  Status approval_requested(const Arrived& arrived);
  Status renewed(const std::string& key, const std::string& known, const Arrived& arrived);
  Status tool_called(const Arrived& arrived);
  Status turn_changed(const Arrived& arrived, std::string_view state);
  Status needs_recovery(const Arrived& arrived, const std::string& id);

  Ledger& ledger_;
  const Clock& clock_;
  ApprovalBell bell_;
};

}  // namespace lumenflow::conductor
