#include "local_page/local_page.h"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <utility>

#include "http/server.h"
#include "http/static_site.h"
#include "http/url.h"
#include "local_page/routes.h"

namespace lumenflow::local_page {
namespace {

namespace asio = boost::asio;

constexpr std::uint16_t kPort = 7421;

bool is_loopback(std::string_view host) { return host.starts_with("127.") || host == "::1"; }

std::string authority(const std::string& host, std::uint16_t port) {
  return (host.find(':') != std::string::npos ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

class AsioLocalPage final : public LocalPage {
 public:
  AsioLocalPage(const LocalPagePorts& ports, LocalPageOptions options)
      : io_(ports.io),
        site_(ports.page),
        options_(std::move(options)),
        hand_(ports.hand),
        context_{
            options_,
            ports.clock,
            ports.random,
            hand_,
            Inner(ports.ask),
            Sessions(ports.clock, ports.random),
            [this](std::chrono::milliseconds delay, std::function<void()> work) { run_after(delay, std::move(work)); },
            ports.clock.now(),
            Grant({ports.clock, hand_, context_.inner, options_.workspace_id + ":local:" + options_.person})} {
    Routes routes(router_, context_);
    add_session_routes(routes, context_);
    add_reading_routes(routes, context_);
    add_acting_routes(routes, context_);
  }

  Status start() override {
    server_ = http::make_server(
        io_,
        [this](http::Request request, std::unique_ptr<http::Responder> responder) {
          handle(std::move(request), std::move(responder));
        },
        [](const Error& error) { return http::problem(error); }, {});
    LUMENFLOW_TRY_ASSIGN(const std::uint16_t port, listen());
    context_.cookie_name = "lumenflow_page_" + std::to_string(port);
    names_ = {authority(host_, port), authority("localhost", port)};
    url_ = "http://" + names_.front();
    // Answered at once: the head is read where it is asked for.
    context_.inner.ask({.target = "/audit/head"},
                       [this](Told told) { context_.log_id = json::string_or(told.body, "log_id", ""); });
    return {};
  }

  std::string link() override { return url_ + "/#/open?code=" + context_.sessions.make_code(); }

  void drain(std::function<void()> done) override {
    if (server_ == nullptr) return asio::post(io_, std::move(done));
    context_.followers.end_all();
    server_->drain(std::move(done));
    run_after(std::chrono::milliseconds(500), [this] { server_->close(); });
  }

 private:
  Result<std::uint16_t> listen() {
    http::ListenAddress address{"127.0.0.1", kPort};
    if (!options_.listen.empty()) {
      LUMENFLOW_TRY_ASSIGN(address, http::parse_listen(options_.listen));
    }
    host_ = address.host;
    if (!is_loopback(host_))
      return Error(ErrorCode::kInvalidInput, "--ui-listen " + options_.listen +
                                                 ": the page of one workspace is for this machine alone; for others "
                                                 "there is `lumenflow conductor`");
    Result<std::uint16_t> port = server_->listen_tcp(address.host, address.port);
    if (!port.ok() && options_.listen.empty()) port = server_->listen_tcp(address.host, 0);
    if (!port.ok())
      return std::move(port).error().with_context("listening on " + authority(address.host, address.port) +
                                                  " (choose another with --ui-listen HOST:PORT)");
    return port;
  }

  // A name of somebody else's that leads here, and a page of somebody else's that asks here.
  bool is_meant(const http::Request& request) const {
    const std::string_view host = request.header("host").value_or("");
    if (std::ranges::find(names_, host) == names_.end()) return false;
    const auto origin = request.header("origin");
    return !origin || *origin == "http://" + std::string(host);
  }

  void handle(http::Request request, std::unique_ptr<http::Responder> responder) {
    if (!is_meant(request))
      return responder->send(
          http::problem(Error(ErrorCode::kInvalidRequest, "this is the page of " + url_ + " alone")));
    if (auto file = site_.answer(request)) return responder->send(*std::move(file));
    const Status routed = router_.route(std::move(request), responder);
    if (!routed.ok()) responder->send(http::problem(routed.error()));
  }

  void run_after(std::chrono::milliseconds delay, std::function<void()> work) {
    const auto timer = std::make_shared<asio::steady_timer>(io_, delay);  // shared: lives as long as its wait
    timer->async_wait([timer, work = std::move(work)](const boost::system::error_code& error) {
      if (!error) work();
    });
  }

  asio::io_context& io_;
  const http::StaticSite& site_;
  const LocalPageOptions options_;
  const OperatorHand hand_;
  Context context_;
  http::Router router_;
  std::unique_ptr<http::Server> server_;
  std::string host_, url_;
  std::vector<std::string> names_;
};

}  // namespace

std::unique_ptr<LocalPage> make_local_page(const LocalPagePorts& ports, LocalPageOptions options) {
  return std::make_unique<AsioLocalPage>(ports, std::move(options));
}

}  // namespace lumenflow::local_page
