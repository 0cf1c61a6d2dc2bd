// A request to a host outside, made by the program for the pack, and what came back (HostContext::fetch).
//
// Values. Redirects are not followed, proxies of the environment are not asked, certificates are verified.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace lumenflow::pack {

struct HttpHeader {
  std::string name;
  std::string value;
  // When not empty, the program puts the value of this environment variable behind `value` ("Bearer "). The pack's
  // section of lumenflow.yaml must name the variable, under a key that ends in `_env`. The pack does not see the
  // secret: where the other side repeats it, "***" stands.
  std::string environment = {};
};

struct HttpResponse {
  int status = 0;
  std::string body;
  // Those that say something of the answer: its type and time, when to come again, how much is left, the request's id.
  // Names in lower case.
  std::vector<HttpHeader> headers = {};
  bool complete = true;  // false: the sink wanted no more

  std::string_view header(std::string_view name) const {  // empty when it was not sent
    for (const HttpHeader& header : headers)
      if (header.name == name) return header.value;
    return {};
  }
};

// Takes the body of a 2xx answer in pieces, as they come, on the thread that asked; false ends the transfer. `head` has
// the status and the headers. A piece ends anywhere, also within a
// character. (A pack in a process of its own gets one piece.)
using BodySink = std::function<bool(const HttpResponse& head, std::string_view piece)>;

struct HttpRequest {
  std::string url;
  std::string body;                  // as application/json, unless a header says otherwise
  std::int64_t timeout_ms = 10'000;  // of the whole
  // Hosts that the operator lets the pack reach: `host`, `host:port` or a block of addresses, as in network scopes. A
  // name must not lead to an address that is not public, unless that address is on the list itself.
  std::vector<std::string> allowlist = {};

  std::string method = "POST";            // GET, HEAD, POST, PUT, PATCH or DELETE; a body with the middle three alone
  std::vector<HttpHeader> headers = {};   // not those that belong to the connection: Host, Content-Length, …
  std::int64_t idle_timeout_ms = 0;       // without a byte from the other side; 0: none but the whole's
  std::size_t body_bytes_max = 1u << 18;  // of the answer, also when a sink takes it; at most 64 MiB
  // Accepts http as well as https, but only to an address of this machine or its network that the list has as that one
  // address, not in a block.
  bool plain_http = false;
  // Where the operator's own words say to go: a text that the pack's section of lumenflow.yaml has under a key that
  // ends in `url`, or a variable that it names under one that ends in `url_env`. `url` is then what follows it, and
  // its host and port are on the list; those of this machine, when it says localhost.
  std::string base_url = {};
  std::string base_url_env = {};
  BodySink sink = {};  // empty: the body is collected
};

}  // namespace lumenflow::pack
