// Transports over Asio sockets: TCP and local ones plain, TCP under TLS. Includes Asio: for the server's own .cc files.
#pragma once

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <memory>

#include "http/transport.h"

namespace boost::asio::ssl {
class context;
}

namespace lumenflow::http {

// One type for TCP and local sockets, and the io_context's own executor: no type erasure on the way of every byte.
using StreamSocket =
    boost::asio::basic_stream_socket<boost::asio::generic::stream_protocol, boost::asio::io_context::executor_type>;

std::unique_ptr<Transport> make_socket_transport(StreamSocket socket);

// Shakes hands within the first read.
std::unique_ptr<Transport> make_tls_transport(StreamSocket socket, boost::asio::ssl::context& tls);

}  // namespace lumenflow::http
