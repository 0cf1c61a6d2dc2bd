// The repository that the demonstration works on: a page, a gate that looks at it, a work unit, and an agent whose
// words stand in a script.
#pragma once

#include <string>

#include "lumenflow/result.h"

namespace lumenflow {
class Files;
}

namespace lumenflow::cli {

inline constexpr const char* kDemoWorkUnit = "WU-042";
inline constexpr const char* kDemoLane = "Content: Site Comms";
inline constexpr const char* kDemoGoal = "run gates on WU-042";

// In a folder where `lumenflow init` was: git's repository with one commit, and what lumenflow.yaml has to say besides.
// UNREACHABLE where there is no git.
Status make_demo_repository(Files& files, const std::string& root);

}  // namespace lumenflow::cli
