#include "agent-runtime/providers/retry_after.h"

#include <gtest/gtest.h>

namespace lumenflow::agent_runtime {
namespace {

std::optional<std::int64_t> wait_of(std::vector<pack::HttpHeader> headers) {
  pack::HttpResponse response;
  response.headers = std::move(headers);
  return retry_after_ms(response, 784'111'777'000);  // 06 Nov 1994 08:49:37
}

TEST(RetryAfter, IsReadInSecondsAsADateAndInMilliseconds) {
  EXPECT_EQ(wait_of({{"retry-after", "7"}}), 7000);
  EXPECT_EQ(wait_of({{"retry-after", "0.5"}}), 500);
  EXPECT_EQ(wait_of({{"retry-after", "7"}, {"retry-after-ms", "250"}}), 250);
  EXPECT_EQ(wait_of({{"retry-after", "Sun, 06 Nov 1994 08:49:47 GMT"}}), 10'000);
  EXPECT_EQ(wait_of({{"retry-after", "Sun, 06 Nov 1994 08:49:47 GMT"}, {"date", "Sun, 06 Nov 1994 08:49:45 GMT"}}),
            2000)
      << "by the other side's clock, where it says it";
  EXPECT_EQ(wait_of({{"retry-after", "Sun, 06 Nov 1994 08:00:00 GMT"}}), 0) << "it is over";
  EXPECT_EQ(wait_of({{"retry-after", "99999999"}}), 7LL * 24 * 3600 * 1000);
}

TEST(RetryAfter, WhatSaysNothingIsNothing) {
  for (const char* text : {"", "soon", "-1", "1e400", "nan", "7 s", "Sun, 31 Feb 1994 08:49:37 GMT",
                           "Sun, 06 Nov 1994 25:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT"})
    EXPECT_EQ(wait_of({{"retry-after", text}}), std::nullopt) << text;
  EXPECT_EQ(http_date_ms("Sun, 06 Nov 1994 08:49:37 GMT"), 784'111'777'000);
}

}  // namespace
}  // namespace lumenflow::agent_runtime
