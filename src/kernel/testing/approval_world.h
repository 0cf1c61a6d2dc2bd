// A kernel's world in which calls wait for approvals, with an operator who signs. For tests only.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "base/signing.h"
#include "journal/approvals.h"
#include "kernel/testing/kernel_world.h"

namespace lumenflow::kernel {

const P256KeyPair& operator_key();

class ApprovalWorld : public KernelWorld {
 public:
  ApprovalWorld();

  // An entry of `approval_providers`.
  static json::Value provider(const char* kind, std::int64_t approvals = 1,
                              std::chrono::hours expires = std::chrono::hours(24));
  // Makes the policy ask for calls of this tool, where the input fits.
  void ask_for(const char* tool, json::Value when_input = json::Object{});

  // Calls the tool, which has to be parked, and gives the approval's id.
  std::string parked(const std::string& tool, json::Value input = json::Object{}, const std::string& key = {});
  journal::ParkedCall record(const std::string& approval_id) const;

  // What whoever holds the key would send; tests alter it at will.
  json::Value decision(const std::string& approval_id, bool approve, const std::string& by = "ws-42:local:ana",
                       const P256KeyPair& key = operator_key(), const std::string& reason = {}) const;
  CallResult decide(bool approve, json::Value input, const std::string& by = "ws-42:local:ana");
  CallResult approve(const std::string& approval_id) { return decide(true, decision(approval_id, true)); }

  // The journal goes on under another log_id, as after `lumenflow restore`; the kernel is gone.
  void restore(const std::string& log_id);

  // What became of the call, as its last record says: "success - 12"; "open" while there is none.
  std::string end_of(const std::string& approval_id) const;
};

// The code of a refusal, or "none".
std::string error_of(const CallResult& result);

}  // namespace lumenflow::kernel
