// The port between a connection and its socket: bytes in, bytes out. Adapters: plain sockets, TLS, and one in memory
// for tests and fuzzing.
//
// Threading: one thread. Every operation that takes `events` keeps it alive until it reports to it, which is never from
// inside the call that started it. At most one read and one write are under way.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>

namespace lumenflow::http {

class TransportEvents {
 public:
  virtual ~TransportEvents() = default;
  virtual void on_read(std::size_t bytes) = 0;     // 0: the peer sends no more, or the transport is broken or closed
  virtual void on_written(std::size_t bytes) = 0;  // 0: broken or closed
};

class Transport {
 public:
  virtual ~Transport() = default;
  // Up to `max` bytes into memory that stays valid until on_read.
  virtual void read(char* into, std::size_t max, std::shared_ptr<TransportEvents> events) = 0;
  // What can be written without waiting, perhaps 0; nothing when broken.
  virtual std::optional<std::size_t> try_write(std::string_view bytes) = 0;
  // Some of the bytes, as soon as possible; they stay valid until on_written.
  virtual void write(std::string_view bytes, std::shared_ptr<TransportEvents> events) = 0;
  // Tells the peer that nothing more comes. Only while no write is under way.
  virtual void end_write(std::shared_ptr<TransportEvents> keep_alive) = 0;
  virtual void close() = 0;
};

}  // namespace lumenflow::http
