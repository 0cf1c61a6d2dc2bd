#include "sidecar/outbound.h"

#include <gtest/gtest.h>

#include "base/network.h"

namespace lumenflow::sidecar {
namespace {

TEST(Outbound, KnowsWhichAddressesArePublic) {
  for (const char* address : {"1.1.1.1", "93.184.216.34", "172.32.0.1", "2606:4700:4700::1111", "::ffff:1.1.1.1",
                              "64:ff9b::101:101", "2002:101:101::1"})
    EXPECT_TRUE(network::is_public_address(address)) << address;
  for (const char* address : {"127.0.0.1",
                              "127.255.0.9",
                              "10.1.2.3",
                              "172.16.0.1",
                              "172.31.255.255",
                              "192.168.1.1",
                              "169.254.169.254",
                              "100.64.0.1",
                              "0.0.0.0",
                              "192.0.2.1",
                              "198.18.0.1",
                              "203.0.113.9",
                              "224.0.0.1",
                              "255.255.255.255",
                              "::1",
                              "::",
                              "fe80::1",
                              "fc00::1",
                              "fd12::1",
                              "ff02::1",
                              "2001:db8::1",
                              "::ffff:127.0.0.1",
                              "::ffff:10.0.0.1",
                              "64:ff9b::7f00:1",
                              "2002:7f00:1::1",
                              "::127.0.0.1",
                              "nonsense",
                              ""})
    EXPECT_FALSE(network::is_public_address(address)) << address;
}

TEST(Outbound, ChecksTheUrlAndTheHost) {
  const auto outbound = make_outbound();
  const auto code = [&](const std::string& url, std::vector<std::string> allowlist) -> std::string {
    pack::HttpRequest request;
    request.url = url;
    request.allowlist = std::move(allowlist);
    const Status status = outbound->check(request);
    return status.ok() ? "" : std::string(name(status.error().code()));
  };
  EXPECT_EQ(code("https://hooks.example.com/x", {"hooks.example.com"}), "");
  EXPECT_EQ(code("https://HOOKS.example.com/x", {"hooks.example.com:443"}), "");
  EXPECT_EQ(code("https://hooks.example.com:8443/x", {"hooks.example.com:443"}), "SCOPE_DENIED");
  EXPECT_EQ(code("https://hooks.example.com.evil.example/x", {"hooks.example.com"}), "SCOPE_DENIED");
  EXPECT_EQ(code("https://evil.example/?hooks.example.com", {"hooks.example.com"}), "SCOPE_DENIED");
  EXPECT_EQ(code("https://10.1.2.3/", {"10.0.0.0/8"}), "");
  EXPECT_EQ(code("https://10.1.2.3/", {}), "SCOPE_DENIED");
  EXPECT_EQ(code("https://167838211/", {"hooks.example.com"}), "SCOPE_DENIED") << "an address in disguise";
  EXPECT_EQ(code("http://hooks.example.com/x", {"hooks.example.com"}), "INVALID_INPUT");
  EXPECT_EQ(code("hooks.example.com", {"hooks.example.com"}), "INVALID_INPUT");
}

}  // namespace
}  // namespace lumenflow::sidecar
