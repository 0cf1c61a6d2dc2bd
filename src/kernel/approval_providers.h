// Who is asked for an approval: the entry of `approval_providers` whose glob fits the surface. Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "kernel/config.h"

namespace lumenflow::kernel {

struct ApprovalProvider {
  enum class Kind : std::uint8_t { kConsole, kConductor, kAuto };
  Kind kind = Kind::kConsole;
  std::int64_t approvals = 1;                         // by so many different people
  std::chrono::milliseconds expires{24 * 3'600'000};  // after which no answer is a denial
};

// Of several globs that fit the one with most characters of its own counts, then the first. Nothing: nobody is asked.
std::optional<ApprovalProvider> find_provider(const WorkspaceConfig& config, std::string_view surface);

}  // namespace lumenflow::kernel
