// What the thread of a run may say to the child, and hear from it, while it works on one of the child's requests.
#pragma once

#include <string_view>

#include "lumenflow/json.h"

namespace lumenflow::hosts {

class Aside {
 public:
  virtual ~Aside() = default;
  // The line is written, but for what the pipe and a little memory hold; waits for a child that reads slowly. False:
  // the run has been ended, or the child is gone.
  virtual bool tell(std::string_view line) = 0;
  // Whether the child has said http/stop of that request, or nobody listens any more. What else it said is kept.
  virtual bool heard_stop(const json::Value& id) = 0;
};

}  // namespace lumenflow::hosts
