#include "http/connection.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "http/connection_answers.h"

namespace lumenflow::http {
namespace {

constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();
constexpr std::chrono::milliseconds kCrowdedIdleTime{1'000};
constexpr std::size_t kReadBytes = 4 * 1024;  // of a header, usually all of it
constexpr std::size_t kBodyReadBytes = 64 * 1024;
constexpr std::size_t kKeptBytes = 16 * 1024;        // memory that an idle connection may keep per buffer
constexpr std::size_t kCopiedBodyBytes = 16 * 1024;  // up to here a copy is cheaper than a second write

}  // namespace

Connection::Connection(std::shared_ptr<ConnectionHost> host, std::unique_ptr<Transport> transport, Peer peer)
    : host_(std::move(host)),
      transport_(std::move(transport)),
      peer_(std::move(peer)),
      parser_(host_->limits().header_bytes, host_->limits().body_bytes),
      read_deadline_(kNever),
      write_deadline_(kNever),
      crowded_deadline_(kNever) {}

Connection::~Connection() = default;

void Connection::start() {
  // A newcomer that says nothing gets less patience than a client between two requests.
  set_idle_deadline(std::min(host_->limits().header_time, host_->limits().idle_time));
  read_more();
}

void Connection::set_idle_deadline(std::chrono::milliseconds patience) {
  read_deadline_ = host_->deadline_after(patience);
  crowded_deadline_ = host_->deadline_after(std::min(patience, kCrowdedIdleTime));
}

void Connection::check_deadlines(std::int64_t now, bool crowded) {
  if (writing_ && now >= write_deadline_) return close();
  if (crowded && idle() && now >= crowded_deadline_) return close();
  if (now < read_deadline_) return;
  if (state_ == State::kReading && started_)
    return refuse(Error(ErrorCode::kRequestTimeout,
                        in_body_ ? "the body did not arrive in time" : "the header did not arrive in time"));
  if (state_ == State::kReading || state_ == State::kLingering) close();
}

void Connection::drain() {
  if (idle()) close();
}

void Connection::close() {
  if (state_ == State::kClosed) return;
  state_ = State::kClosed;
  transport_->close();
  if (stream_ != nullptr) std::exchange(stream_, nullptr)->cut_off();
  host_->closed(*this);
}

void Connection::read_more() {
  if (reading_) return;
  reading_ = true;
  char* into = input_.prepare(in_body_ ? kBodyReadBytes : kReadBytes);
  transport_->read(into, input_.room(), shared_from_this());
}

void Connection::on_read(std::size_t bytes) {
  reading_ = false;
  if (state_ == State::kClosed) return;
  if (bytes == 0) {
    if (state_ != State::kHandling && state_ != State::kWriting) close();
    return;
  }
  switch (state_) {
    case State::kReading:
      input_.commit(bytes);
      return process();
    case State::kLingering:
      lingered_bytes_ += bytes;
      if (lingered_bytes_ > host_->limits().linger_bytes) return close();
      return read_more();
    case State::kStreaming:
      // Read on only to notice that the reader has gone; what it pipelines meanwhile is kept within reason.
      input_.commit(bytes);
      if (input_.size() < kKeptBytes) read_more();
      return;
    default:
      input_.commit(bytes);  // a read begun for a stream that has ended since
  }
}

void Connection::process() {
  processing_ = true;
  while (state_ == State::kReading && process_one()) {
  }
  processing_ = false;
}

// True when a request was answered on the spot and the next one can be looked at.
bool Connection::process_one() {
  const RequestParser::Taken taken = parser_.put(input_.view());
  input_.consume(taken.bytes);
  if (taken.step == RequestParser::Step::kRefused) {
    refuse(parser_.refusal());
    return false;
  }
  if (taken.step == RequestParser::Step::kNeedMore) {
    begin_waiting();
    if (state_ == State::kReading) read_more();
    return false;
  }
  state_ = State::kHandling;
  read_deadline_ = kNever;
  keep_alive_ = parser_.keep_alive();
  http_1_1_ = parser_.http_1_1();
  Request request = parser_.take();
  request.peer = peer_;
  head_request_ = request.method == Method::kHead;
  host_->handle(std::move(request), std::make_unique<ConnectionResponder>(shared_from_this()));
  return state_ == State::kReading;
}

// Sets the deadline of what is awaited: each phase has one, set when it begins and not moved by what trickles in.
void Connection::begin_waiting() {
  if (!in_body_ && parser_.header_done()) {
    started_ = in_body_ = true;
    read_deadline_ = host_->deadline_after(host_->limits().body_time);
    if (parser_.expects_continue() && input_.empty()) {
      tail() += kContinue;
      flush();
    }
  } else if (!started_ && !input_.empty()) {
    started_ = true;
    read_deadline_ = host_->deadline_after(host_->limits().header_time);
  }
}

void Connection::refuse(const Error& error) {
  state_ = State::kHandling;
  keep_alive_ = false;
  head_request_ = false;
  answer(host_->error_response(error));
}

void Connection::linger() {
  state_ = State::kLingering;
  read_deadline_ = host_->deadline_after(host_->limits().linger_time);
  transport_->end_write(shared_from_this());
  input_.clear();
  read_more();
}

ConnectionField Connection::connection_field() {
  if (host_->draining()) keep_alive_ = false;
  if (!keep_alive_) return ConnectionField::kClose;
  return http_1_1_ ? ConnectionField::kNone : ConnectionField::kKeepAlive;
}

void Connection::answer(Response response) {
  if (state_ != State::kHandling) return;  // closed meanwhile
  state_ = State::kWriting;
  append_head(tail(), response, Framing::kLength, response.body.size(), connection_field());
  if (!head_request_ && may_have_body(response.status)) {
    if (response.body.size() <= kCopiedBodyBytes || !queued_.empty()) {
      tail() += response.body;
    } else {
      queued_ = std::move(response.body);
    }
  }
  flush();
}

std::shared_ptr<BodyStream> Connection::start_stream(const Response& head) {
  auto stream = std::make_shared<ConnectionStream>(shared_from_this(), host_);
  const bool has_body = !head_request_ && may_have_body(head.status);
  if (state_ != State::kHandling || !has_body) stream->cut_off();  // gone meanwhile, or nobody wants the body
  if (state_ != State::kHandling) return stream;
  state_ = has_body ? State::kStreaming : State::kWriting;
  framing_ = http_1_1_ ? Framing::kChunked : Framing::kUntilClose;
  if (framing_ == Framing::kUntilClose) keep_alive_ = false;
  append_head(tail(), head, framing_, 0, connection_field());
  if (has_body) stream_ = stream.get();
  flush();
  if (state_ == State::kStreaming) read_more();
  return stream;
}

bool Connection::stream_write(std::string_view bytes) {
  if (buffered_bytes() + bytes.size() > host_->limits().stream_buffer_bytes) {
    close();
    return false;
  }
  if (framing_ == Framing::kChunked) {
    append_chunk(tail(), bytes);
  } else {
    tail() += bytes;
  }
  flush();
  return state_ == State::kStreaming;
}

void Connection::end_stream() {
  stream_ = nullptr;
  state_ = State::kWriting;
  if (framing_ == Framing::kChunked) tail() += kLastChunk;
  flush();
}

void Connection::abandon_stream() {
  stream_ = nullptr;
  close();
}

void Connection::flush() {
  while (!writing_) {
    if (!write_pending()) {
      output_.clear(), written_ = 0;
      if (queued_.empty()) return all_written();
      std::swap(output_, queued_);
    }
    const std::string_view rest = std::string_view(output_).substr(written_);
    const std::optional<std::size_t> taken = transport_->try_write(rest);
    if (!taken) return close();
    written_ += *taken;
    if (*taken == rest.size()) continue;
    writing_ = true;
    write_deadline_ = host_->deadline_after(host_->limits().write_time);
    transport_->write(rest.substr(*taken), shared_from_this());
  }
}

void Connection::on_written(std::size_t bytes) {
  writing_ = false;
  if (state_ == State::kClosed) return;
  if (bytes == 0) return close();
  written_ += bytes;
  flush();
}

void Connection::all_written() {
  if (output_.capacity() > kKeptBytes) output_ = {};
  if (queued_.capacity() > kKeptBytes) queued_ = {};
  if (state_ == State::kWriting) answered();
}

void Connection::answered() {
  if (!keep_alive_ || host_->draining()) return linger();
  state_ = State::kReading;
  started_ = in_body_ = false;
  parser_.reset();
  if (!reading_) input_.shrink(kKeptBytes);
  set_idle_deadline(host_->limits().idle_time);
  if (processing_) return;  // its loop goes on
  if (input_.empty()) return read_more();
  // Not from here: the caller may be a handler's own code, which must not find itself inside the next request.
  host_->post([self = shared_from_this()] {
    if (self->state_ == State::kReading) self->process();
  });
}

}  // namespace lumenflow::http
