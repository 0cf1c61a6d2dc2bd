// Token buckets per subject, or per whatever a name is given to. One thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/strong.h"

namespace lumenflow {

class RateLimiter {
 public:
  // `per_second` 0: no limit. `burst` 0: one second's worth, at least 1.
  RateLimiter(double per_second, double burst);
  // Takes a token; false when the bucket is empty. `now` is monotonic.
  bool admit(const Subject& subject, std::chrono::nanoseconds now);

 private:
  struct Bucket {
    double tokens;
    std::chrono::nanoseconds at;
  };
  void forget_full_buckets(std::chrono::nanoseconds now);
  double per_second_;
  double burst_;
  std::unordered_map<Subject, Bucket> buckets_;
  std::size_t sweep_at_ = 1024;
};

}  // namespace lumenflow
