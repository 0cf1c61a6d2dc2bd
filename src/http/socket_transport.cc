#include "http/socket_transport.h"

#include <unistd.h>

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <utility>

namespace lumenflow::http {
namespace {

namespace asio = boost::asio;
namespace ssl = boost::asio::ssl;
using ErrorFlag = boost::system::error_code;

// One type for TCP and local sockets, and the io_context's own executor: no type erasure on the way of every byte.
using StreamSocket = asio::basic_stream_socket<asio::generic::stream_protocol, asio::io_context::executor_type>;

// The protocol of an accepted socket is of no more interest to Asio once it is connected; SOCK_STREAM is.
std::optional<StreamSocket> adopt(asio::io_context& io, int fd) {
  StreamSocket socket(io.get_executor());
  ErrorFlag error;
  if (!socket.assign(asio::generic::stream_protocol(AF_UNSPEC, 0), fd, error)) socket.non_blocking(true, error);
  if (!error) return socket;
  if (!socket.is_open()) ::close(fd);
  return std::nullopt;
}

class SocketTransport final : public Transport {
 public:
  explicit SocketTransport(StreamSocket socket) : socket_(std::move(socket)) {}

  void read(char* into, std::size_t max, std::shared_ptr<TransportEvents> events) override {
    socket_->async_read_some(asio::buffer(into, max), [events = std::move(events)](ErrorFlag error, std::size_t n) {
      events->on_read(error ? 0 : n);
    });
  }

  std::optional<std::size_t> try_write(std::string_view bytes) override {
    ErrorFlag error;
    const std::size_t n = socket_->write_some(asio::buffer(bytes.data(), bytes.size()), error);
    if (error == asio::error::would_block || error == asio::error::try_again) return 0;
    if (error) return std::nullopt;
    return n;
  }

  void write(std::string_view bytes, std::shared_ptr<TransportEvents> events) override {
    socket_->async_write_some(
        asio::buffer(bytes.data(), bytes.size()),
        [events = std::move(events)](ErrorFlag error, std::size_t n) { events->on_written(error ? 0 : n); });
  }

  void end_write(std::shared_ptr<TransportEvents>) override {
    ErrorFlag ignored;
    socket_->shutdown(StreamSocket::shutdown_send, ignored);
  }

  // What was under way reports 0; the handlers touch nothing here.
  void close() override { socket_.reset(); }

 private:
  std::optional<StreamSocket> socket_;  // nothing once closed; a closed connection calls nothing but the destructor
};

class TlsTransport final : public Transport {
 public:
  TlsTransport(StreamSocket socket, ssl::context& tls) : stream_(std::move(socket), tls) {}

  void read(char* into, std::size_t max, std::shared_ptr<TransportEvents> events) override {
    if (ended_) return discard_some(into, max, std::move(events));
    if (std::exchange(greeted_, true)) return read_some(into, max, std::move(events));
    auto greeted = [this, into, max, events = std::move(events)](ErrorFlag error) mutable {
      if (error) return events->on_read(0);
      read_some(into, max, std::move(events));
    };
    stream_.async_handshake(ssl::stream_base::server, std::move(greeted));
  }

  std::optional<std::size_t> try_write(std::string_view) override { return 0; }

  void write(std::string_view bytes, std::shared_ptr<TransportEvents> events) override {
    stream_.async_write_some(
        asio::buffer(bytes.data(), bytes.size()),
        [events = std::move(events)](ErrorFlag error, std::size_t n) { events->on_written(error ? 0 : n); });
  }

  // close_notify and, once it is out, the end of the TCP stream; done when the peer has said the same or is closed.
  void end_write(std::shared_ptr<TransportEvents> keep_alive) override {
    ended_ = true;
    stream_.async_shutdown([this, keep_alive = std::move(keep_alive)](ErrorFlag) {
      ErrorFlag ignored;
      stream_.next_layer().shutdown(StreamSocket::shutdown_send, ignored);
    });
  }

  void close() override {
    ErrorFlag ignored;
    stream_.next_layer().close(ignored);
  }

 private:
  void read_some(char* into, std::size_t max, std::shared_ptr<TransportEvents> events) {
    stream_.async_read_some(asio::buffer(into, max), [events = std::move(events)](ErrorFlag error, std::size_t n) {
      events->on_read(error ? 0 : n);
    });
  }

  // What still comes after the end is thrown away, and OpenSSL would take it for a fault: then the connection would be
  // closed with bytes unread, and the reset could overtake the last answer.
  void discard_some(char* into, std::size_t max, std::shared_ptr<TransportEvents> events) {
    stream_.next_layer().async_read_some(
        asio::buffer(into, max),
        [events = std::move(events)](ErrorFlag error, std::size_t n) { events->on_read(error ? 0 : n); });
  }

  ssl::stream<StreamSocket> stream_;
  bool greeted_ = false;
  bool ended_ = false;
};

}  // namespace

std::unique_ptr<Transport> make_socket_transport(asio::io_context& io, int fd) {
  std::optional<StreamSocket> socket = adopt(io, fd);
  if (!socket) return nullptr;
  return std::make_unique<SocketTransport>(*std::move(socket));
}

std::unique_ptr<Transport> make_tls_transport(asio::io_context& io, int fd, ssl::context& tls) {
  std::optional<StreamSocket> socket = adopt(io, fd);
  if (!socket) return nullptr;
  return std::make_unique<TlsTransport>(*std::move(socket), tls);
}

}  // namespace lumenflow::http
