// The workspace's tasks and lanes, as far as work units are concerned: a WU's status is its task's.
//
// One belongs to one call. Each step is a call of the kernel's on behalf of whoever called the tool.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "software-delivery/work_unit.h"

namespace lumenflow::software_delivery {

struct Task {
  std::string state;  // ready, active, blocked, waiting, done
  std::string lane, claimed_by, reason;
  json::Value spec;  // the work unit, as it was when its task was made
  bool is_claimed() const { return state == "active" || state == "blocked" || state == "waiting"; }
};

class Board {
 public:
  explicit Board(pack::HostContext& context) : context_(context) {}

  Answer<std::optional<Task>> find(const std::string& wu_id);
  Answer<std::vector<Lane>> lanes();
  // By id, or by title; UNKNOWN_LANE naming those there are.
  Answer<Lane> lane(const std::string& written);
  // Fine when it is there already.
  Done create(const WorkUnit& work_unit, const std::string& lane_id);
  Done claim(const std::string& wu_id, const Workplace& place);
  Done block(const std::string& wu_id, std::string_view reason);
  Done unblock(const std::string& wu_id);
  // Whatever it is that it is claimed as; fine when nobody has claimed it.
  Done release(const std::string& wu_id, std::string_view reason);
  Done complete(const std::string& wu_id, const std::vector<std::string>& evidence);

 private:
  // The kernel's refusal, or its data.
  Answer<json::Value> step(std::string_view step, json::Value input);
  pack::HostContext& context_;
};

}  // namespace lumenflow::software_delivery
