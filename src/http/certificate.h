// The pin of a server's certificate: what somebody who gets it another way can compare with.
#pragma once

#include <string>

#include "lumenflow/result.h"

namespace lumenflow::http {

// Base64url of the SHA-256 of the SubjectPublicKeyInfo that the server at this https URL shows, verified as any other
// request (RFC 7469, 2.4). Waits for it, ten seconds at most. UNREACHABLE.
Result<std::string> certificate_pin(const std::string& url, const std::string& ca_file);

}  // namespace lumenflow::http
