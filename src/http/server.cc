#include "http/server.h"

#include <utility>

#include "http/listeners.h"
#include "http/server_core.h"

namespace lumenflow::http {
namespace {

class AsioServer final : public Server {
 public:
  AsioServer(boost::asio::io_context& io, Handler handler, ErrorResponse error_response, const Limits& limits)
      : io_(io), core_(std::make_shared<ServerCore>(io, std::move(handler), std::move(error_response), limits)) {}

  ~AsioServer() override { core_->close(); }

  Result<std::uint16_t> listen_tcp(const std::string& address, std::uint16_t port) override {
    return start(listen_on_tcp(io_, core_, address, port, nullptr));
  }

  Result<std::uint16_t> listen_tls(const std::string& address, std::uint16_t port, const std::string& cert_file,
                                   const std::string& key_file) override {
    const TlsFiles tls{cert_file, key_file};
    return start(listen_on_tcp(io_, core_, address, port, &tls));
  }

  Status listen_local(const std::string& path) override {
    LUMENFLOW_TRY_ASSIGN(auto listener, listen_on_local(io_, core_, path));
    core_->add_listener(std::move(listener));
    return {};
  }

  void drain(std::function<void()> done) override { core_->drain(std::move(done)); }
  void close() override { core_->close(); }
  std::size_t connections() const override { return core_->connections(); }

 private:
  Result<std::uint16_t> start(Result<TcpListening> listening) {
    if (!listening.ok()) return std::move(listening).error();
    core_->add_listener(std::move(listening->listener));
    return listening->port;
  }

  boost::asio::io_context& io_;
  std::shared_ptr<ServerCore> core_;  // shared: connections that Responders still hold need it
};

}  // namespace

std::unique_ptr<Server> make_server(boost::asio::io_context& io, Handler handler, ErrorResponse error_response,
                                    const Limits& limits) {
  return std::make_unique<AsioServer>(io, std::move(handler), std::move(error_response), limits);
}

}  // namespace lumenflow::http
