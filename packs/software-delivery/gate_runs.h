// Which gates have passed on which commit, remembered in the pack's store: key `green/<wu>/<gate>`.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "software-delivery/gate_config.h"

namespace lumenflow::software_delivery {

struct Green {
  std::string commit, digest, evidence_ref;
  std::int64_t duration_ms = 0;
  std::int64_t at_ms = 0;  // when it was found, since 1970
};

// By gate: those that have passed on this commit with the command that they have now.
Answer<std::map<std::string, Green>> green_on(pack::HostContext& context, const std::string& wu_id,
                                              const std::string& commit, const std::vector<Gate>& gates);

}  // namespace lumenflow::software_delivery
