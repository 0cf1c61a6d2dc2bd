#include "mcp_server/stream.h"

#include <charconv>
#include <utility>

namespace lumenflow::mcp_server {
namespace {

constexpr std::size_t kKeptMax = 256, kKeptBytesMax = 4u << 20;  // of one stream

}  // namespace

void McpStream::say(std::string message) {
  bytes_ += message.size();
  kept_.push_back(std::move(message));
  while (kept_.size() > 1 && (kept_.size() > kKeptMax || bytes_ > kKeptBytesMax)) {
    bytes_ -= kept_.front().size();
    kept_.pop_front();
    ++first_;
  }
  tend();
  if (read()) write(first_ + kept_.size() - 1, kept_.back());
}

void McpStream::end() {
  tend();
  ended_ = true;
  if (read()) reader_->end();
  reader_.reset();
}

void McpStream::tend() {
  if (!read() || may_read_()) return;
  reader_->end();
  reader_.reset();
}

void McpStream::attach(std::shared_ptr<http::EventStream> reader, std::optional<std::uint64_t> after,
                       MayRead may_read) {
  if (read()) reader_->end();
  reader_ = std::move(reader);
  may_read_ = std::move(may_read);
  if (primes_) {
    const std::string id = std::to_string(number_) + "-" + std::to_string(after.value_or(read_));
    http::SseEvent prime;
    prime.id = id;
    reader_->send(prime);
  }
  for (std::uint64_t i = 0; i < kept_.size(); ++i)
    if (first_ + i > after.value_or(read_)) write(first_ + i, kept_[i]);
  if (ended_) end();
}

void McpStream::let_go(std::uint64_t retry_ms) {
  if (!read()) return;
  reader_->retry(retry_ms);
  reader_->end();
  reader_.reset();
}

void McpStream::beat() {
  if (read()) reader_->heartbeat();
}

void McpStream::write(std::uint64_t number, std::string_view message) {
  const std::string id = std::to_string(number_) + "-" + std::to_string(number);
  http::SseEvent event;
  event.id = id;
  event.event = "message";
  event.data = message;
  reader_->send(event);
  read_ = number;
}

std::optional<McpEventId> parse_mcp_event_id(std::string_view text) {
  McpEventId id;
  const char* const end = text.data() + text.size();
  const auto [dash, fault] = std::from_chars(text.data(), end, id.stream);
  if (fault != std::errc() || dash == end || *dash != '-') return std::nullopt;
  const auto [last, other] = std::from_chars(dash + 1, end, id.message);
  if (other != std::errc() || last != end) return std::nullopt;
  return id;
}

}  // namespace lumenflow::mcp_server
