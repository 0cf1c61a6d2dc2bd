// The gates of lumenflow.yaml: programs that must succeed before work is merged.
//
// Values and a pure function.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "software-delivery/answer.h"

namespace lumenflow::software_delivery {

struct Gate {
  std::string id;
  std::vector<std::string> command;
  std::int64_t timeout_ms = 600'000;
  bool required = true;
  std::string digest;  // of the command: a gate that says something else has to pass anew
};

// From the pack's configuration, whose member `gates` has been checked with lumenflow.yaml. A command that is one text
// is taken apart at its blanks; CONFIGURATION_ERROR where it needs a shell, saying how to write that.
Answer<std::vector<Gate>> read_gates(const json::Value& config);

}  // namespace lumenflow::software_delivery
