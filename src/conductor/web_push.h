// Web Push: a message encrypted for one browser (RFC 8291, content coding aes128gcm of RFC 8188), and the token that
// names the sender to its push service (VAPID, RFC 8292). Pure functions, by OpenSSL.
#pragma once

#include <string>
#include <string_view>

#include "base/time.h"
#include "conductor/keys.h"
#include "lumenflow/result.h"

namespace lumenflow::conductor {

inline constexpr std::size_t kPushPlaintextMax = 3993;  // what a push service must take: 4096 bytes with all around it

struct PushKeys {
  std::string receiver_point;  // p256dh: 65 bytes
  std::string auth;            // 16 bytes
};

// The body to post with Content-Encoding: aes128gcm. `sender_private_pem` is a key made for this message, `salt` 16
// random bytes. INVALID_INPUT.
Result<std::string> encrypt_push(std::string_view plaintext, const PushKeys& keys, std::string_view sender_private_pem,
                                 std::string_view salt);

// The Authorization header for an endpoint's origin: "vapid t=…, k=…", good for 12 hours. `contact` is mailto: or
// https:.
Result<std::string> vapid_header(const TokenKey& key, std::string_view origin, std::string_view contact, Timestamp now);

}  // namespace lumenflow::conductor
