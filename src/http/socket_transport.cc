#include "http/socket_transport.h"

#include <boost/asio/buffer.hpp>
#include <utility>

namespace lumenflow::http {
namespace {

using ErrorFlag = boost::system::error_code;

class SocketTransport final : public Transport {
 public:
  explicit SocketTransport(StreamSocket socket) : socket_(std::move(socket)) {
    ErrorFlag ignored;
    socket_.non_blocking(true, ignored);
  }

  void read(char* into, std::size_t max, std::shared_ptr<TransportEvents> events) override {
    socket_.async_read_some(boost::asio::buffer(into, max), [events = std::move(events)](ErrorFlag error, std::size_t n) {
      events->on_read(error ? 0 : n);
    });
  }

  std::optional<std::size_t> try_write(std::string_view bytes) override {
    ErrorFlag error;
    const std::size_t n = socket_.write_some(boost::asio::buffer(bytes.data(), bytes.size()), error);
    if (error == boost::asio::error::would_block || error == boost::asio::error::try_again) return 0;
    if (error) return std::nullopt;
    return n;
  }

  void write(std::string_view bytes, std::shared_ptr<TransportEvents> events) override {
    socket_.async_write_some(
        boost::asio::buffer(bytes.data(), bytes.size()),
        [events = std::move(events)](ErrorFlag error, std::size_t n) { events->on_written(error ? 0 : n); });
  }

  void end_write(std::shared_ptr<TransportEvents>) override {
    ErrorFlag ignored;
    socket_.shutdown(StreamSocket::shutdown_send, ignored);
  }

  void close() override {
    ErrorFlag ignored;
    socket_.close(ignored);
  }

 private:
  StreamSocket socket_;
};

}  // namespace

std::unique_ptr<Transport> make_socket_transport(StreamSocket socket) {
  return std::make_unique<SocketTransport>(std::move(socket));
}

}  // namespace lumenflow::http
