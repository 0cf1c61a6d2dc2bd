#include "hosts/child_connection.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include "pack/hosted_run.h"

namespace lumenflow::hosts {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::size_t kChunkBytes = 64u << 10;
// While the child has not read this much, nothing more is taken from it: what answers it would pile up.
constexpr std::size_t kOutgoingBytesMax = 1u << 20;
constexpr std::size_t kAheadBytesMax = 256u << 10;  // of a stream, what a child has not read yet

int wait_ms(ChildConnection::Deadline deadline) {
  if (!deadline) return -1;
  const auto left = std::chrono::ceil<milliseconds>(*deadline - steady_clock::now()).count();
  return left <= 0 ? 0 : static_cast<int>(std::min<long long>(left, 3'600'000));
}

}  // namespace

Result<std::unique_ptr<ChildConnection>> ChildConnection::make(std::unique_ptr<sandbox::Child> child,
                                                               std::size_t line_bytes_max, PackLog& log) {
  const int wake_fd = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (wake_fd < 0) return Error(ErrorCode::kIo, "no descriptor is left for a child's connection");
  return std::unique_ptr<ChildConnection>(new ChildConnection(std::move(child), wake_fd, line_bytes_max, log));
}

ChildConnection::ChildConnection(std::unique_ptr<sandbox::Child> child, int wake_fd, std::size_t line_bytes_max,
                                 PackLog& log)
    : child_(std::move(child)), wake_fd_(wake_fd), line_bytes_max_(line_bytes_max), errors_(log) {}

ChildConnection::~ChildConnection() {
  child_.reset();
  ::close(wake_fd_);
}

void ChildConnection::wake() {
  const std::uint64_t one = 1;
  (void)!::write(wake_fd_, &one, sizeof one);  // full: it is awake anyway
}

void ChildConnection::forget_wake() {
  std::uint64_t count = 0;
  (void)!::read(wake_fd_, &count, sizeof count);
  woken_ = false;
}

bool ChildConnection::take_line(std::string& line) {
  const std::size_t end = incoming_.find('\n', searched_);
  if (end == std::string::npos) {
    searched_ = incoming_.size();
    return false;
  }
  line.assign(incoming_, taken_, end - taken_);
  taken_ = searched_ = end + 1;
  if (taken_ == incoming_.size()) {
    incoming_.clear();
    taken_ = searched_ = 0;
    if (incoming_.capacity() > 2 * kChunkBytes) incoming_.shrink_to_fit();  // a long line is rare
  }
  return true;
}

ChildConnection::Event ChildConnection::next(std::string& line, Deadline deadline) {
  flush();
  for (;;) {
    if (std::exchange(woken_, false)) return Event::kWoken;
    if (outgoing_.size() < kOutgoingBytesMax) {
      if (take_line(line)) return Event::kLine;
      if (incoming_.size() - taken_ > line_bytes_max_) return Event::kTooLong;
      if (closed_) return Event::kClosed;
    }
    if (!wait(deadline)) return Event::kTime;
  }
}

bool ChildConnection::drain(Deadline deadline) {
  for (;;) {
    flush();
    if (woken_ || closed_ || incoming_.size() - taken_ > line_bytes_max_) return false;
    if (outgoing_.size() - written_ <= kAheadBytesMax) return true;
    if (!wait(deadline)) return false;
  }
}

bool ChildConnection::wait(Deadline deadline) {
  const bool takes_more = outgoing_.size() < kOutgoingBytesMax;
  std::array<pollfd, 4> watched{{
      {wake_fd_, POLLIN, 0},
      {takes_more && !closed_ ? child_->stdout_fd() : -1, POLLIN, 0},
      {errors_closed_ ? -1 : child_->stderr_fd(), POLLIN, 0},
      {outgoing_.empty() ? -1 : child_->stdin_fd(), POLLOUT, 0},
  }};
  const int ready = ::poll(watched.data(), watched.size(), wait_ms(deadline));
  if (ready <= 0) return ready < 0 && errno == EINTR;
  if (watched[0].revents != 0) {
    forget_wake();
    woken_ = true;
  }
  if (watched[1].revents != 0) read_stdout();
  if (watched[2].revents != 0) read_stderr();
  if (watched[3].revents != 0) flush();
  const bool news = watched[0].revents != 0 || watched[1].revents != 0;
  return news || !deadline || steady_clock::now() < *deadline;  // stderr without end does not stop the clock
}

void ChildConnection::flush() {
  while (written_ < outgoing_.size()) {
    const ssize_t n = ::write(child_->stdin_fd(), outgoing_.data() + written_, outgoing_.size() - written_);
    if (n > 0) {
      written_ += static_cast<std::size_t>(n);
    } else if (n < 0 && errno == EINTR) {
      continue;
    } else {
      if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) break;
      written_ = outgoing_.size();  // nobody reads it any more; what it has written counts, and then its end
    }
  }
  if (written_ != outgoing_.size() && written_ < kOutgoingBytesMax) return;
  outgoing_.erase(0, written_);
  written_ = 0;
}

void ChildConnection::read_stdout() {
  if (taken_ > 0) {
    incoming_.erase(0, taken_);
    searched_ -= taken_;
    taken_ = 0;
  }
  const std::size_t before = incoming_.size();
  incoming_.resize(before + kChunkBytes);
  const ssize_t n = ::read(child_->stdout_fd(), incoming_.data() + before, kChunkBytes);
  incoming_.resize(before + (n > 0 ? static_cast<std::size_t>(n) : 0));
  if (n == 0 || (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)) closed_ = true;
}

void ChildConnection::read_stderr() {
  std::array<char, 16u << 10> chunk;
  const ssize_t n = ::read(child_->stderr_fd(), chunk.data(), chunk.size());
  if (n > 0) return errors_.take({chunk.data(), static_cast<std::size_t>(n)});
  if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) return;
  errors_.finish();
  errors_closed_ = true;
}

CancelWakes::CancelWakes(pack::HostedRun* run, ChildConnection& child) : run_(run), child_(child) {
  if (run_ != nullptr) run_->when_cancelled([&child] { child.wake(); });
}

CancelWakes::~CancelWakes() {
  if (run_ != nullptr) run_->when_cancelled({});
  child_.forget_wake();
}

std::string how_it_ended(ChildConnection& child) {
  const Result<sandbox::ChildExit> exit = child.child().wait(std::chrono::milliseconds(100));
  if (!exit.ok()) return "it closed its stdout";
  if (!exit->limit.empty()) return "it went over its limit of " + exit->limit;
  return exit->signal != 0 ? "signal " + std::to_string(exit->signal) + " ended it"
                           : "it exited with code " + std::to_string(exit->code);
}

}  // namespace lumenflow::hosts
