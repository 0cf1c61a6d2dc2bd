// The two ways in: TCP (plain or TLS) and a local socket whose peers are known by uid.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "http/server_core.h"
#include "lumenflow/result.h"

namespace lumenflow::http {

struct TcpListening {
  std::shared_ptr<Listener> listener;
  std::uint16_t port;
};

struct TlsFiles {
  std::string certificate, key;  // PEM
};

// Plain without `tls`. IO_ERROR when the port is taken, INVALID_CONFIGURATION for what is no address, certificate or
// key.
Result<TcpListening> listen_on_tcp(boost::asio::io_context& io, std::weak_ptr<ServerCore> core,
                                   const std::string& address, std::uint16_t port, const TlsFiles* tls);

// Mode 0600; a stale file is replaced, a live one is ALREADY_EXISTS. stop() removes the file if it is still this one.
Result<std::shared_ptr<Listener>> listen_on_local(boost::asio::io_context& io, std::weak_ptr<ServerCore> core,
                                                  const std::string& path);

}  // namespace lumenflow::http
