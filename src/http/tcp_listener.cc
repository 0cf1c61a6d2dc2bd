#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>

#include "http/acceptor.h"
#include "http/listeners.h"

namespace lumenflow::http {
namespace {

namespace asio = boost::asio;
namespace ssl = boost::asio::ssl;
using Tcp = asio::ip::tcp;
using ErrorFlag = boost::system::error_code;

class TcpListener final : public AcceptLoop<Tcp> {
 public:
  TcpListener(Acceptor acceptor, std::weak_ptr<ServerCore> core, std::shared_ptr<ssl::context> tls)
      : AcceptLoop(std::move(acceptor), std::move(core)), tls_(std::move(tls)) {}

 private:
  std::unique_ptr<Transport> welcome(Socket socket, Peer& peer) override {
    ErrorFlag error;
    const Tcp::endpoint remote = socket.remote_endpoint(error);
    if (error) return nullptr;  // gone already
    peer.address = remote.address().to_string();
    socket.set_option(Tcp::no_delay(true), error);
    if (tls_) return make_tls_transport(StreamSocket(std::move(socket)), *tls_);
    return make_socket_transport(StreamSocket(std::move(socket)));
  }

  std::shared_ptr<ssl::context> tls_;
};

Error file_error(const std::string& what, const std::string& file, const ErrorFlag& error) {
  return Error(ErrorCode::kInvalidConfiguration, what + " " + file + ": " + error.message());
}

}  // namespace

Result<std::shared_ptr<ssl::context>> load_tls(const std::string& cert_file, const std::string& key_file) {
  auto tls = std::make_shared<ssl::context>(ssl::context::tls_server);
  ErrorFlag error;
  tls->set_options(ssl::context::no_tlsv1 | ssl::context::no_tlsv1_1 | ssl::context::no_compression | SSL_OP_NO_RENEGOTIATION |
                       SSL_OP_IGNORE_UNEXPECTED_EOF,
                   error);
  if (tls->use_certificate_chain_file(cert_file, error)) return file_error("the TLS certificate", cert_file, error);
  if (tls->use_private_key_file(key_file, ssl::context::pem, error)) return file_error("the TLS key", key_file, error);
  if (SSL_CTX_check_private_key(tls->native_handle()) != 1)
    return Error(ErrorCode::kInvalidConfiguration, "the TLS key " + key_file + " is not that of the certificate " + cert_file);
  return tls;
}

Result<TcpListening> listen_on_tcp(asio::io_context& io, std::weak_ptr<ServerCore> core, const std::string& address,
                                   std::uint16_t port, std::shared_ptr<ssl::context> tls) {
  ErrorFlag error;
  const asio::ip::address ip = asio::ip::make_address(address, error);
  if (error) return Error(ErrorCode::kInvalidConfiguration, "'" + address + "' is not an IP address to listen on");
  const Tcp::endpoint endpoint(ip, port);
  TcpListener::Acceptor acceptor(io.get_executor());
  const std::string place = (ip.is_v6() ? "[" + address + "]" : address) + ":" + std::to_string(port);
  if (acceptor.open(endpoint.protocol(), error) || acceptor.set_option(Tcp::acceptor::reuse_address(true), error) ||
      acceptor.bind(endpoint, error) || acceptor.listen(TcpListener::Acceptor::max_listen_connections, error)) {
    if (error == asio::error::address_in_use)
      return Error(ErrorCode::kIo, place + " is taken by another program; choose another address with --listen");
    return Error(ErrorCode::kIo, "listening on " + place + ": " + error.message());
  }
  const std::uint16_t bound = acceptor.local_endpoint(error).port();
  return TcpListening{std::make_shared<TcpListener>(std::move(acceptor), std::move(core), std::move(tls)), bound};
}

}  // namespace lumenflow::http
