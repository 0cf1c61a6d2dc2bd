// One connection: requests in, one after another in order, each answered before the next is looked at.
//
// It owns its transport and knows neither sockets nor timers: the host tells the time, coarsely, and asks now and then
// whether the connection has outstayed a limit. So every rule is tested without a socket or a wait.
// Threading: the host's one thread. Held by the host, by the transport's operations under way, and by Responders.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "http/read_buffer.h"
#include "http/request_parser.h"
#include "http/response_text.h"
#include "http/server.h"
#include "http/transport.h"

namespace lumenflow::http {

class Connection;
class ConnectionStream;

// What a connection asks of its server.
class ConnectionHost {
 public:
  virtual ~ConnectionHost() = default;
  virtual const Limits& limits() const = 0;
  virtual std::int64_t deadline_after(std::chrono::milliseconds limit) const = 0;  // on the clock of check_deadlines
  virtual bool draining() const = 0;
  virtual void handle(Request request, std::unique_ptr<Responder> responder) = 0;
  virtual Response error_response(const Error& error) = 0;
  virtual void post(std::function<void()> task) = 0;  // later, on the same thread
  virtual void closed(Connection& connection) = 0;    // called once
};

class Connection final : public TransportEvents, public std::enable_shared_from_this<Connection> {
 public:
  Connection(std::shared_ptr<ConnectionHost> host, std::unique_ptr<Transport> transport, Peer peer);
  ~Connection() override;

  void start();
  // `crowded`: others wait for a place, so whoever idles for longer than a second goes.
  void check_deadlines(std::int64_t now, bool crowded);
  void drain();  // closes at once when nothing has begun; otherwise after the request under way
  void close();  // at once; idempotent

  void on_read(std::size_t bytes) override;
  void on_written(std::size_t bytes) override;

 private:
  friend class ConnectionResponder;
  friend class ConnectionStream;

  enum class State {
    kReading,    // between requests, or inside one
    kHandling,   // a handler has the request
    kWriting,    // its whole answer is known
    kStreaming,  // its answer is being written by a BodyStream
    kLingering,  // the last answer is out; what still comes is thrown away until the peer has read it
    kClosed,
  };

  // Incoming.
  void read_more();
  void process();
  bool process_one();
  bool idle() const { return state_ == State::kReading && !started_; }
  void set_idle_deadline(std::chrono::milliseconds patience);
  void begin_waiting();
  void refuse(const Error& error);
  void linger();

  // Outgoing.
  void answer(Response response);
  std::shared_ptr<BodyStream> start_stream(const Response& head);
  bool stream_write(std::string_view bytes);
  void end_stream();
  void abandon_stream();  // dropped without an end: the reader must not take it for complete
  ConnectionField connection_field();
  std::string& tail() { return writing_ || !queued_.empty() ? queued_ : output_; }
  bool write_pending() const { return written_ < output_.size(); }
  std::size_t buffered_bytes() const { return output_.size() - written_ + queued_.size(); }
  void flush();
  void all_written();
  void answered();

  std::shared_ptr<ConnectionHost> host_;  // shared: Responders keep the connection beyond its server
  std::unique_ptr<Transport> transport_;
  Peer peer_;
  RequestParser parser_;
  ReadBuffer input_;
  std::string output_, queued_;  // output_ is with the transport, queued_ follows
  std::size_t written_ = 0;      // of output_
  std::size_t lingered_bytes_ = 0;
  std::int64_t read_deadline_;          // of what kReading and kLingering wait for
  std::int64_t write_deadline_;         // while a write is under way
  std::int64_t crowded_deadline_;       // of an idle connection while the server is full
  ConnectionStream* stream_ = nullptr;  // while kStreaming; its writer owns it
  State state_ = State::kReading;
  Framing framing_ = Framing::kLength;
  bool reading_ = false;     // a read is under way
  bool writing_ = false;     // a write is under way
  bool processing_ = false;  // process() is on the stack
  bool started_ = false;     // a byte of the request has come
  bool in_body_ = false;     // its header is complete
  bool head_request_ = false;
  bool http_1_1_ = true;
  bool keep_alive_ = true;
};

}  // namespace lumenflow::http
