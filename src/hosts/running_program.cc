#include "hosts/running_program.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

namespace lumenflow::hosts {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::size_t kReadBytes = 64u << 10;
constexpr milliseconds kEndMax{2'000};  // between the last look and the launcher's word on how it ended

std::optional<RunningProgram::Time> deadline_of(const pack::ProgramRequest& request, RunningProgram::Time now) {
  if (request.timeout_ms <= 0) return std::nullopt;
  return now + milliseconds(std::min<std::int64_t>(request.timeout_ms, 1'000'000'000));
}

bool is_empty_now(ssize_t read) { return read < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR); }

}  // namespace

RunningProgram::RunningProgram(std::unique_ptr<sandbox::Child> child, const pack::ProgramRequest& request,
                               std::size_t output_bytes_max, std::size_t line_bytes_max)
    : child_(std::move(child)),
      request_(request),
      output_bytes_max_(std::min(output_bytes_max, request.output_bytes_max)),
      line_bytes_max_(line_bytes_max),
      started_(steady_clock::now()),
      deadline_(deadline_of(request, started_)),
      exit_fd_(static_cast<int>(::syscall(SYS_pidfd_open, child_->pid(), 0))),
      output_{pack::ProgramStream::kOutput, &end_.output, {}},
      errors_{pack::ProgramStream::kErrors, request.errors_with_output ? &end_.output : &end_.errors, {}} {
  write_input();
}

RunningProgram::~RunningProgram() {
  if (exit_fd_ >= 0) ::close(exit_fd_);
}

void RunningProgram::watch(std::vector<pollfd>& into) const {
  into.push_back({exit_fd_, POLLIN, 0});
  into.push_back({output_.open ? child_->stdout_fd() : -1, POLLIN, 0});
  into.push_back({errors_.open ? child_->stderr_fd() : -1, POLLIN, 0});
  into.push_back({child_->stdin_fd(), POLLOUT, 0});
}

std::optional<pack::ProgramEnd> RunningProgram::take(const pollfd* watched, Time now) {
  if (watched[3].revents != 0) write_input();
  if (watched[1].revents != 0) read(output_, child_->stdout_fd());
  if (watched[2].revents != 0) read(errors_, child_->stderr_fd());
  if (end_.limit.empty() && deadline_ && now >= *deadline_) end_by("time");
  if (exit_fd_ >= 0 && watched[0].revents == 0 && end_.limit.empty()) return std::nullopt;
  if (exit_fd_ < 0 && end_.limit.empty() && !child_->wait(milliseconds(0)).ok()) return std::nullopt;
  return finish();
}

void RunningProgram::write_input() {
  while (child_->stdin_fd() >= 0 && written_ < request_.input.size()) {
    const ssize_t n = ::write(child_->stdin_fd(), request_.input.data() + written_, request_.input.size() - written_);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return;
    if (n < 0) break;  // it reads no more
    written_ += static_cast<std::size_t>(n);
  }
  child_->close_stdin();
}

bool RunningProgram::read(Stream& stream, int fd) {
  if (!stream.open) return false;
  std::array<char, kReadBytes> chunk;
  const ssize_t n = ::read(fd, chunk.data(), chunk.size());
  if (n > 0) {
    keep(stream, {chunk.data(), static_cast<std::size_t>(n)});
    return true;
  }
  if (!is_empty_now(n)) stream.open = false;
  return false;
}

void RunningProgram::keep(Stream& stream, std::string_view bytes) {
  const std::size_t room = output_bytes_max_ - std::min(output_bytes_max_, stream.kept->size());
  const bool over = bytes.size() > room;
  bytes = bytes.substr(0, room);
  stream.kept->append(bytes);
  while (request_.on_line && !bytes.empty()) {
    const std::size_t end = std::min(bytes.find('\n'), line_bytes_max_ - stream.line.size());
    stream.line.append(bytes.substr(0, end));
    const bool whole = end < bytes.size() && bytes[end] == '\n';
    if (!whole && stream.line.size() < line_bytes_max_) break;
    bytes.remove_prefix(std::min(bytes.size(), whole ? end + 1 : end));
    request_.on_line(stream.name, stream.line);
    stream.line.clear();
  }
  if (over) end_by("output");
}

void RunningProgram::end_by(std::string_view limit) {
  if (!end_.limit.empty()) return;
  end_.limit = limit;
  child_->kill();
}

// What it wrote last is read after its end: nobody writes any more.
pack::ProgramEnd RunningProgram::finish() {
  const Result<sandbox::ChildExit> exit = child_->wait(kEndMax);
  while (read(output_, child_->stdout_fd())) {
  }
  while (read(errors_, child_->stderr_fd())) {
  }
  for (Stream* stream : {&output_, &errors_})
    if (!stream->line.empty() && request_.on_line) request_.on_line(stream->name, std::exchange(stream->line, {}));
  if (exit.ok()) {
    end_.exit_code = exit->code;
    end_.signal = exit->signal;
    if (end_.limit.empty()) end_.limit = exit->limit;
  } else {
    child_->kill();
    end_.exit_code = 128 + 9;
    end_.signal = 9;
  }
  end_.duration_ms = std::chrono::duration_cast<milliseconds>(steady_clock::now() - started_).count();
  end_.isolation = child_->isolation();
  if (request_.on_end) request_.on_end(end_);
  return std::move(end_);
}

}  // namespace lumenflow::hosts
