#include <gtest/gtest.h>

#include "json/schema.h"

namespace lumenflow::json {
namespace {

void expect(const char* format, const std::vector<std::string>& valid, const std::vector<std::string>& invalid) {
  for (const std::string& text : valid)
    EXPECT_TRUE(matches_format(format, text)) << format << " should accept " << text;
  for (const std::string& text : invalid)
    EXPECT_FALSE(matches_format(format, text)) << format << " should refuse " << text;
}

TEST(Format, Dates) {
  expect("date", {"2026-03-01", "2024-02-29", "2000-02-29"},
         {"2026-02-29", "1900-02-29", "2026-13-01", "2026-00-01", "2026-04-31", "2026-4-01", "2026-03-01T", "",
          "२०२६-03-01"});
  expect("time", {"12:00:00Z", "23:59:60Z", "00:59:60+01:00", "12:00:00.123456789-08:00", "12:00:00z"},
         {"24:00:00Z", "12:60:00Z", "12:00:61Z", "22:59:60Z", "12:00:00", "12:00:00.Z", "12:00:00+24:00", "12:00Z",
          "1:00:00Z"});
  expect("date-time", {"2026-03-01T12:00:00Z", "2026-03-01t12:00:00.5+02:00", "1998-12-31T23:59:60Z"},
         {"2026-03-01 12:00:00Z", "2026-03-01", "2026-03-01T12:00:00", "2026-02-30T12:00:00Z"});
}

TEST(Format, Mail) {
  expect("email",
         {"ana@example.com", "a.b+c@x", "\"a b\\\"c@d\"@example.com", "a@[127.0.0.1]", "a@[IPv6:::1]", "!#$%@x"},
         {"ana", "@x", "ana@", ".a@x", "a.@x", "a..b@x", "a b@x", "a@-x", "a@[127.0.0.300]", "\"a@x", "a@[x", "é@x",
          std::string(65, 'a') + "@x"});
}

TEST(Format, HostsAndAddresses) {
  expect("hostname", {"localhost", "a-1.example.com", "1.2.3.4", std::string(63, 'a')},
         {"", ".", "a.", "-a", "a-", "a..b", "a_b", "é", std::string(64, 'a'), std::string(254, 'a')});
  expect("ipv4", {"0.0.0.0", "255.255.255.255", "127.0.0.1"},
         {"256.0.0.1", "1.2.3", "1.2.3.4.5", "01.2.3.4", "1.2.3.", "1.2.3.4 ", "a"});
  expect("ipv6", {"::", "::1", "1::", "fe80::1:2", "1:2:3:4:5:6:7:8", "::ffff:1.2.3.4", "1:2:3:4:5:6:1.2.3.4"},
         {"", ":", ":::", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1::2::3",
          "12345::", "g::", "1:2:3:4:5:6:7:", ":1:2:3:4:5:6:7", "::1.2.3", "1.2.3.4", "::1%eth0", "1:2:3:4:5:6:7::8"});
}

TEST(Format, Uris) {
  expect("uri",
         {"http://example.com/a?b#c", "urn:uuid:x", "mailto:a@b", "http://u:p@[::1]:80/", "file:///a",
          "a:", "http://x/%20", "http://[v1.a:b]/"},
         {"", "/a", "a/b", "//x", "1a:b", "http://x/ y", "http://x/%2", "http://x/<a>", "http://x:8a/", "http://[::1",
          "http://x/é", "http://x/\\", "http://[v.a]/", "http://a[b/"});
}

TEST(Format, Others) {
  expect("uuid", {"2eb8aa08-aa98-11ea-b4aa-73b441d16380", "2EB8AA08-AA98-11EA-B4AA-73B441D16380"},
         {"2eb8aa08-aa98-11ea-b4aa-73b441d1638", "2eb8aa08aa9811eab4aa73b441d16380",
          "2eb8aa08-aa98-11ea-b4aa-73b441d1638g", "2eb8aa08a-a98-11ea-b4aa-73b441d16380"});
  expect("regex", {"^a+$", "[^]"}, {"(", "(?=a)", "\\a"});
  expect("json-pointer", {"", "/", "/a~0b~1c", "/a/0"}, {"a", "#/a", "/~", "/~2"});
}

TEST(Format, UnknownNamesAreAnnotations) { expect("x-own", {"", "anything"}, {}); }

TEST(Format, IsAssertedOnlyWhenAsked) {
  const Value schema = Object{{"format", "date"}};
  EXPECT_TRUE(Schema::compile(schema)->accepts("x"));
  SchemaOptions options;
  options.assert_format = true;
  EXPECT_FALSE(Schema::compile(schema, options)->accepts("x"));
  EXPECT_TRUE(Schema::compile(schema, options)->accepts(1));
  EXPECT_TRUE(Schema::compile(Object{{"format", "iri"}}, options)->accepts("x"));
}

}  // namespace
}  // namespace lumenflow::json
