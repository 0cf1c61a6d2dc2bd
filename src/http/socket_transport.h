// Transports over accepted sockets: TCP and local ones plain, TCP under TLS.
#pragma once

#include <memory>

#include "http/transport.h"

namespace boost::asio {
class io_context;
namespace ssl {
class context;
}
}  // namespace boost::asio

namespace lumenflow::http {

// Both take over the connected stream socket `fd`; null when the io_context cannot watch it (it is then closed).
std::unique_ptr<Transport> make_socket_transport(boost::asio::io_context& io, int fd);

// Shakes hands within the first read.
std::unique_ptr<Transport> make_tls_transport(boost::asio::io_context& io, int fd, boost::asio::ssl::context& tls);

}  // namespace lumenflow::http
