// A real server on a thread of its own. Tests only.
#pragma once

#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "http/server.h"
#include "http/testing/raw_socket.h"

namespace lumenflow::http {

class ServerThread {
 public:
  explicit ServerThread(Handler handler, const Limits& limits = {});
  ~ServerThread();

  // Runs `task` on the server's thread and waits for it.
  template <class Task>
  auto on_thread(Task task) -> decltype(task()) {
    std::packaged_task<decltype(task())()> packaged(std::move(task));
    auto done = packaged.get_future();
    post([&packaged] { packaged(); });
    return done.get();
  }
  std::uint16_t listen();  // on a free port of 127.0.0.1

 private:
  struct Context;
  void post(std::function<void()> task);
  std::unique_ptr<Context> context_;

 public:
  std::unique_ptr<Server> server;  // for on_thread() only

 private:
  std::thread thread_;
};

// A folder that goes with the test.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  std::string file(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

}  // namespace lumenflow::http
