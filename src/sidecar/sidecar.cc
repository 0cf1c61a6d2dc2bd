#include "sidecar/sidecar.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <optional>
#include <utility>

#include "base/logging.h"
#include "http/router.h"
#include "http/server.h"
#include "http/url.h"
#include "kernel/granted.h"
#include "sidecar/housekeeping.h"
#include "sidecar/metrics.h"
#include "sidecar/routes.h"
#include "sidecar/uplink_host.h"
#include "sidecar/uplink_tools.h"

namespace lumenflow::sidecar {
namespace {

namespace asio = boost::asio;

constexpr std::chrono::milliseconds kConfigurationInterval{250};
constexpr std::size_t kBacklogPart = 2'000;  // entries that are looked at in one batch

http::Limits limits_of(const kernel::LimitsConfig& config) {
  http::Limits limits;
  limits.connections = config.connections;
  limits.header_bytes = config.header_bytes;
  limits.body_bytes = config.body_bytes;
  limits.header_time = config.header_time;
  limits.body_time = config.body_time;
  limits.idle_time = config.idle_time;
  return limits;
}

class AsioSidecar final : public Sidecar {
 public:
  AsioSidecar(asio::io_context& io, Workspace& workspace, Doorbell& doorbell, const Clock& clock, Random& random,
              SidecarOptions options)
      : io_(io),
        workspace_(workspace),
        clock_(clock),
        options_(std::move(options)),
        authenticator_(workspace.keys(), workspace.kernel(), clock),
        context_{
            workspace,
            authenticator_,
            metrics_,
            clock,
            random,
            [this](std::function<void()> work) { asio::post(io_, std::move(work)); },
            [this](std::chrono::milliseconds delay, std::function<void()> work) { run_after(delay, std::move(work)); },
            [this] { return server_ == nullptr ? 0 : server_->connections(); },
            options_.heartbeat},
        deadline_timer_(io),
        checkpoint_timer_(io),
        configuration_timer_(io) {
    Routes routes(router_, context_);
    add_tool_routes(routes, context_);
    add_call_routes(routes, context_);
    add_event_routes(routes, context_);
    add_approval_routes(routes, context_);
    add_audit_routes(routes, context_);
    add_handler_routes(routes, context_);
    add_outbox_routes(routes, context_);
    add_pack_routes(routes, context_);
    add_recovery_routes(routes, context_);
    add_status_routes(routes, context_);
    add_task_routes(routes, context_);
    for (const Surface& add : options_.surfaces) add(routes, context_);
    add_openapi_route(routes, context_);
    doorbell.connect([this] { run_kernel(); });
  }

  ~AsioSidecar() override { workspace_.uplink_slot().set(nullptr); }

  Result<Ready> start() override {
    server_ = http::make_server(
        io_,
        [this](http::Request request, std::unique_ptr<http::Responder> responder) {
          handle(std::move(request), std::move(responder));
        },
        [this](const Error& error) { return problem_with_id(error); }, limits_of(workspace_.config().limits));
    Ready ready;
    if (!options_.socket_path.empty()) {
      LUMENFLOW_TRY(server_->listen_local(options_.socket_path));
      ready.socket = options_.socket_path;
    }
    if (options_.tcp) {
      LUMENFLOW_TRY_ASSIGN(ready.url, listen());
    }
    if (options_.uplink) begin_uplink();
    arm_checkpoint_timer();
    watch_configuration();
    if (options_.housekeeping) {
      housekeeping_ = std::make_unique<Housekeeping>(workspace_, clock_, context_.post);
      context_.housekeeping = housekeeping_.get();
    }
    return ready;
  }

  void ask(http::Request request, std::unique_ptr<http::Responder> responder) override {
    handle(std::move(request), std::move(responder));
  }

  void drain(std::function<void()> done) override {
    if (draining_) return;
    draining_ = true;
    run_after(workspace_.config().limits.drain_timeout, [this] {
      for (const ReceiptId& receipt : workspace_.kernel().running_receipts())
        workspace_.kernel().cancel(receipt, Subject("drain_timeout"));
    });
    workspace_.kernel().drain([this, done = std::move(done)] {
      checkpoint_timer_.cancel();
      configuration_timer_.cancel();
      deadline_timer_.cancel();
      context_.closing = true;  // the entry that says so rings the streams' bell
      stop_background([this, done] {
        // Answers that were just handed over leave first.
        server_->drain([this, done] { asio::post(io_, done); });
        run_after(std::chrono::milliseconds(500), [this] { server_->close(); });
      });
    });
  }

 private:
  void start_uplink() {
    Result<std::unique_ptr<UplinkHost>> uplink = UplinkHost::start(workspace_);
    context_.uplink_fault = uplink.ok() ? std::string() : uplink.error().message();
    if (uplink.ok()) uplink_ = *std::move(uplink);  // else what is emitted waits; everything else goes on
    if (!uplink.ok())
      write_log(LogLevel::kError, "sidecar", "the uplink cannot start", {{"reason", context_.uplink_fault}});
    context_.uplink = uplink_.get();
    workspace_.uplink_slot().set(uplink_.get());
    seen_enrollment_ = enrollment_file();
    enrollment_unusable_ = !uplink.ok() && uplink.error().code() == ErrorCode::kInvalidConfiguration;
  }

  // `enroll` and `unenroll` take effect in the sidecar that runs.
  void watch_enrollment() {
    if (!options_.uplink || draining_ || switching_) return;
    if (uplink_ != nullptr) uplink_->refresh();
    const std::optional<FileInfo> now = enrollment_file();
    const bool of_conductor = uplink_ != nullptr && uplink_->is_conductor();
    if (of_conductor && !now) {
      switching_ = true;
      return stop_uplink([this] {
        uplink_.reset();
        context_.uplink = nullptr;
        switching_ = false;
      });
    }
    if (uplink_ != nullptr || !now || (now == seen_enrollment_ && !enrollment_unusable_)) return;
    seen_enrollment_ = now;
    const auto found = enrollment_of(workspace_.files(), workspace_.paths(), workspace_.config(), clock_.now());
    enrollment_unusable_ = !found.ok();
    if (!found.ok() || !*found) return;
    switching_ = true;
    const auto enable = [&log = workspace_.log()](journal::Outbox& outbox) -> Status {
      LUMENFLOW_TRY_ASSIGN(const Position after, kernel::enrollment_begin(log));
      return outbox.enable(after);
    };
    workspace_.kernel().change_outbox(enable, [this](const Status& enabled) {
      switching_ = false;
      if (enabled.ok() && !draining_) begin_uplink();
    });
  }

  // Once all that an enrollment is to begin with is in the outbox, a part in each batch.
  void begin_uplink() {
    if (workspace_.kernel().outbox().state().backlog_included()) return start_uplink();
    switching_ = true;
    const auto include = [](journal::Outbox& outbox) -> Status {
      Status status = outbox.include_backlog(kBacklogPart);
      if (status.ok() || status.error().code() != ErrorCode::kOutboxFull) return status;
      write_log(LogLevel::kWarn, "sidecar", "the outbox is full: the oldest events are not sent", {});
      return {};
    };
    workspace_.kernel().change_outbox(include, [this](const Status& included) {
      switching_ = false;
      if (included.ok() && !draining_) begin_uplink();
    });
  }

  std::optional<FileInfo> enrollment_file() const {
    const auto found = workspace_.files().stat(conductor_link::enrollment_path(workspace_.paths().conductor));
    return found.ok() ? *found : std::nullopt;
  }

  void stop_uplink(std::function<void()> then) {
    workspace_.uplink_slot().set(nullptr);
    stop_elsewhere([this] { uplink_->stop(); }, std::move(then));
  }

  void stop_background(std::function<void()> then) {
    workspace_.uplink_slot().set(nullptr);
    if (uplink_ == nullptr && housekeeping_ == nullptr) return then();
    stop_elsewhere(
        [this] {
          if (housekeeping_ != nullptr) housekeeping_->stop();
          if (uplink_ != nullptr) uplink_->stop();
        },
        std::move(then));
  }

  // On another thread, because what it writes down passes the strand.
  void stop_elsewhere(std::function<void()> stop, std::function<void()> then) {
    const auto run = [this, stop, then] {
      stop();
      asio::post(io_, then);
    };
    if (!workspace_.executor().post(run)) run();
  }

  Result<std::string> listen() {
    const kernel::WorkspaceConfig& config = workspace_.config();
    LUMENFLOW_TRY_ASSIGN(const http::ListenAddress address,
                         http::parse_listen(options_.listen.empty() ? config.http_listen : options_.listen));
    LUMENFLOW_TRY_ASSIGN(const std::string cert, tls_file(options_.tls_cert, config.tls_cert));
    LUMENFLOW_TRY_ASSIGN(const std::string key, tls_file(options_.tls_key, config.tls_key));
    const bool tls = !cert.empty();
    Result<std::uint16_t> port = tls ? server_->listen_tls(address.host, address.port, cert, key)
                                     : server_->listen_tcp(address.host, address.port);
    if (!port.ok())
      return std::move(port).error().with_context("listening on " + address.host + ":" + std::to_string(address.port) +
                                                  " (choose another with --listen HOST:PORT)");
    const bool ipv6 = address.host.find(':') != std::string::npos;
    return (tls ? "https://" : "http://") + (ipv6 ? "[" + address.host + "]" : address.host) + ":" +
           std::to_string(*port);
  }

  // The operator's flag as it is; lumenflow.yaml's path below the workspace, unless it is absolute.
  Result<std::string> tls_file(const std::string& flag, const std::string& configured) const {
    if (!flag.empty() || configured.empty()) return flag;
    if (configured.starts_with('/')) return configured;
    return resolve_inside(workspace_.files(), workspace_.paths().root, configured);
  }

  void handle(http::Request request, std::unique_ptr<http::Responder> responder) {
    // Kept for the answer when no route takes the request.
    std::string id =
        request.header("x-request-id") ? http::request_id_of(request, clock_, context_.random) : std::string();
    const Status routed = router_.route(std::move(request), responder);
    if (routed.ok()) return;
    http::Response response = http::problem(routed.error());
    if (id.empty()) id = http::request_id_of({}, clock_, context_.random);
    response.headers.emplace_back("X-Request-Id", id);
    metrics_.count_request(response.status);
    responder->send(std::move(response));
  }

  http::Response problem_with_id(const Error& error) {
    http::Response response = http::problem(error);
    metrics_.count_request(response.status);
    response.headers.emplace_back("X-Request-Id", http::request_id_of({}, clock_, context_.random));
    return response;
  }

  void run_kernel() {
    workspace_.kernel().run_pending();
    arm_deadline_timer();
  }

  void arm_deadline_timer() {
    const std::optional<std::chrono::nanoseconds> next = workspace_.kernel().next_deadline();
    if (!next) return;
    if (armed_for_ && *armed_for_ <= *next && *armed_for_ > clock_.monotonic()) return;  // it will look again anyway
    armed_for_ = *next;
    deadline_timer_.expires_after(std::max(std::chrono::nanoseconds(0), *next - clock_.monotonic()));
    deadline_timer_.async_wait([this](const boost::system::error_code& error) {
      if (error) return;
      armed_for_.reset();
      run_kernel();
    });
  }

  void arm_checkpoint_timer() {
    checkpoint_timer_.expires_after(workspace_.config().checkpoint_interval);
    checkpoint_timer_.async_wait([this](const boost::system::error_code& error) {
      if (error) return;
      workspace_.checkpoint_if_due();
      arm_checkpoint_timer();
    });
  }

  void watch_configuration() {
    workspace_.look_at_configuration();
    workspace_.put_facts();
    watch_enrollment();
    configuration_timer_.expires_after(kConfigurationInterval);
    configuration_timer_.async_wait([this](const boost::system::error_code& error) {
      if (!error) watch_configuration();
    });
  }

  void run_after(std::chrono::milliseconds delay, std::function<void()> work) {
    const auto timer = std::make_shared<asio::steady_timer>(io_, delay);  // shared: lives as long as its wait
    timer->async_wait([timer, work = std::move(work)](const boost::system::error_code& error) {
      if (!error) work();
    });
  }

  asio::io_context& io_;
  Workspace& workspace_;
  const Clock& clock_;
  const SidecarOptions options_;
  Metrics metrics_;
  Authenticator authenticator_;
  RouteContext context_;
  http::Router router_;
  std::unique_ptr<http::Server> server_;
  std::unique_ptr<UplinkHost> uplink_;          // null: none
  std::unique_ptr<Housekeeping> housekeeping_;  // the same
  asio::steady_timer deadline_timer_;
  asio::steady_timer checkpoint_timer_;
  asio::steady_timer configuration_timer_;
  std::optional<std::chrono::nanoseconds> armed_for_;
  std::optional<FileInfo> seen_enrollment_;  // when the uplink was last started, or could not be
  bool enrollment_unusable_ = false;         // it is looked at again: what is wrong may be this machine's clock
  bool switching_ = false;                   // the uplink is on its way to being started or stopped
  bool draining_ = false;
};

}  // namespace

void Doorbell::ring() {
  asio::post(io_, [this] {
    if (run_pending_) run_pending_();
  });
}

std::unique_ptr<Sidecar> make_sidecar(asio::io_context& io, Workspace& workspace, Doorbell& doorbell,
                                      const Clock& clock, Random& random, SidecarOptions options) {
  return std::make_unique<AsioSidecar>(io, workspace, doorbell, clock, random, std::move(options));
}

}  // namespace lumenflow::sidecar
