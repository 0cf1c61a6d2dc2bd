// What all connections of one server share: handler, limits, coarse time, and the list of who is there.
//
// One timer sweeps all connections a few times per shortest limit; requests themselves arm none. It rests while nobody
// is connected. Threading: the io_context's thread.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <unordered_map>
#include <vector>

#include "http/connection.h"
#include "http/server.h"

namespace lumenflow::http {

// Where connections come from.
class Listener {
 public:
  virtual ~Listener() = default;
  virtual void accept_more() = 0;  // when there is room again; idempotent
  virtual void stop() = 0;
};

class ServerCore final : public ConnectionHost, public std::enable_shared_from_this<ServerCore> {
 public:
  ServerCore(boost::asio::io_context& io, Handler handler, ErrorResponse error_response, const Limits& limits);
  ~ServerCore() override;

  const Limits& limits() const override { return limits_; }
  std::int64_t deadline_after(std::chrono::milliseconds limit) const override;
  bool draining() const override { return draining_; }
  void handle(Request request, std::unique_ptr<Responder> responder) override;
  Response error_response(const Error& error) override { return error_response_(error); }
  void post(std::function<void()> task) override;
  void closed(Connection& connection) override;

  void add_listener(std::shared_ptr<Listener> listener);
  void add(std::unique_ptr<Transport> transport, Peer peer);
  bool full() const { return connections_.size() >= limits_.connections; }
  void retry_accept_later();  // the process is out of descriptors
  void drain(std::function<void()> done);
  void close();
  std::size_t connections() const { return connections_.size(); }

 private:
  struct Timer;
  void start_sweeping();
  void sweep();
  void accept_more();
  void stop_listening();
  void report_drained();

  boost::asio::io_context& io_;
  Handler handler_;
  ErrorResponse error_response_;
  const Limits limits_;
  const std::chrono::milliseconds tick_;
  std::int64_t now_ms_ = 0;       // steady, at most a tick old
  std::unique_ptr<Timer> timer_;  // null once closed
  bool sweeping_ = false;
  bool accept_failed_ = false;
  bool draining_ = false;
  std::function<void()> drained_;
  std::vector<std::shared_ptr<Listener>> listeners_;  // shared: an accept under way holds its listener
  std::unordered_map<Connection*, std::shared_ptr<Connection>> connections_;
};

}  // namespace lumenflow::http
