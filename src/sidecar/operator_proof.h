// How a caller proves possession of the operator key with one request: a token of a minute's life, signed with it, sent
// in the header `LumenFlow-Operator`. It names the kernel tool it is for and is good once.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/time.h"
#include "lumenflow/result.h"

namespace lumenflow::sidecar {

inline constexpr std::string_view kOperatorHeader = "lumenflow-operator";

// `purpose` is the kernel tool's name; `proof_id` random.
Result<std::string> make_operator_proof(std::string_view operator_private_pem, std::string_view workspace_id,
                                        std::string_view purpose, std::string_view proof_id, Timestamp now);

// Used by one thread. Remembers the proofs it has seen until they expire.
class OperatorProofs {
 public:
  explicit OperatorProofs(std::string workspace_id) : workspace_id_(std::move(workspace_id)) {}
  // UNAUTHENTICATED when it is not by this key, the pinned one, for another purpose, over, or used before.
  Status check(const std::string& operator_public_pem, std::string_view proof, std::string_view purpose, Timestamp now);

 private:
  const std::string workspace_id_;
  std::map<std::string, Timestamp> seen_;
};

}  // namespace lumenflow::sidecar
