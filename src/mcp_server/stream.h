// A stream of messages of a session of MCP (2025-11-25, basic/transports, "Resumability and Redelivery"): what was said
// on it is kept, numbered, so that a client that lost its connection reads on where it was.
//
// Used on the io thread only.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "http/sse.h"

namespace lumenflow::mcp_server {

class McpStream {
 public:
  // `primes`: a new reader gets an id before the first message, so that it can come back at any time.
  McpStream(std::uint64_t number, bool primes) : number_(number), primes_(primes) {}

  void say(std::string message);
  void end();  // the last message has been said
  bool ended() const { return ended_; }
  bool read() const { return reader_ != nullptr && !reader_->closed(); }

  // Whether the reader may still be told: its token counts.
  using MayRead = std::function<bool()>;
  // Takes the place of the reader before. `after`: the number of the message that was read last; nothing: from the
  // first that nobody has read.
  void attach(std::shared_ptr<http::EventStream> reader, std::optional<std::uint64_t> after, MayRead may_read);
  // Ends the connection of a reader who may read no more; what is said then is kept for one who may.
  void tend();
  // Ends the connection of whoever reads and asks them to come back.
  void let_go(std::uint64_t retry_ms);
  void beat();

 private:
  void write(std::uint64_t number, std::string_view message);

  const std::uint64_t number_;
  const bool primes_;
  std::deque<std::string> kept_;
  std::uint64_t first_ = 1;  // the number of the first that is kept
  std::uint64_t read_ = 0;   // of the last that was written to a reader
  std::size_t bytes_ = 0;
  bool ended_ = false;
  std::shared_ptr<http::EventStream> reader_;  // shared with whoever writes the head of its connection
  MayRead may_read_;                           // of the reader
};

// "stream-message" of Last-Event-ID; nothing for what is none.
struct McpEventId {
  std::uint64_t stream = 0, message = 0;
};
std::optional<McpEventId> parse_mcp_event_id(std::string_view text);

}  // namespace lumenflow::mcp_server
