// The conformance run of one pack: C1 to C9 (docs/conformance.md), each in a workspace that is thrown away.
//
// Deterministic but for what the pack's own code brings along: equal packs and seeds give equal reports. One thread.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "conformance/pack_under_test.h"
#include "conformance/report.h"
#include "lumenflow/result.h"

namespace lumenflow::conformance {

struct Options {
  std::string folder;      // an empty one, for the workspaces; what is in it afterwards is of no use
  std::uint64_t seed = 1;  // of generated inputs and of the draws that the pack is given
  int bad_inputs = 200;    // per tool
  int edge_inputs = 40;    // per tool: inputs that the schema accepts
  // Lets the machine's own clock go on by a second or more, so that who reads it reads something else; called once,
  // and only for packs with handlers. May be empty.
  std::function<void()> let_time_pass;
};

// An error when the run itself failed (no folder, a journal that cannot be written); a pack's faults are in the report.
Result<Report> run_conformance(PackUnderTest& pack, const Options& options);

}  // namespace lumenflow::conformance
