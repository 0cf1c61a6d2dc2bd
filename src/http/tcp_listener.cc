#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <utility>

#include "http/accept_loop.h"
#include "http/listeners.h"
#include "http/socket_transport.h"

namespace lumenflow::http {
namespace {

namespace asio = boost::asio;
namespace ssl = boost::asio::ssl;
using Tcp = asio::ip::tcp;
using Acceptor = asio::basic_socket_acceptor<Tcp, asio::io_context::executor_type>;
using ErrorFlag = boost::system::error_code;
using TlsContext = std::shared_ptr<ssl::context>;

Error file_error(const std::string& what, const std::string& file, const ErrorFlag& error) {
  return Error(ErrorCode::kInvalidConfiguration, what + " " + file + ": " + error.message());
}

Result<TlsContext> load_tls(const TlsFiles& files) {
  auto tls = std::make_shared<ssl::context>(ssl::context::tls_server);
  ErrorFlag error;
  tls->set_options(ssl::context::no_tlsv1 | ssl::context::no_tlsv1_1 | ssl::context::no_compression |
                   SSL_OP_NO_RENEGOTIATION | SSL_OP_IGNORE_UNEXPECTED_EOF);
  if (tls->use_certificate_chain_file(files.certificate, error))
    return file_error("the TLS certificate", files.certificate, error);
  if (tls->use_private_key_file(files.key, ssl::context::pem, error))
    return file_error("the TLS key", files.key, error);
  return tls;
}

// The numeric address of who is at the other end; empty when nobody is any more.
std::string remote_address(int fd) {
  Tcp::endpoint remote;
  auto size = static_cast<socklen_t>(remote.capacity());
  if (::getpeername(fd, remote.data(), &size) != 0) return {};
  remote.resize(size);
  return remote.address().to_string();
}

std::unique_ptr<Transport> welcome(asio::io_context& io, const TlsContext& tls, int fd, Peer& peer) {
  peer.address = remote_address(fd);
  if (peer.address.empty()) {
    ::close(fd);
    return nullptr;
  }
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return tls ? make_tls_transport(io, fd, *tls) : make_socket_transport(io, fd);
}

}  // namespace

Result<TcpListening> listen_on_tcp(asio::io_context& io, std::weak_ptr<ServerCore> core, const std::string& address,
                                   std::uint16_t port, const TlsFiles* tls_files) {
  TlsContext tls;
  if (tls_files != nullptr) {
    LUMENFLOW_TRY_ASSIGN(tls, load_tls(*tls_files));
  }
  ErrorFlag error;
  const asio::ip::address ip = asio::ip::make_address(address, error);
  if (error) return Error(ErrorCode::kInvalidConfiguration, "'" + address + "' is not an IP address to listen on");
  const std::string place = (ip.is_v6() ? "[" + address + "]" : address) + ":" + std::to_string(port);
  const Tcp::endpoint endpoint(ip, port);
  Acceptor acceptor(io.get_executor());
  if (acceptor.open(endpoint.protocol(), error) || acceptor.set_option(Acceptor::reuse_address(true), error) ||
      acceptor.bind(endpoint, error) || acceptor.listen(Acceptor::max_listen_connections, error) ||
      acceptor.native_non_blocking(true, error)) {
    if (error == asio::error::address_in_use)
      return Error(ErrorCode::kIo, place + " is taken by another program; choose another address with --listen");
    return Error(ErrorCode::kIo, "listening on " + place + ": " + error.message());
  }
  const std::uint16_t bound = acceptor.local_endpoint(error).port();
  const auto greet = [&io, tls](int fd, Peer& peer) { return welcome(io, tls, fd, peer); };
  return TcpListening{make_accept_loop(io, acceptor.release(), std::move(core), greet, nullptr), bound};
}

}  // namespace lumenflow::http
