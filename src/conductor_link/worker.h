// A lane on a thread with an HTTP client of its own.
//
// Thread safe. Destroying it cuts what is under way and gives up what waits; callbacks come on its thread, the last
// ones on the thread that cuts or destroys it.
#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>

#include "conductor_link/lane.h"

namespace lumenflow::conductor_link {

class Worker final : public Lane {
 public:
  explicit Worker(http::ClientOptions options);
  ~Worker() override;
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  void ask(Write write, Hear hear) override;
  void cut() override;

 private:
  struct Task {
    Write write;
    Hear hear;
  };
  void run();

  const http::ClientOptions options_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Task> tasks_;
  std::shared_ptr<http::Interrupt> interrupt_;  // of the client; shared with it
  bool busy_ = false;                           // a task is under way
  bool closing_ = false;
  std::thread thread_;  // last: it uses the others
};

}  // namespace lumenflow::conductor_link
