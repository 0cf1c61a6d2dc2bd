// Starts the keeper of a plan and stands for what it keeps.
#pragma once

#include <memory>
#include <string>

#include "lumenflow/result.h"
#include "sandbox/launcher.h"
#include "sandbox/plan.h"

namespace lumenflow::sandbox {

// What a child needs for as long as it lives, such as its proxy; destroyed after all of it has ended.
class Attendant {
 public:
  virtual ~Attendant() = default;
  // The listener in the sandbox's network; the attendant owns it from now on.
  virtual void serve(int listener) = 0;
};

// SANDBOX_UNAVAILABLE when it cannot be built, INVALID_INPUT when there is no such program.
Result<std::unique_ptr<Child>> start_keeper(const Plan& plan, const std::string& helper, std::string isolation,
                                            std::unique_ptr<Attendant> attendant);

}  // namespace lumenflow::sandbox
