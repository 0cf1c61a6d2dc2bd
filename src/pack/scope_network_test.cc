#include "base/network.h"

#include <gmock/gmock.h>

#include "pack/scope.h"

namespace lumenflow::pack {
namespace {

using network::parse_entry;
using testing::ElementsAre;
using testing::UnorderedElementsAre;

Scope net(NetworkPosture posture, std::vector<std::string> allowlist = {}) {
  Scope scope;
  scope.type = Scope::Type::kNetwork;
  scope.posture = posture;
  scope.allowlist = std::move(allowlist);
  return scope;
}
Scope list(std::vector<std::string> entries) { return net(NetworkPosture::kAllowlist, std::move(entries)); }
const Scope kFull = net(NetworkPosture::kFull), kOff = net(NetworkPosture::kOff);

ScopeLayer layer_of(std::string name, std::vector<Scope> scopes) { return {std::move(name), std::move(scopes)}; }

std::string both(const char* a, const char* b) {
  const auto out = network::intersect(parse_entry(a).value(), parse_entry(b).value());
  return out ? network::to_string(*out) : "";
}

TEST(AllowlistEntry, ReadsHostsAddressesAndBlocks) {
  for (const auto& [text, normal] :
       {std::pair{"API.Example.com.", "api.example.com"}, std::pair{"api.example.com:443", "api.example.com:443"},
        std::pair{"10.0.0.1", "10.0.0.1"}, std::pair{"10.0.0.1:80", "10.0.0.1:80"},
        std::pair{"10.0.0.0/8", "10.0.0.0/8"}, std::pair{"::1", "::1"}, std::pair{"[::1]:80", "[::1]:80"},
        std::pair{"fd00::/8", "fd00::/8"}, std::pair{"0.0.0.0/0", "0.0.0.0/0"}, std::pair{"localhost", "localhost"}}) {
    ASSERT_TRUE(parse_entry(text)) << text;
    EXPECT_EQ(network::to_string(*parse_entry(text)), normal);
  }
}

TEST(AllowlistEntry, RefusesTheRest) {
  for (const char* text : {"",
                           "*",
                           "*.example.com",
                           "http://example.com",
                           "example.com/path",
                           "example.com:0",
                           "example.com:65536",
                           "example.com:",
                           "a b",
                           "-a.com",
                           "a-.com",
                           "a..b",
                           "1.2.3",
                           "1.2.3.4.5",
                           "999.1.1.1",
                           "10.0.0.1/8",
                           "10.0.0.0/33",
                           "10.0.0.0/-1",
                           "10.0.0.0/",
                           "::/129",
                           "[::1",
                           "[10.0.0.1]:80",
                           "[example.com]:80",
                           "exämple.com"})
    EXPECT_FALSE(parse_entry(text)) << text;
  EXPECT_FALSE(parse_entry(std::string(64, 'a') + ".com"));
}

TEST(AllowlistEntry, IntersectionIsTheNarrowerOfBoth) {
  EXPECT_EQ(both("a.com", "A.com:443"), "a.com:443");
  EXPECT_EQ(both("a.com:80", "a.com:443"), "");
  EXPECT_EQ(both("a.com", "b.com"), "");
  EXPECT_EQ(both("10.0.0.0/8", "10.1.0.0/16"), "10.1.0.0/16");
  EXPECT_EQ(both("10.0.0.0/8", "10.1.2.3:80"), "10.1.2.3:80");
  EXPECT_EQ(both("10.0.0.0/8", "11.0.0.0/8"), "");
  EXPECT_EQ(both("fd00::/8", "[fd12::1]:1"), "[fd12::1]:1");
  EXPECT_EQ(both("::ffff:10.0.0.1", "10.0.0.0/8"), "10.0.0.1");
}

TEST(AllowlistEntry, ABlockOfOneFamilyHoldsNothingOfTheOtherAndNoNames) {
  EXPECT_EQ(both("::/0", "10.0.0.1"), "");
  EXPECT_EQ(both("0.0.0.0/0", "::1"), "");
  EXPECT_EQ(both("0.0.0.0/0", "a.com"), "");
  EXPECT_EQ(both("::/0", "a.com"), "");
}

TEST(NetworkScope, SurvivesOnlyWhenEveryLayerLeavesAHost) {
  const Scope wanted = list({"a.com:443", "b.com"});
  EXPECT_TRUE(check_scopes({wanted}, {layer_of("workspace", {kFull}), layer_of("tool", {list({"b.com:80"})})}).granted);
  const ScopeVerdict off = check_scopes({wanted}, {layer_of("workspace", {kOff})});
  EXPECT_FALSE(off.granted);
  EXPECT_EQ(off.layer, "workspace");
  EXPECT_EQ(off.scope, "network allowlist a.com:443 b.com");
  EXPECT_EQ(check_scopes({wanted}, {layer_of("workspace", {kFull}), layer_of("lane:x", {list({"c.com"})})}).layer,
            "lane:x");
  // One list each leaves something of the other, all three together leave nothing.
  EXPECT_EQ(check_scopes({wanted}, {layer_of("1", {list({"a.com"})}), layer_of("2", {list({"b.com"})})}).layer, "2");
  EXPECT_FALSE(check_scopes({wanted}, {layer_of("silent", {})}).granted);
}

TEST(NetworkScope, FullIsContentWithWhatIsLeftAndOffNeedsNothing) {
  EXPECT_TRUE(check_scopes({kFull}, {layer_of("workspace", {list({"a.com"})})}).granted);
  EXPECT_FALSE(check_scopes({kFull}, {layer_of("workspace", {kOff})}).granted);
  EXPECT_TRUE(check_scopes({kOff}, {layer_of("workspace", {kOff})}).granted);
  EXPECT_FALSE(check_scopes({list({})}, {}).granted);
}

TEST(NetworkScope, ALayerGrantsTheUnionOfItsScopes) {
  EXPECT_TRUE(network_allowed("b.com", 1, {layer_of("w", {kOff, list({"a.com"}), list({"b.com"})})}));
  EXPECT_TRUE(network_allowed("c.com", 1, {layer_of("w", {list({"a.com"}), kFull})}));
}

TEST(NetworkAllowed, NeedsEveryLayer) {
  const std::vector<ScopeLayer> layers{layer_of("w", {list({"a.com", "10.0.0.0/8"})}),
                                       layer_of("t", {list({"a.com:443", "10.1.0.0/16"})})};
  EXPECT_TRUE(network_allowed("A.com", 443, layers));
  EXPECT_TRUE(network_allowed("10.1.2.3", 80, layers));
  EXPECT_FALSE(network_allowed("a.com", 80, layers));
  EXPECT_FALSE(network_allowed("10.2.2.3", 80, layers));
  for (const char* host : {"", "b.com", "a.com:443", "a.com.evil.org", "10.1.0.0/16", "0x0a010203"})
    EXPECT_FALSE(network_allowed(host, 443, layers)) << host;
}

TEST(EffectiveNetwork, IsTheLeastPostureAndTheIntersection) {
  const Scope left = effective_network(list({"a.com", "b.com"}),
                                       {layer_of("w", {kFull}), layer_of("t", {list({"a.com:443", "c.com"})})});
  EXPECT_EQ(left.posture, NetworkPosture::kAllowlist);
  EXPECT_THAT(left.allowlist, ElementsAre("a.com:443"));
  EXPECT_THAT(effective_network(kFull, {layer_of("w", {list({"a.com", "b.com"})})}).allowlist,
              UnorderedElementsAre("a.com", "b.com"));
  EXPECT_EQ(effective_network(kFull, {layer_of("w", {kFull})}).posture, NetworkPosture::kFull);
  EXPECT_EQ(effective_network(list({"a.com"}), {layer_of("w", {list({"b.com"})})}).posture, NetworkPosture::kOff);
  EXPECT_EQ(effective_network(kFull, {layer_of("w", {})}).posture, NetworkPosture::kOff);
}

}  // namespace
}  // namespace lumenflow::pack
