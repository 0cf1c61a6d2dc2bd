// What the users of libcurl in this module share. For their .cc files: brings libcurl's own header.
#pragma once

#include <curl/curl.h>
#include <sys/socket.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace lumenflow::http {

struct FreeCurl {
  void operator()(CURL* curl) const { curl_easy_cleanup(curl); }
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
struct FreeMulti {  // a type of its own: to libcurl's header both are void
  void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
};
using HeaderList = std::unique_ptr<curl_slist, FreeCurl>;

void append_line(HeaderList& list, const std::string& line);
// "Name: value"; a line break in it, which would make two of it, is left out.
std::string header_line(const std::string& name, const std::string& value);
// A line of an answer's head: the name in lower case, and the value. Nothing for another line.
std::optional<std::pair<std::string, std::string>> split_header(std::string_view line);
std::string in_lower_case(std::string_view text);  // ASCII

struct NumericAddress {
  std::string text;  // empty for what is neither IPv4 nor IPv6
  std::uint16_t port = 0;
};
NumericAddress numeric_address(const sockaddr& address);

}  // namespace lumenflow::http
