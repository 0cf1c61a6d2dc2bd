// A lumenflow.yaml that uses every key. For tests only.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "kernel/config.h"

namespace lumenflow::kernel::testing {

std::string full_config();
json::Value full_document();  // the same, read

struct Parsed {
  std::optional<WorkspaceConfig> config;
  pack::Diagnostics diagnostics;
  std::vector<std::string> codes() const;  // in order
  std::string shown() const;               // for failure messages
};
// With packs that own these root keys and describe them no further.
Parsed parse(const std::string& text, const std::vector<std::string>& config_keys = {"acme_demo"});

}  // namespace lumenflow::kernel::testing
