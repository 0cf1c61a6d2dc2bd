// A server that answers each connection with bytes as given, whatever was asked, and closes or keeps it. Tests only.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>

namespace lumenflow::conductor_link::testing {

class BadServer {
 public:
  enum class Then : std::uint8_t { kClose, kKeepOpen };
  // `bytes` go out when a request's header has come; then the connection is closed or stays silent.
  BadServer(std::string bytes, Then then);
  ~BadServer();
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

 private:
  void run();
  const std::string bytes_;
  const Then then_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

}  // namespace lumenflow::conductor_link::testing
