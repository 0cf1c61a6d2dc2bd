#include "hosts/pack_log.h"

#include "base/encoding.h"

namespace lumenflow::hosts {
namespace {

constexpr std::size_t kLineBytesMax = 2'048;
// What is looked at of a line, so that a secret is seen whole before the line is cut.
constexpr std::size_t kSeenBytesMax = kLineBytesMax + (16u << 10);

}  // namespace

void PackLog::line(LogLevel level, std::string_view origin, std::string_view text) {
  const auto now = std::chrono::steady_clock::now();
  std::uint64_t untold = 0;
  {
    const std::lock_guard lock(mutex_);
    if (now - second_ >= std::chrono::seconds(1)) {
      second_ = now;
      lines_ = 0;
      untold = std::exchange(untold_, 0);
    }
    if (lines_ >= lines_max_) {
      ++dropped_;
      ++untold_;
      return;
    }
    ++lines_;
  }
  if (untold != 0) sink_(LogLevel::kWarn, "host", std::to_string(untold) + " lines were dropped before this one");
  const std::string masked =
      redact_ ? redact_(text.substr(0, kSeenBytesMax)) : std::string(text.substr(0, kLineBytesMax));
  sink_(level, origin, std::string(clip_utf8(masked, kLineBytesMax)));
}

std::uint64_t PackLog::dropped() const {
  const std::lock_guard lock(mutex_);
  return dropped_;
}

void LineCutter::take(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::size_t end = bytes.find('\n');
    const std::string_view piece = bytes.substr(0, end);
    if (!cut_) begun_.append(piece.substr(0, kSeenBytesMax - std::min(kSeenBytesMax, begun_.size())));
    if (end == std::string_view::npos) {
      cut_ = begun_.size() >= kSeenBytesMax;
      return;
    }
    finish();
    bytes.remove_prefix(end + 1);
  }
}

// A private key takes many lines, and none but its first says what they are.
bool LineCutter::is_inside_a_key() {
  constexpr std::size_t kKeyLinesMax = 400;  // of 64 characters: twice as many as the longest RSA key has
  const bool begins =
      begun_.find("-----BEGIN ") != std::string::npos && begun_.find("PRIVATE KEY") != std::string::npos;
  const bool inside = key_lines_left_ > 0 && !begins;
  const bool ends = begun_.find("-----END ") != std::string::npos;
  key_lines_left_ = ends ? 0 : begins ? kKeyLinesMax : key_lines_left_ - (inside ? 1 : 0);
  return inside;
}

void LineCutter::finish() {
  if (!begun_.empty() && !is_inside_a_key()) log_.line(LogLevel::kInfo, "stderr", begun_);
  begun_.clear();
  cut_ = false;
}

}  // namespace lumenflow::hosts
