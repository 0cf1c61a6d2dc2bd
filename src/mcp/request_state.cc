#include "mcp/request_state.h"

#include "base/encoding.h"
#include "base/sealing.h"
#include "base/sha256.h"

namespace lumenflow::mcp {
namespace {

std::string digest_of(const RequestIdentity& identity) {
  const std::string arguments = identity.arguments == nullptr ? "{}" : json::serialize(*identity.arguments);
  constexpr std::string_view kNul{"\0", 1};
  return to_hex(
      sha256({identity.subject, kNul, identity.method, kNul, identity.name, kNul, std::string_view(arguments)}));
}

Error refused() {
  return {ErrorCode::kInvalidInput, "requestState is not one of this request, or is over; send the request anew"};
}

}  // namespace

RequestState::RequestState(Random& random) : random_(random) {
  for (int half = 0; half < 2; ++half)
    for (const std::uint8_t byte : random.draw16()) key_ += static_cast<char>(byte);
}

std::string RequestState::seal(const std::string& handle, const RequestIdentity& identity, Timestamp until) {
  const json::Value text = json::Object{{"handle", handle}, {"of", digest_of(identity)}, {"until", until.ms}};
  return lumenflow::seal(json::serialize(text), key_, random_);
}

Result<std::string> RequestState::open(std::string_view state, const RequestIdentity& identity, Timestamp now) const {
  const Result<std::string> text = unseal(state, key_);
  if (!text.ok()) return refused();
  LUMENFLOW_TRY_ASSIGN(const json::Value value, json::parse(*text));
  if (json::string_or(value, "of", "") != digest_of(identity) || json::integer_or(value, "until", 0) < now.ms)
    return refused();
  return std::string(json::string_or(value, "handle", ""));
}

}  // namespace lumenflow::mcp
