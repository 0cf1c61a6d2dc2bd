// The accept loop that both kinds of listener share: stops while the server is full, survives a lack of descriptors.
#pragma once

#include <boost/asio/basic_socket_acceptor.hpp>
#include <memory>
#include <utility>

#include "http/server_core.h"
#include "http/socket_transport.h"

namespace lumenflow::http {

template <class Protocol>
class AcceptLoop : public Listener, public std::enable_shared_from_this<AcceptLoop<Protocol>> {
 public:
  using Executor = boost::asio::io_context::executor_type;
  using Socket = boost::asio::basic_stream_socket<Protocol, Executor>;
  using Acceptor = boost::asio::basic_socket_acceptor<Protocol, Executor>;

  AcceptLoop(Acceptor acceptor, std::weak_ptr<ServerCore> core) : acceptor_(std::move(acceptor)), core_(std::move(core)) {}

  void accept_more() override {
    const std::shared_ptr<ServerCore> core = core_.lock();
    if (accepting_ || !acceptor_.is_open() || !core || core->full()) return;
    accepting_ = true;
    acceptor_.async_accept([self = this->shared_from_this()](const boost::system::error_code& error, Socket socket) {
      self->accepted(error, std::move(socket));
    });
  }

  void stop() override {
    boost::system::error_code ignored;
    acceptor_.close(ignored);
  }

 protected:
  // Makes a transport of the socket; null refuses it.
  virtual std::unique_ptr<Transport> welcome(Socket socket, Peer& peer) = 0;

 private:
  void accepted(const boost::system::error_code& error, Socket socket) {
    accepting_ = false;
    const std::shared_ptr<ServerCore> core = core_.lock();
    if (!core || !acceptor_.is_open()) return;
    if (error && error != boost::asio::error::connection_aborted) return core->retry_accept_later();
    if (!error) {
      Peer peer;
      if (std::unique_ptr<Transport> transport = welcome(std::move(socket), peer)) core->add(std::move(transport), std::move(peer));
    }
    accept_more();
  }

  Acceptor acceptor_;
  std::weak_ptr<ServerCore> core_;  // weak: the core holds its listeners
  bool accepting_ = false;
};

}  // namespace lumenflow::http
