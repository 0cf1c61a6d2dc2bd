#include "sidekick/tool_impl/ulid.h"

#include <algorithm>

#include "sidekick/constants.h"

namespace lumenflow::sidekick {
namespace {

constexpr std::string_view kDigits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
constexpr std::size_t kTimeDigits = 10;
constexpr std::int64_t kTimeMax = (std::int64_t{1} << 48) - 1;

}  // namespace

std::string ulid_floor(std::int64_t ms) {
  std::string ulid(kUlidSize, '0');
  std::uint64_t rest = static_cast<std::uint64_t>(std::clamp<std::int64_t>(ms, 0, kTimeMax));
  for (std::size_t at = kTimeDigits; rest != 0; rest /= 32) ulid[--at] = kDigits[rest % 32];
  return ulid;
}

std::string next_ulid(std::string_view ulid) {
  std::string next(ulid);
  for (std::size_t at = next.size(); at-- > 0;) {
    const std::size_t digit = kDigits.find(next[at]);
    if (digit + 1 < kDigits.size()) {
      next[at] = kDigits[digit + 1];
      break;
    }
    next[at] = '0';
  }
  return next;
}

}  // namespace lumenflow::sidekick
