#include "http/url.h"

#include <gtest/gtest.h>

namespace lumenflow::http {
namespace {

TEST(Url, GivesTheParts) {
  const Url url = parse_url("https://Hooks.Example.com/a/b%20c?x=1&y=2#part").value();
  EXPECT_EQ(url.scheme, "https");
  EXPECT_EQ(url.host, "hooks.example.com");
  EXPECT_EQ(url.port, 443);
  EXPECT_EQ(url.path, "/a/b%20c?x=1&y=2");
  EXPECT_EQ(url.origin(), "https://hooks.example.com:443");
  EXPECT_EQ(parse_url("http://127.0.0.1:8080")->path, "/");
  EXPECT_EQ(parse_url("https://[fd00::1]:8443/x")->host, "fd00::1");
  EXPECT_EQ(parse_url("https://[fd00::1]:8443/x")->origin(), "https://[fd00::1]:8443");
}

TEST(Url, ShowsTheHostThatWillBeAsked) {
  EXPECT_EQ(parse_url("https://2130706433/")->host, "127.0.0.1") << "an address written as a number";
  EXPECT_EQ(parse_url("https://0x7f.1/")->host, "127.0.0.1");
  EXPECT_EQ(parse_url("https://%6c%6fcalhost/")->host, "localhost");
}

TEST(Url, RefusesWhatIsNoPlainWebAddress) {
  for (const char* text : {"", "hooks.example.com/x", "/x", "ftp://example.com/", "file:///etc/passwd",
                           "https://user@example.com/", "https://user:secret@example.com/", "https://example.com:0/",
                           "https://example.com:99999/", "https://exa mple.com/"})
    EXPECT_FALSE(parse_url(text).ok()) << text;
  EXPECT_FALSE(parse_url(std::string_view("https://a\0b/", 12)).ok());
}

}  // namespace
}  // namespace lumenflow::http
