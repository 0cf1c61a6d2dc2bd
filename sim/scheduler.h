// Simulated time: what is to happen, in the order in which it is due; what is due at once in the order in which it was
// said. One thread.
//
// Everything belongs to a life (of a process), and is dropped with it; the world's own is kWorld.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "draw.h"

namespace lumenflow::sim {

using Life = std::uint64_t;
inline constexpr Life kWorld = 0;

class Scheduler {
 public:
  struct Task {
    Life life = kWorld;
    const char* what = "";  // a literal, for the trace
    std::function<void()> work;
  };

  Life begin_life() {
    alive_.insert(++last_life_);
    return last_life_;
  }
  // What belongs to it is dropped; what it still asks for is not taken.
  void end_life(Life life);
  void after(Micros delay, Life life, const char* what, std::function<void()> work);
  // The next one, with the time moved to when it is due.
  Task take();
  bool empty() const { return tasks_.empty(); }
  Micros now() const { return now_; }

 private:
  std::map<std::pair<std::int64_t, std::uint64_t>, Task> tasks_;  // by when, by who came first
  std::set<Life> alive_{kWorld};
  Micros now_{0};
  std::uint64_t next_ = 0;
  Life last_life_ = 0;
};

}  // namespace lumenflow::sim
