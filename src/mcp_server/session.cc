#include "mcp_server/session.h"

#include <algorithm>
#include <array>
#include <utility>

namespace lumenflow::mcp_server {
namespace {

constexpr std::size_t kStreamsMax = 64;
constexpr std::array<std::string_view, 8> kLevels{"debug", "info",     "notice", "warning",
                                                  "error", "critical", "alert",  "emergency"};

}  // namespace

std::shared_ptr<McpStream> McpSession::new_stream() {
  for (auto it = streams_.begin(); it != streams_.end() && streams_.size() >= kStreamsMax;)
    it = it->second->ended() ? streams_.erase(it) : std::next(it);
  const std::uint64_t number = next_stream_++;
  return streams_[number] = std::make_shared<McpStream>(number, primes());
}

McpStream* McpSession::stream(std::uint64_t number) {
  if (number == 0) return general_.get();
  const auto found = streams_.find(number);
  return found == streams_.end() ? nullptr : found->second.get();
}

std::string McpSession::ask(std::string_view method, json::Value params, Answered answered) {
  const std::string key = "lumenflow-" + std::to_string(next_question_++);
  asked_.emplace(key, std::move(answered));
  return mcp::request_text(key, method, std::move(params));
}

void McpSession::take_answer(mcp::Message message) {
  const std::string* const key = message.id.if_string();
  const auto found = key == nullptr ? asked_.end() : asked_.find(*key);
  if (found == asked_.end()) return;  // answered before, or of nothing that was asked here
  const Answered answered = std::move(found->second);
  asked_.erase(found);
  if (message.kind == mcp::Message::Kind::kResult) return answered(std::move(message.result));
  answered(Error(ErrorCode::kInvalidInput, "the client answered with an error: " + message.error.message));
}

void McpSession::tend() {
  general_->tend();
  for (const auto& [number, one] : streams_) one->tend();
}

bool McpSession::read() const {
  return general_->read() || std::ranges::any_of(streams_, [](const auto& entry) { return entry.second->read(); });
}

void McpSession::end() {
  general_->end();
  for (const auto& [number, one] : streams_) one->end();
  for (auto& [key, answered] : std::exchange(asked_, {}))
    answered(Error(ErrorCode::kToolCancelled, "the client ended its session"));
}

int mcp_log_level(std::string_view name) {
  const auto found = std::ranges::find(kLevels, name);
  return found == kLevels.end() ? -1 : static_cast<int>(found - kLevels.begin());
}

std::string_view mcp_log_name(std::string_view level) { return level == "warn" ? "warning" : level; }

}  // namespace lumenflow::mcp_server
