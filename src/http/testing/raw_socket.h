// A blocking socket, to say to a server what no client library would. Tests only; one thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace lumenflow::http {

// Reads give up after ten seconds, which no passing test comes near.
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

}  // namespace lumenflow::http
