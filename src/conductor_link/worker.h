// A thread with an HTTP client of its own: requests one after the other, in the order in which they were asked for.
//
// Thread safe. Destroying it cuts what is under way and gives up what waits.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

#include "http/client.h"

namespace lumenflow::conductor_link {

class Worker {
 public:
  // Null: it was given up before it began.
  using Task = std::function<void(http::Client*)>;

  explicit Worker(http::ClientOptions options);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  void post(Task task);
  // Cuts the request that is under way, and gives up what waits.
  void cut();

 private:
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
