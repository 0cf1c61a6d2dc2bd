// What the operator accepted, kept with the journal: it counts whatever lies on the disk when the workspace is opened.
// Functions of a snapshot and of the open batch; the strand, or before there is one.
#pragma once

#include <optional>
#include <string>

#include "kernel/config.h"
#include "log/log.h"
#include "lumenflow/result.h"

namespace lumenflow::kernel {

// The lumenflow.yaml that was loaded last, at the first opening or by a reload; in development by any opening.
struct AcceptedConfig {
  std::string hash;  // lower-case hex SHA-256 of its bytes
  bool production = false;
  std::string text;  // in production: what counts until another one is accepted. Empty in development
};
// Nothing before the first opening. JOURNAL_DAMAGED when it cannot be read.
Result<std::optional<AcceptedConfig>> accepted_config(const log::TableReader& tables);
Status accept_config(log::Log& log, const WorkspaceConfig& config);

// The PEM of the operator's public key; empty before the first opening.
Result<std::string> pinned_operator_key(const log::TableReader& tables);
Status pin_operator_key(log::Log& log, const std::string& public_pem);

// The RFC 7638 thumbprint, or "none" for what is no key.
std::string thumbprint_of(const std::string& public_pem);

}  // namespace lumenflow::kernel
