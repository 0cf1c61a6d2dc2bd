// Looks at a server before it is mounted, or again: who it is, and which tools it has. What is started for that is
// confined as its calls will be.
//
// Blocks; any thread.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "hosts/pack_program.h"
#include "mounts/definitions.h"
#include "pack/enforced_scopes.h"
#include "sandbox/launcher.h"

namespace lumenflow::mounts {

struct InspectOptions {
  std::chrono::milliseconds timeout{60'000};
  std::chrono::milliseconds probe{10'000};
  std::string ca_file{};
  std::function<void(std::string_view line)> errors{};  // what the program writes to stderr
};

struct Inspection {
  Definitions definitions;
  std::string revision;
  std::string isolation;               // of a program
  std::vector<std::string> addresses;  // of a URL: those that are not public, as allowlists have them
};

Result<Inspection> inspect_program(sandbox::Launcher& launcher, const hosts::PackProgram& program,
                                   const pack::EnforcedScopes& scopes, const std::vector<std::string>& environment,
                                   const InspectOptions& options);

// `network`: which addresses that are not public may be reached; `allow_private`: all of them. SCOPE_DENIED otherwise.
Result<Inspection> inspect_url(const std::string& url, const std::string& bearer, const pack::Scope& network,
                               bool allow_private, const InspectOptions& options);

}  // namespace lumenflow::mounts
