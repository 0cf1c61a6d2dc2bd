#include "http/server_core.h"

#include <algorithm>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <utility>

namespace lumenflow::http {
namespace {

std::chrono::milliseconds tick_for(const Limits& limits) {
  const auto shortest =
      std::min({limits.header_time, limits.body_time, limits.idle_time, limits.write_time, limits.linger_time});
  return std::clamp(shortest / 4, std::chrono::milliseconds(5), std::chrono::milliseconds(500));
}

std::int64_t steady_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

}  // namespace

struct ServerCore::Timer
    : boost::asio::basic_waitable_timer<std::chrono::steady_clock, boost::asio::wait_traits<std::chrono::steady_clock>,
                                        boost::asio::io_context::executor_type> {
  using basic_waitable_timer::basic_waitable_timer;
};

ServerCore::ServerCore(boost::asio::io_context& io, Handler handler, ErrorResponse error_response, const Limits& limits)
    : io_(io),
      handler_(std::move(handler)),
      error_response_(std::move(error_response)),
      limits_(limits),
      tick_(tick_for(limits)),
      timer_(std::make_unique<Timer>(io.get_executor())) {}

ServerCore::~ServerCore() = default;

// The coarse clock may be a tick behind, so a tick is added: nobody is cut off early.
std::int64_t ServerCore::deadline_after(std::chrono::milliseconds limit) const {
  return now_ms_ + (limit + tick_).count();
}

void ServerCore::handle(Request request, std::unique_ptr<Responder> responder) {
  handler_(std::move(request), std::move(responder));
}

void ServerCore::post(std::function<void()> task) { boost::asio::post(io_, std::move(task)); }

void ServerCore::add_listener(std::shared_ptr<Listener> listener) {
  listeners_.push_back(std::move(listener));
  listeners_.back()->accept_more();
}

void ServerCore::add(std::unique_ptr<Transport> transport, Peer peer) {
  start_sweeping();
  auto connection = std::make_shared<Connection>(shared_from_this(), std::move(transport), std::move(peer));
  connections_.emplace(connection.get(), connection);
  connection->start();
}

void ServerCore::closed(Connection& connection) {
  const bool was_full = full();
  connections_.erase(&connection);
  if (was_full && !draining_) post([self = shared_from_this()] { self->accept_more(); });
  if (connections_.empty()) report_drained();
}

void ServerCore::accept_more() {
  for (const auto& listener : listeners_) listener->accept_more();
}

void ServerCore::retry_accept_later() {
  accept_failed_ = true;
  start_sweeping();
}

void ServerCore::start_sweeping() {
  if (!timer_ || std::exchange(sweeping_, true)) return;
  now_ms_ = steady_ms();
  timer_->expires_after(tick_);
  timer_->async_wait([self = shared_from_this()](const boost::system::error_code& error) {
    self->sweeping_ = false;
    if (!error) self->sweep();
  });
}

void ServerCore::sweep() {
  now_ms_ = steady_ms();
  const bool crowded = full();
  for (auto at = connections_.begin(); at != connections_.end();) {
    const std::shared_ptr<Connection> connection = (at++)->second;  // it may leave the map
    connection->check_deadlines(now_ms_, crowded);
  }
  if (std::exchange(accept_failed_, false)) accept_more();
  if (!connections_.empty() || accept_failed_) start_sweeping();
}

void ServerCore::stop_listening() {
  for (const auto& listener : std::exchange(listeners_, {})) listener->stop();
}

void ServerCore::drain(std::function<void()> done) {
  draining_ = true;
  drained_ = std::move(done);
  stop_listening();
  for (auto at = connections_.begin(); at != connections_.end();) {
    const std::shared_ptr<Connection> connection = (at++)->second;
    connection->drain();
  }
  if (connections_.empty()) report_drained();
}

void ServerCore::report_drained() {
  if (drained_) post(std::exchange(drained_, nullptr));
}

void ServerCore::close() {
  draining_ = true;
  stop_listening();
  for (auto at = connections_.begin(); at != connections_.end();) {
    const std::shared_ptr<Connection> connection = (at++)->second;
    connection->close();
  }
  timer_.reset();  // which cancels its wait
}

}  // namespace lumenflow::http
