#include "local_page/sessions.h"

#include "base/encoding.h"
#include "base/sha256.h"

namespace lumenflow::local_page {

std::string Sessions::draw() {
  const auto drawn = random_.draw16();
  return to_base64url(as_chars(drawn));
}

void Sessions::forget_what_is_over() {
  const auto over = [now = clock_.now()](const auto& item) { return item.second <= now; };
  std::erase_if(codes_, over);
  std::erase_if(sessions_, over);
}

std::string Sessions::make_code() {
  forget_what_is_over();
  std::string code = draw();
  codes_[sha256_hex(code)] = clock_.now() + kLinkLife;
  return code;
}

std::optional<std::string> Sessions::open(std::string_view code) {
  forget_what_is_over();
  if (codes_.erase(sha256_hex(code)) == 0) return std::nullopt;
  std::string cookie = draw() + draw();
  sessions_[sha256_hex(cookie)] = clock_.now() + kSessionLife;
  return cookie;
}

std::optional<Timestamp> Sessions::find(std::string_view cookie) const {
  const auto found = sessions_.find(sha256_hex(cookie));
  if (found == sessions_.end() || found->second <= clock_.now()) return std::nullopt;
  return found->second;
}

void Sessions::close(std::string_view cookie) { sessions_.erase(sha256_hex(cookie)); }

std::string Sessions::csrf_of(std::string_view cookie) {
  const Hash256 mac = hmac_sha256(cookie, "X-CSRF-Token");
  return to_base64url(as_chars(mac));
}

}  // namespace lumenflow::local_page
