// What is signed with the operator's key, of what the sidecar showed: decisions on approvals, consents to recoveries.
//
// Pure functions.
#pragma once

#include <string>

#include "base/time.h"
#include "lumenflow/json.h"
#include "lumenflow/result.h"

namespace lumenflow::cli {

struct Decided {
  bool approve = false;  // of a consent always
  std::string reason;    // may be empty
  Timestamp at;
};

// Of GET /approvals/{id}: the input of kernel:approve or kernel:deny. `key`: a private PEM, unlocked.
Result<json::Value> signed_decision(const json::Value& shown, const Decided& decided, const std::string& key);

// Of GET /recoveries/{id}: the input of kernel:confirm.
Result<json::Value> signed_consent(const json::Value& shown, const Decided& decided, const std::string& key);

}  // namespace lumenflow::cli
