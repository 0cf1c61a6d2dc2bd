// A device with a key of its own: it asks its workspace for calls and decides for it, signed, through the conductor;
// until it is revoked.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "base/signing.h"
#include "lumenflow/json.h"
#include "network.h"

namespace lumenflow::sim {

struct SignedCommand {
  std::string tool;
  std::string command_id;  // as the conductor said; empty: it was never taken, as far as is known
};

class Phone {
 public:
  Phone(Network& network, Scheduler& scheduler, const std::string& of_workspace, std::uint64_t seed);

  // The request's body for a ticket, and for what it is invited.
  json::Object enrollment(const std::string& ticket) const;
  static constexpr const char* kScope = "workspace events:read approvals:read approvals:decide";
  // It was accepted: asks for its token.
  void renew();
  bool has_token() const { return !token_.empty(); }

  void ask(std::string_view tool, std::int64_t n);
  void ask_again(std::int64_t n);  // the same under its key, signed anew
  // Looks what waits for an approval, and decides one of them.
  void decide();
  // Somebody has asked the conductor to; and from now on nobody may hear it: the conductor has said so.
  void is_to_be_revoked() { being_revoked_ = true; }
  bool is_being_revoked() const { return being_revoked_; }
  void revoked() { revoked_ = true; }
  bool is_revoked() const { return revoked_; }

  const std::string& id() const { return id_; }
  const std::string& workspace() const { return workspace_; }
  const std::string& subject() const { return subject_; }
  const std::map<std::int64_t, SignedCommand>& asked() const { return asked_; }  // by n
  const std::string& fault() const { return fault_; }

  MachineClock clock;

 private:
  using Told = std::function<void(int status, const json::Value& body)>;
  void send(http::ClientRequest request, const std::string& what, Told told);
  std::string sign(const json::Object& statement) const;
  void decide(const json::Value& approval);

  Network& network_;
  const std::string workspace_, id_, subject_;
  const P256KeyPair key_;
  Draw draw_;
  std::string token_;
  bool being_revoked_ = false, revoked_ = false;
  std::uint64_t assertions_ = 0;
  std::map<std::int64_t, SignedCommand> asked_;
  std::string fault_;
};

}  // namespace lumenflow::sim
