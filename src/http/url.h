// The parts of an absolute http or https URL, as libcurl sees them: what is judged is what will be asked.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "lumenflow/result.h"

namespace lumenflow::http {

struct Url {
  std::string scheme;      // "http", "https"
  std::string host;        // lower case; an IPv6 address without brackets
  std::uint16_t port = 0;  // the scheme's own when none is given
  std::string path;        // with the query, from the first '/' on

  std::string origin() const;  // scheme, host and port, as ClientOptions::base_url takes it
};

// INVALID_INPUT for what is no such URL, and for one with a user name or a password.
Result<Url> parse_url(std::string_view text);

struct ListenAddress {
  std::string host;
  std::uint16_t port = 0;
};

// HOST:PORT, [HOST]:PORT for IPv6; "localhost" is 127.0.0.1. INVALID_INPUT naming --listen.
Result<ListenAddress> parse_listen(const std::string& text);

}  // namespace lumenflow::http
