#include "base/secret_mask.h"

#include <algorithm>
#include <utility>

namespace lumenflow {
namespace {

constexpr std::size_t kBytesMin = 8;
constexpr std::string_view kInItsPlace = "***";

}  // namespace

void SecretMask::add(std::string secret) {
  if (secret.size() < kBytesMin || std::ranges::find(secrets_, secret) != secrets_.end()) return;
  secrets_.push_back(std::move(secret));
  std::ranges::stable_sort(secrets_, std::ranges::greater(), &std::string::size);
}

std::string SecretMask::masked(std::string_view text) const {
  std::string out;
  std::size_t begin = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::string_view rest = text.substr(at);
    const auto found = std::ranges::find_if(secrets_, [&](const std::string& s) { return rest.starts_with(s); });
    if (found == secrets_.end()) {
      ++at;
      continue;
    }
    out.append(text.substr(begin, at - begin)).append(kInItsPlace);
    begin = at += found->size();
  }
  return out.append(text.substr(begin));
}

std::string SecretMask::feed(std::string_view piece) {
  if (secrets_.empty()) return std::string(piece);
  held_ += piece;
  std::string text = masked(held_);
  // The longest end that begins a secret waits for what comes next.
  std::size_t keep = 0;
  for (const std::string& secret : secrets_)
    for (std::size_t size = std::min(secret.size() - 1, text.size()); size > keep; --size)
      if (std::string_view(text).ends_with(std::string_view(secret).substr(0, size))) keep = size;
  held_ = text.substr(text.size() - keep);
  text.resize(text.size() - keep);
  return text;
}

std::string SecretMask::finish() { return masked(std::exchange(held_, {})); }

}  // namespace lumenflow
