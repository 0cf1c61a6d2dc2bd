// A server that answers each request with given bytes, right or wrong, on real sockets of 127.0.0.1. Tests only.
//
// One connection at a time, one request on each. Thread safe.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace lumenflow::http {

struct RawAnswer {
  std::string bytes;   // head and body, as they go over the wire
  bool holds = false;  // afterwards the connection stays open until the other side closes it
};

// "HTTP/1.1 200 OK" and so on. `pieces` become one chunk each, so that the client gets them one by one.
RawAnswer whole_answer(int status, std::string_view type, std::string_view body, std::string_view more_headers = {});
RawAnswer chunked_answer(int status, std::string_view type, const std::vector<std::string>& pieces);

class RawServer {
 public:
  using Handler = std::function<RawAnswer(const std::string& request)>;  // on the server's thread
  explicit RawServer(Handler handler);
  ~RawServer();
  RawServer(const RawServer&) = delete;
  RawServer& operator=(const RawServer&) = delete;

  std::uint16_t port() const { return port_; }
  std::string origin() const { return "http://127.0.0.1:" + std::to_string(port_); }
  std::vector<std::string> requests() const;  // head and body, as they came

 private:
  void serve();
  void answer(int connection);

  const Handler handler_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<bool> ended_ = false;
  std::atomic<int> current_ = -1;
  mutable std::mutex mutex_;
  std::vector<std::string> requests_;
  std::thread thread_;
};

}  // namespace lumenflow::http
