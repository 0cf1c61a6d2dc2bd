// A real server on a thread of its own, and raw sockets to say to it what no client library would. Tests only.
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

namespace lumenflow::http {

// A blocking socket. Reads give up after ten seconds, which no passing test comes near.
class RawSocket {
 public:
  static RawSocket tcp(std::uint16_t port);  // of 127.0.0.1
  static RawSocket local(const std::string& path);
  RawSocket(RawSocket&& other) noexcept;
  ~RawSocket() { close(); }

  bool connected() const { return connected_; }
  bool send(std::string_view text);  // all of it, or false
  // Up to and with `mark`, or to the end.
  std::string read_until(std::string_view mark);
  std::string read_to_end();
  void close();

 private:
  RawSocket(int fd, bool connected) : fd_(fd), connected_(connected) {}
  bool fill();

  int fd_;
  bool connected_ = false;
  std::string pending_;
};

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
