#include "http/accept_loop.h"

#include <sys/socket.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <cerrno>
#include <utility>

namespace lumenflow::http {
namespace {

constexpr int kBurstMax = 64;  // accepted in a row before others get their turn

class AcceptLoop final : public Listener, public std::enable_shared_from_this<AcceptLoop> {
 public:
  AcceptLoop(boost::asio::io_context& io, int fd, std::weak_ptr<ServerCore> core, Welcome welcome,
             std::function<void()> on_stop)
      : socket_(io.get_executor(), fd),
        core_(std::move(core)),
        welcome_(std::move(welcome)),
        on_stop_(std::move(on_stop)) {}

  void accept_more() override {
    const std::shared_ptr<ServerCore> core = core_.lock();
    if (waiting_ || !socket_.is_open() || !core || core->full()) return;
    waiting_ = true;
    socket_.async_wait(Socket::wait_read, [self = shared_from_this()](const boost::system::error_code& error) {
      self->waiting_ = false;
      if (!error) self->accept_burst();
    });
  }

  void stop() override {
    boost::system::error_code ignored;
    socket_.close(ignored);
    if (on_stop_) std::exchange(on_stop_, nullptr)();
  }

 private:
  using Socket = boost::asio::posix::basic_stream_descriptor<boost::asio::io_context::executor_type>;

  void accept_burst() {
    const std::shared_ptr<ServerCore> core = core_.lock();
    for (int i = 0; i < kBurstMax && core && socket_.is_open() && !core->full(); ++i) {
      const int fd = ::accept4(socket_.native_handle(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
      if (fd < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) break;
      if (fd < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM))
        return core->retry_accept_later();
      if (fd < 0) continue;  // that one has gone already
      Peer peer;
      if (std::unique_ptr<Transport> transport = welcome_(fd, peer)) core->add(std::move(transport), std::move(peer));
    }
    accept_more();
  }

  Socket socket_;
  std::weak_ptr<ServerCore> core_;  // weak: the core holds its listeners
  Welcome welcome_;
  std::function<void()> on_stop_;
  bool waiting_ = false;
};

}  // namespace

std::shared_ptr<Listener> make_accept_loop(boost::asio::io_context& io, int fd, std::weak_ptr<ServerCore> core,
                                           Welcome welcome, std::function<void()> on_stop) {
  return std::make_shared<AcceptLoop>(io, fd, std::move(core), std::move(welcome), std::move(on_stop));
}

}  // namespace lumenflow::http
