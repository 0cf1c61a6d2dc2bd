// The trace through both sides: an operator has a work unit claimed and an agent run its gates, through the conductor,
// and each step is seen in the conductor's own log. One thread.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <string_view>

#include "cli/context.h"
#include "lumenflow/consumers/conductor.h"
#include "lumenflow/json.h"

namespace lumenflow::cli {

class DemoTrace {
 public:
  // All are borrowed. `wait` waits a moment, and says whether the conductor still runs.
  DemoTrace(Context& context, consumers::ConductorClient& ana, std::function<bool()> wait)
      : context_(context), ana_(ana), wait_(std::move(wait)) {}

  // The ten steps; then that both sides hold the same of them.
  Status show();

 private:
  Result<json::Value> call(const std::string& tool, const json::Object& input);
  // The next event of this kind that arrives and that was not seen before.
  Result<json::Value> arrives(const std::string& kind);
  Status claim();
  Status turn();
  Status verify();
  void step(int number, const std::string& text);

  Context& context_;
  consumers::ConductorClient& ana_;
  const std::function<bool()> wait_;
  std::set<std::string> seen_;  // ids of events
  std::string turn_id_;
};

}  // namespace lumenflow::cli
