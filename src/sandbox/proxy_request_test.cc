#include "sandbox/proxy_request.h"

#include <gtest/gtest.h>

namespace lumenflow::sandbox {
namespace {

std::vector<network::Entry> entries(std::initializer_list<std::string_view> texts) {
  std::vector<network::Entry> out;
  for (const std::string_view text : texts) out.push_back(*network::parse_entry(text));
  return out;
}

TEST(ProxyRequest, ReadsTunnels) {
  const auto request = parse_proxy_request("CONNECT api.example.com:443 HTTP/1.1\r\nHost: other\r\n\r\n");
  ASSERT_TRUE(request);
  EXPECT_TRUE(request->tunnel);
  EXPECT_EQ(request->host, "api.example.com");
  EXPECT_EQ(request->port, 443);
  EXPECT_EQ(request->upstream, "");
  EXPECT_EQ(parse_proxy_request("CONNECT [2001:db8::1]:8443 HTTP/1.1\r\n\r\n")->host, "2001:db8::1");
}

TEST(ProxyRequest, RewritesPlainRequestsForTheHostAskedFor) {
  const auto request = parse_proxy_request(
      "GET http://api.example.com:8080/a?b=c HTTP/1.1\r\nHost: fronted.example.org\r\nProxy-Authorization: x\r\n"
      "Connection: keep-alive\r\nAccept: */*\r\n\r\n");
  ASSERT_TRUE(request);
  EXPECT_FALSE(request->tunnel);
  EXPECT_EQ(request->host, "api.example.com");
  EXPECT_EQ(request->port, 8080);
  EXPECT_EQ(request->upstream,
            "GET /a?b=c HTTP/1.1\r\nHost: api.example.com:8080\r\nConnection: close\r\nAccept: */*\r\n\r\n");
  EXPECT_EQ(parse_proxy_request("GET http://a.example HTTP/1.0\r\n\r\n")->port, 80);
}

TEST(ProxyRequest, RefusesWhatIsMalformed) {
  for (const char* head :
       {"GET / HTTP/1.1\r\n\r\n", "CONNECT host HTTP/1.1\r\n\r\n", "CONNECT host:0 HTTP/1.1\r\n\r\n",
        "CONNECT host:99999 HTTP/1.1\r\n\r\n", "CONNECT [::1:80 HTTP/1.1\r\n\r\n", "CONNECT host:80\r\n\r\n",
        "GET https://a.example/ HTTP/1.1\r\n\r\n", "GET http://a.example/ HTTP/2\r\n\r\n", "\r\n\r\n",
        "GET http://a.example/ HTTP/1.1\r\nno colon\r\n\r\n", "GET http://a.example/ HTTP/1.1\r\nHost : x\r\n\r\n",
        "GET http://a.example/ HTTP/1.1\r\n folded: x\r\n\r\n", "GET http://:80/ HTTP/1.1\r\n\r\n"})
    EXPECT_FALSE(parse_proxy_request(head)) << head;
}

TEST(ProxyRequest, ListsHostsPortsAndBlocks) {
  const auto allowlist = entries({"api.example.com:443", "any.example.com", "10.1.0.0/16"});
  EXPECT_TRUE(is_listed(allowlist, "API.example.com", 443));
  EXPECT_TRUE(is_listed(allowlist, "any.example.com", 22));
  EXPECT_TRUE(is_listed(allowlist, "10.1.2.3", 80));
  EXPECT_FALSE(is_listed(allowlist, "api.example.com", 80));
  EXPECT_FALSE(is_listed(allowlist, "sub.any.example.com", 80));
  EXPECT_FALSE(is_listed(allowlist, "10.2.0.1", 80));
  EXPECT_FALSE(is_listed(allowlist, "user@api.example.com", 443));
}

TEST(ProxyRequest, ConnectsToPublicOrListedAddressesAlone) {
  const auto allowlist = entries({"api.example.com", "10.1.0.0/16"});
  EXPECT_TRUE(may_connect(allowlist, "93.184.216.34", 443));
  EXPECT_TRUE(may_connect(allowlist, "10.1.2.3", 443));
  for (const char* address : {"127.0.0.1", "10.2.0.1", "169.254.169.254", "::1", "fd00::1", "::ffff:127.0.0.1",
                              "0.0.0.0", "64:ff9b::7f00:1", "fe80::1%lo", "api.example.com"})
    EXPECT_FALSE(may_connect(allowlist, address, 443)) << address;
}

}  // namespace
}  // namespace lumenflow::sandbox
