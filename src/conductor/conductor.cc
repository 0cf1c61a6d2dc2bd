#include "conductor/conductor.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <utility>

#include "base/logging.h"
#include "conductor/authenticator.h"
#include "conductor/commands.h"
#include "conductor/context.h"
#include "conductor/ingest.h"
#include "conductor/metrics.h"
#include "conductor/notifier.h"
#include "conductor/sweeper.h"
#include "conductor/uplinks.h"
#include "conductor/views.h"
#include "http/router.h"
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
        clock_(clock),
        random_(random),
        options_(std::move(options)),
        post_([this](std::function<void()> work) { asio::post(io_, std::move(work)); }),
        ledger_(*store.log, *store.heads, post_),
        acts_({ledger_, *store.records, executor, clock, random, post_}),
        authenticator_(*store.records, store.keys, clock),
        views_(ledger_, clock),
        ingest_(ledger_, views_, clock),
        commands_(ledger_, clock, random),
        context_{store, ledger_, acts_, executor, clock, random, post_, {}, options_.public_url},
        uplinks_(context_),
        notifier_(context_, options_.private_hooks),
        sweep_timer_(io) {
    context_.after = [this](std::chrono::milliseconds delay, std::function<void()> work) {
      run_after(delay, std::move(work));
    };
    context_.secure = !options_.tls_cert.empty() || options_.public_url.starts_with("https:");
    context_.heartbeat = options_.heartbeat;
    context_.authenticator = &authenticator_;
    context_.commands = &commands_;
    context_.ingest = &ingest_;
    context_.views = &views_;
    context_.uplinks = &uplinks_;
    context_.notifier = &notifier_;
    context_.metrics = &metrics_;
    commands_.on_queued([this](const std::string& workspace) { uplinks_.ring(workspace); });
    commands_.on_change([this](const std::string& id, const json::Value&) { context_.bells.ring("command " + id); });
    views_.on_approval([this](const std::string& workspace, const json::Value& approval) {
      notifier_.approval_requested(workspace, approval);
    });
    add_routes();
  }

  Result<Ready> start() override {
    server_ = http::make_server(
        io_,
        [this](http::Request request, std::unique_ptr<http::Responder> responder) {
          handle(std::move(request), std::move(responder));
        },
        [this](const Error& error) { return problem_with_id(error); }, server_limits());
    Ready ready;
    LUMENFLOW_TRY_ASSIGN(ready.url, listen());
    if (context_.public_url.empty()) context_.public_url = ready.url;
    sweep();
    return ready;
  }

  void drain(std::function<void()> done) override {
    if (context_.closing) return;
    context_.closing = true;
    sweep_timer_.cancel();
    uplinks_.end_all(Error(ErrorCode::kDraining, "the conductor is shutting down"));
    if (server_ == nullptr) return asio::post(io_, std::move(done));
    server_->drain([this, done = std::move(done)] {
      store_.log->settle();
      asio::post(io_, done);
    });
    run_after(std::chrono::milliseconds(1'000), [this] { server_->close(); });
  }

 private:
  void add_routes() {
    Routes routes(router_, context_);
    add_status_routes(routes, context_);
    add_session_routes(routes, context_);
    add_enrollment_routes(routes, context_);
    add_token_routes(routes, context_);
    add_admin_routes(routes, context_);
    add_uplink_routes(routes, context_);
    add_ingest_routes(routes, context_);
    add_command_routes(routes, context_);
    add_workspace_routes(routes, context_);
    add_invoke_routes(routes, context_);
    add_relay_routes(routes, context_);
    add_notify_routes(routes, context_);
    add_openapi_route(routes, context_);
  }

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

  void handle(http::Request request, std::unique_ptr<http::Responder> responder) {
    std::string id = http::request_id_of(request, clock_, random_);
    const Status routed = router_.route(std::move(request), responder);
    if (routed.ok()) return;
    http::Response response = http::problem(routed.error());
    response.headers.emplace_back("X-Request-Id", id);
    metrics_.count_request(response.status);
    responder->send(std::move(response));
  }

  http::Response problem_with_id(const Error& error) {
    http::Response response = http::problem(error);
    metrics_.count_request(response.status);
    response.headers.emplace_back("X-Request-Id", http::request_id_of({}, clock_, random_));
    return response;
  }

  void sweep() {
    acts_.sweep();
    commands_.sweep();
    sweep_records(context_);
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
  const Clock& clock_;
  Random& random_;
  const ConductorOptions options_;
  const Post post_;
  Metrics metrics_;
  Ledger ledger_;
  Acts acts_;
  Authenticator authenticator_;
  Views views_;
  Ingest ingest_;
  Commands commands_;
  Context context_;
  Uplinks uplinks_;
  Notifier notifier_;
  http::Router router_;
  std::unique_ptr<http::Server> server_;
  asio::steady_timer sweep_timer_;
};

}  // namespace

std::unique_ptr<Conductor> make_conductor(asio::io_context& io, Store& store, Executor& executor, const Clock& clock,
                                          Random& random, ConductorOptions options) {
  return std::make_unique<AsioConductor>(io, store, executor, clock, random, std::move(options));
}

}  // namespace lumenflow::conductor
