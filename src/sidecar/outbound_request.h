// A pack's request to a host outside, judged and made ready to be sent: where it goes, with which headers.
//
// Values and functions; the environment is read each time, so that an exchanged key is used from then on.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/secret_mask.h"
#include "http/url.h"
#include "lumenflow/fetch.h"
#include "lumenflow/result.h"
#include "pack/scope.h"

namespace lumenflow::sidecar {

struct OutboundRequest {
  http::Url url;
  pack::ScopeLayer allowed;  // the operator's list
  std::vector<std::pair<std::string, std::string>> headers;
  SecretMask secrets;  // that the headers carry

  // Whether the name may lead there.
  bool may_connect(std::string_view address, std::uint16_t port) const;
};

// INVALID_INPUT for what no request may have, SCOPE_DENIED for a host that is not on the list, NOT_FOUND for
// a variable that is not set, INVALID_CONFIGURATION for one that holds no URL or no header's value. No
// message has a secret.
Result<OutboundRequest> prepare(const pack::HttpRequest& request);

// The headers of an answer that a pack is shown, without the secrets of the request.
std::vector<pack::HttpHeader> shown_headers(const std::vector<std::pair<std::string, std::string>>& headers,
                                            const SecretMask& secrets);

}  // namespace lumenflow::sidecar
