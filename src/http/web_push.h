// A message to a browser or a phone that is not looking: Web Push (RFC 8030), encrypted for its reader alone (RFC 8291,
// aes128gcm of RFC 8188), under the sender's own key (VAPID, RFC 8292). What is to be sent, not the sending: see
// client.h, with a `may_connect` that keeps endpoints out of one's own network.
//
// Pure functions over OpenSSL and libjwt; thread safe because stateless.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/random.h"
#include "base/signing.h"
#include "base/time.h"
#include "http/client.h"
#include "lumenflow/result.h"

namespace lumenflow::http {

// As a browser's PushManager gives it, decoded.
struct PushSubscription {
  std::string endpoint;  // an https URL of the push service
  std::string key;       // `p256dh`: a P-256 point, 65 bytes
  std::string secret;    // `auth`: 16 bytes
};
// `key` and `secret` in base64url. INVALID_INPUT for what is none, a point that is not on the curve included.
Result<PushSubscription> parse_push_subscription(std::string_view endpoint, std::string_view key,
                                                 std::string_view secret);

inline constexpr std::size_t kPushBytesMax = 3'993;  // of a message: one record, in a body that every service takes

// The encrypted body: one record. Everything that is random in it is given: `sender` is used for this message alone,
// `salt` has 16 bytes. INVALID_INPUT for a message that is too long.
Result<std::string> encrypt_push(const PushSubscription& subscription, std::string_view message,
                                 const P256KeyPair& sender, std::string_view salt);

// The uncompressed point of a P-256 public key, base64url: what a page subscribes with (`applicationServerKey`).
Result<std::string> push_server_key(std::string_view public_pem);

struct PushOptions {
  P256KeyPair server_key;  // the one that the page subscribed with
  std::string contact;     // `mailto:` or `https:`: whom the push service turns to
  std::chrono::seconds time_to_live{3'600};
  bool urgent = true;
  std::string topic;  // base64url, at most 32 characters; a later message of the topic takes an earlier one's place
};

// The whole request, to be sent to the endpoint's origin.
Result<ClientRequest> push_request(const PushSubscription& subscription, std::string_view message,
                                   const PushOptions& options, Timestamp now, Random& random);

enum class PushOutcome : std::uint8_t { kTaken, kGone, kRetry, kRefused };
// kGone: the subscription is no more, forget it. kRetry: later, as Retry-After says. kRefused: never like this.
PushOutcome push_outcome(int status);

}  // namespace lumenflow::http
