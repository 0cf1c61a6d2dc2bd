#include "base/rate_limiter.h"

#include <algorithm>

namespace lumenflow {
namespace {

double refill(double tokens, double per_second, double burst, std::chrono::nanoseconds elapsed) {
  return std::min(burst, tokens + std::chrono::duration<double>(elapsed).count() * per_second);
}

}  // namespace

RateLimiter::RateLimiter(double per_second, double burst)
    : per_second_(per_second), burst_(burst > 0 ? burst : std::max(1.0, per_second)) {}

bool RateLimiter::admit(const Subject& subject, std::chrono::nanoseconds now) {
  if (per_second_ <= 0) return true;
  if (buckets_.size() >= sweep_at_) forget_full_buckets(now);
  Bucket& bucket = buckets_.try_emplace(subject, Bucket{burst_, now}).first->second;
  bucket.tokens = refill(bucket.tokens, per_second_, burst_, now - bucket.at);
  bucket.at = now;
  if (bucket.tokens < 1) return false;
  bucket.tokens -= 1;
  return true;
}

// A full bucket says nothing that a new one would not. What is kept doubles the next sweep, so sweeping costs O(1) a
// call.
void RateLimiter::forget_full_buckets(std::chrono::nanoseconds now) {
  std::erase_if(buckets_, [&](const auto& item) {
    return refill(item.second.tokens, per_second_, burst_, now - item.second.at) >= burst_;
  });
  sweep_at_ = std::max<std::size_t>(1024, buckets_.size() * 2);
}

}  // namespace lumenflow
