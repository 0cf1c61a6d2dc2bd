// What Prometheus scrapes, by prometheus-cpp. Used on the io thread only; the library stays behind the .cc.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "sidecar/workspace.h"

namespace lumenflow::sidecar {

class Housekeeping;
class UplinkHost;

class Metrics {
 public:
  Metrics();
  ~Metrics();
  void count_request(int status);
  void observe_call(std::chrono::nanoseconds duration);
  // Text exposition format 0.0.4, with gauges read from the workspace now.
  std::string render(Workspace& workspace, const UplinkHost* uplink, const Housekeeping* housekeeping,
                     std::size_t connections);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace lumenflow::sidecar
