// Who is asked for an approval: the entry of `approval_providers` whose glob fits the surface. Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/config.h"
#include "kernel/policy.h"
#include "pack/registry.h"

namespace lumenflow::kernel {

struct ApprovalProvider {
  enum class Kind : std::uint8_t { kConsole, kConductor, kAuto };
  Kind kind = Kind::kConsole;
  std::int64_t approvals = 1;                         // by so many different people
  std::chrono::milliseconds expires{24 * 3'600'000};  // after which no answer is a denial
};

// Of several globs that fit the one with most characters of its own counts, then the first. Nothing: nobody is asked.
std::optional<ApprovalProvider> find_provider(const WorkspaceConfig& config, std::string_view surface);

// The surfaces whose approval a call needs that the policy does not deny: the tool's own, then those of the rules that
// ask, or of the default decision.
std::vector<std::string> approvals_asked(const pack::ActiveTool& tool, const PolicyVerdict& verdict);

// What the providers of all these surfaces together ask for.
struct ApprovalTerms {
  bool automatic = true;  // every one of them is `auto`
  std::int64_t approvals = 1;
  std::chrono::milliseconds expires{24 * 3'600'000};
  std::string nobody;  // a surface without a provider; empty: every one has one
};
ApprovalTerms approval_terms(const WorkspaceConfig& config, const std::vector<std::string>& surfaces);

}  // namespace lumenflow::kernel
