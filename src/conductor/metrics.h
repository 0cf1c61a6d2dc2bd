// What Prometheus scrapes, by prometheus-cpp. Used on the io thread only; the library stays behind the .cc.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace lumenflow::conductor {

struct Context;

class Metrics {
 public:
  Metrics();
  ~Metrics();
  void count_request(int status);
  void count_events(std::uint64_t accepted, std::uint64_t duplicates, std::uint64_t rejected);
  void count_command(std::string_view kind);
  void count_notification(std::string_view outcome);
  // Text exposition format 0.0.4.
  std::string render(const Context& context);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace lumenflow::conductor
