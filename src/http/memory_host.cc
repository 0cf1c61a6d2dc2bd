#include "http/memory_host.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/check.h"

namespace lumenflow::http {
namespace {

class MemoryTransport final : public Transport {
 public:
  explicit MemoryTransport(std::shared_ptr<MemoryPeer> peer) : peer_(std::move(peer)) {}

  void read(char* into, std::size_t max, std::shared_ptr<TransportEvents> events) override {
    LUMENFLOW_CHECK(!peer_->read && max > 0);
    peer_->read = MemoryPeer::Read{into, max, std::move(events)};
  }

  std::optional<std::size_t> try_write(std::string_view bytes) override {
    LUMENFLOW_CHECK(!peer_->write && !peer_->server_ended);
    if (peer_->server_closed) return std::nullopt;
    const std::size_t n = std::min(bytes.size(), peer_->room_bytes);
    peer_->received += bytes.substr(0, n);
    peer_->room_bytes -= n;
    return n;
  }

  void write(std::string_view bytes, std::shared_ptr<TransportEvents> events) override {
    LUMENFLOW_CHECK(!peer_->write && !peer_->server_ended);
    peer_->write = MemoryPeer::Write{bytes, std::move(events)};
  }

  void end_write(std::shared_ptr<TransportEvents>) override {
    LUMENFLOW_CHECK(!peer_->write);
    peer_->server_ended = true;
  }

  void close() override { peer_->server_closed = true; }

 private:
  std::shared_ptr<MemoryPeer> peer_;
};

}  // namespace

std::unique_ptr<Transport> make_memory_transport(std::shared_ptr<MemoryPeer> peer) {
  return std::make_unique<MemoryTransport>(std::move(peer));
}

std::shared_ptr<MemoryPeer> MemoryHost::connect() {
  auto peer = std::make_shared<MemoryPeer>();
  Peer who;
  who.address = "memory";
  auto connection = std::make_shared<Connection>(shared_from_this(), make_memory_transport(peer), std::move(who));
  connections_.push_back({connection, peer});
  connection->start();
  return peer;
}

bool MemoryHost::move_bytes(MemoryPeer& peer) {
  if (peer.read && (peer.server_closed || peer.finished || !peer.to_server.empty())) {
    const MemoryPeer::Read read = *std::exchange(peer.read, std::nullopt);
    const std::size_t n = peer.server_closed ? 0 : std::min(read.max, peer.to_server.size());
    if (n > 0) std::memcpy(read.into, peer.to_server.data(), n);
    peer.to_server.erase(0, n);
    read.events->on_read(n);
    return true;
  }
  if (peer.write && (peer.server_closed || peer.room_bytes > 0)) {
    const MemoryPeer::Write write = *std::exchange(peer.write, std::nullopt);
    const std::size_t n = peer.server_closed ? 0 : std::min(write.bytes.size(), peer.room_bytes);
    peer.received += write.bytes.substr(0, n);
    peer.room_bytes -= n;
    write.events->on_written(n);
    return true;
  }
  return false;
}

bool MemoryHost::run_task() {
  if (tasks_.empty()) return false;
  const std::function<void()> task = std::move(tasks_.front());
  tasks_.pop_front();
  task();
  return true;
}

void MemoryHost::run() {
  for (bool moved = true; moved;) {
    moved = run_task();
    for (const Member& member : std::vector<Member>(connections_)) moved = move_bytes(*member.peer) || moved;
  }
}

void MemoryHost::advance(std::chrono::milliseconds by, bool crowded) {
  now_ms_ += by.count();
  for (const Member& member : std::vector<Member>(connections_)) member.connection->check_deadlines(now_ms_, crowded);
  run();
}

void MemoryHost::drain() {
  draining_ = true;
  for (const Member& member : std::vector<Member>(connections_)) member.connection->drain();
  run();
}

void MemoryHost::close() {
  for (const Member& member : std::vector<Member>(connections_)) member.connection->close();
  run();
}

void MemoryHost::handle(Request request, std::unique_ptr<Responder> responder) {
  handler_(std::move(request), std::move(responder));
}

Response MemoryHost::error_response(const Error& error) {
  Response response;
  response.status = info(error.code()).http_status;
  response.content_type = "text/plain";
  response.body = error.to_string();
  return response;
}

void MemoryHost::closed(Connection& connection) {
  const auto member = std::ranges::find(connections_, &connection, [](const Member& m) { return m.connection.get(); });
  // What the transport still had under way reports its failure later, as a socket's would.
  post([peer = member->peer] {
    if (const auto read = std::exchange(peer->read, std::nullopt)) read->events->on_read(0);
    if (const auto write = std::exchange(peer->write, std::nullopt)) write->events->on_written(0);
  });
  connections_.erase(member);
}

}  // namespace lumenflow::http
