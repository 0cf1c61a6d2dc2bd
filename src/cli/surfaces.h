// The surfaces that a sidecar of this program has besides HTTP; lumenflow.yaml says which of them answer.
#pragma once

#include <vector>

#include "sidecar/sidecar.h"

namespace lumenflow::cli {

std::vector<sidecar::Surface> all_surfaces();

}  // namespace lumenflow::cli
