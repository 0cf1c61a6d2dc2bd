// A connection without sockets or clocks: its transport and its host in memory, for tests and fuzzing.
//
// Bytes cross and tasks run only inside run(), time moves only by advance(): everything is repeatable. Single thread.
#pragma once

#include <deque>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "http/connection.h"

namespace lumenflow::http {

// The far end of a MemoryTransport, shared with it: it outlives whichever goes first.
struct MemoryPeer {
  std::string to_server;                                             // not yet read
  bool finished = false;                                             // after to_server comes the end
  std::string received;                                              // what the server wrote
  std::size_t room_bytes = std::numeric_limits<std::size_t>::max();  // that the server may still write
  bool server_ended = false;                                         // the server writes no more
  bool server_closed = false;

  // The transport's operations under way.
  struct Read {
    char* into;
    std::size_t max;
    std::shared_ptr<TransportEvents> events;
  };
  struct Write {
    std::string_view bytes;
    std::shared_ptr<TransportEvents> events;
  };
  std::optional<Read> read;
  std::optional<Write> write;
};

std::unique_ptr<Transport> make_memory_transport(std::shared_ptr<MemoryPeer> peer);

class MemoryHost final : public ConnectionHost, public std::enable_shared_from_this<MemoryHost> {
 public:
  MemoryHost(Handler handler, const Limits& limits) : handler_(std::move(handler)), limits_(limits) {}

  std::shared_ptr<MemoryPeer> connect();
  void run();                                                        // until nothing moves
  void advance(std::chrono::milliseconds by, bool crowded = false);  // and checks the deadlines
  void drain();
  void close();  // all connections, at once; whoever lets go of a host does this first, as they hold each other
  std::size_t connections() const { return connections_.size(); }

  const Limits& limits() const override { return limits_; }
  std::int64_t deadline_after(std::chrono::milliseconds limit) const override { return now_ms_ + limit.count(); }
  bool draining() const override { return draining_; }
  void handle(Request request, std::unique_ptr<Responder> responder) override;
  Response error_response(const Error& error) override;
  void post(std::function<void()> task) override { tasks_.push_back(std::move(task)); }
  void closed(Connection& connection) override;

 private:
  struct Member {
    std::shared_ptr<Connection> connection;
    std::shared_ptr<MemoryPeer> peer;
  };
  bool move_bytes(MemoryPeer& peer);
  bool run_task();

  Handler handler_;
  const Limits limits_;
  std::int64_t now_ms_ = 0;
  bool draining_ = false;
  std::deque<std::function<void()>> tasks_;
  std::vector<Member> connections_;
};

}  // namespace lumenflow::http
