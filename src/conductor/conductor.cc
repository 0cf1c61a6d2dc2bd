#include "conductor/conductor.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <utility>

#include "conductor/core.h"
#include "http/server.h"
#include "http/url.h"

namespace lumenflow::conductor {
namespace {

namespace asio = boost::asio;

constexpr std::size_t kBodyBytesMax = 4u << 20;  // a batch of events; other routes read less

http::Limits server_limits() {
  http::Limits limits;
  limits.body_bytes = kBodyBytesMax;
  limits.connections = 8192;
  return limits;
}

class AsioConductor final : public Conductor {
 public:
  AsioConductor(asio::io_context& io, Store& store, Executor& executor, const Clock& clock, Random& random,
                ConductorOptions options)
      : io_(io),
        store_(store),
        options_(std::move(options)),
        core_({store, executor, clock, random, [this](std::function<void()> work) { asio::post(io_, std::move(work)); },
               [this](std::chrono::milliseconds delay, std::function<void()> work) {
                 run_after(delay, std::move(work));
               }},
              options_),
        sweep_timer_(io) {}

  Result<Ready> start() override {
    server_ = http::make_server(
        io_,
        [this](http::Request request, std::unique_ptr<http::Responder> responder) {
          core_.handle(std::move(request), std::move(responder));
        },
        [this](const Error& error) { return core_.problem(error); }, server_limits());
    Ready ready;
    LUMENFLOW_TRY_ASSIGN(ready.url, listen());
    core_.reached_at(ready.url);
    sweep();
    return ready;
  }

  void drain(std::function<void()> done) override {
    if (core_.closing()) return;
    sweep_timer_.cancel();
    core_.close();
    if (server_ == nullptr) return asio::post(io_, std::move(done));
    server_->drain([this, done = std::move(done)] {
      store_.log->settle();
      asio::post(io_, done);
    });
    run_after(std::chrono::milliseconds(1'000), [this] { server_->close(); });
  }

 private:
  Result<std::string> listen() {
    LUMENFLOW_TRY_ASSIGN(const http::ListenAddress address, http::parse_listen(options_.listen));
    const bool tls = !options_.tls_cert.empty();
    Result<std::uint16_t> port =
        tls ? server_->listen_tls(address.host, address.port, options_.tls_cert, options_.tls_key)
            : server_->listen_tcp(address.host, address.port);
    if (!port.ok())
      return std::move(port).error().with_context("listening on " + address.host + ":" + std::to_string(address.port) +
                                                  " (choose another with --listen HOST:PORT)");
    const bool ipv6 = address.host.find(':') != std::string::npos;
    return (tls ? "https://" : "http://") + (ipv6 ? "[" + address.host + "]" : address.host) + ":" +
           std::to_string(*port);
  }

  void sweep() {
    core_.sweep();
    sweep_timer_.expires_after(options_.sweep);
    sweep_timer_.async_wait([this](const boost::system::error_code& error) {
      if (!error) sweep();
    });
  }

  void run_after(std::chrono::milliseconds delay, std::function<void()> work) {
    const auto timer = std::make_shared<asio::steady_timer>(io_, delay);  // shared: lives as long as its wait
    timer->async_wait([timer, work = std::move(work)](const boost::system::error_code& error) {
      if (!error) work();
    });
  }

  asio::io_context& io_;
  Store& store_;
  const ConductorOptions options_;
  Core core_;
  std::unique_ptr<http::Server> server_;
  asio::steady_timer sweep_timer_;
};

}  // namespace

std::unique_ptr<Conductor> make_conductor(asio::io_context& io, Store& store, Executor& executor, const Clock& clock,
                                          Random& random, ConductorOptions options) {
  return std::make_unique<AsioConductor>(io, store, executor, clock, random, std::move(options));
}

}  // namespace lumenflow::conductor
