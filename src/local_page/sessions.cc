#include "local_page/sessions.h"

#include "base/encoding.h"
#include "base/sha256.h"

namespace lumenflow::local_page {

std::string Sessions::draw() {
  const auto drawn = random_.draw16();
  return to_base64url(as_chars(drawn));
}

void Sessions::forget_what_is_over() {
  const Timestamp now = clock_.now();
  std::erase_if(codes_, [now](const auto& item) { return item.second <= now; });
  std::erase_if(sessions_, [now](const auto& item) { return item.second.until <= now; });
}

std::string Sessions::make_code() {
  forget_what_is_over();
  std::string code = draw();
  codes_[sha256_hex(code)] = clock_.now() + kLinkLife;
  return code;
}

std::optional<Sessions::Opened> Sessions::open(std::string_view code) {
  forget_what_is_over();
  if (codes_.erase(sha256_hex(code)) == 0) return std::nullopt;
  Opened opened{draw() + draw(), draw() + draw()};
  sessions_[sha256_hex(opened.cookie)] = {clock_.now() + kSessionLife, sha256_hex(opened.word)};
  return opened;
}

std::optional<Timestamp> Sessions::find(std::string_view cookie, std::string_view word) const {
  const auto found = sessions_.find(sha256_hex(cookie));
  if (found == sessions_.end() || found->second.until <= clock_.now() || found->second.word != sha256_hex(word))
    return std::nullopt;
  return found->second.until;
}

void Sessions::close(std::string_view cookie) { sessions_.erase(sha256_hex(cookie)); }

}  // namespace lumenflow::local_page
