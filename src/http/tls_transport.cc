#include <boost/asio/buffer.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <utility>

#include "http/socket_transport.h"

namespace lumenflow::http {
namespace {

using ErrorFlag = boost::system::error_code;
namespace ssl = boost::asio::ssl;

class TlsTransport final : public Transport {
 public:
  TlsTransport(StreamSocket socket, ssl::context& tls) : stream_(std::move(socket), tls) {}

  void read(char* into, std::size_t max, std::shared_ptr<TransportEvents> events) override {
    if (std::exchange(greeted_, true)) return read_some(into, max, std::move(events));
    stream_.async_handshake(ssl::stream_base::server, [this, into, max, events = std::move(events)](ErrorFlag error) mutable {
      if (error) return events->on_read(0);
      read_some(into, max, std::move(events));
    });
  }

  std::optional<std::size_t> try_write(std::string_view) override { return 0; }

  void write(std::string_view bytes, std::shared_ptr<TransportEvents> events) override {
    stream_.async_write_some(
        boost::asio::buffer(bytes.data(), bytes.size()),
        [events = std::move(events)](ErrorFlag error, std::size_t n) { events->on_written(error ? 0 : n); });
  }

  // close_notify and, once it is out, the end of the TCP stream; it completes when the peer has said the same or is closed.
  void end_write(std::shared_ptr<TransportEvents> keep_alive) override {
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
    stream_.async_read_some(boost::asio::buffer(into, max), [events = std::move(events)](ErrorFlag error, std::size_t n) {
      events->on_read(error ? 0 : n);
    });
  }

  ssl::stream<StreamSocket> stream_;
  bool greeted_ = false;
};

}  // namespace

std::unique_ptr<Transport> make_tls_transport(StreamSocket socket, ssl::context& tls) {
  return std::make_unique<TlsTransport>(std::move(socket), tls);
}

}  // namespace lumenflow::http
