// What the conductor may do here lives as long as the token that the workspace minted for it: renewed before that is
// over, with the same scopes, by the kernel's own tool, and offered to the conductor with the next renewal.
//
// Thread safe; look() is called whenever something is said to the conductor, so that what comes back finds a grant that
// counts. Borrows what it is given; calls that end after it are heard by nobody.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/time.h"
#include "kernel/kernel.h"
#include "log/log.h"

namespace lumenflow::sidecar {

struct GrantParts {
  log::Log& log;
  kernel::Kernel& kernel;
  const Clock& clock;
  std::string workspace_id;
};

class ConductorGrant {
 public:
  using Offer = std::function<void(std::string token, std::string token_id)>;
  ConductorGrant(GrantParts parts, Offer offer);
  ~ConductorGrant();
  // Asks for the next token where it is due: a third of its life is left, its time has not come yet (the clock was put
  // back), or the conductor has not said that it has it.
  void look();
  // The conductor has it.
  void given(const std::string& token_id);

 private:
  struct Shared;
  bool due() const;
  const GrantParts parts_;
  const std::shared_ptr<Shared> shared_;  // with calls under way
};

}  // namespace lumenflow::sidecar
