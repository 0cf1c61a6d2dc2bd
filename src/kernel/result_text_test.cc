#include "kernel/result_text.h"

#include <gtest/gtest.h>

#include "json/canonical.h"

namespace lumenflow::kernel {
namespace {

std::string milliseconds(std::int64_t us) {
  std::string out;
  append_milliseconds(us, out);
  return out;
}

TEST(ResultText, MillisecondsAreExactAndCanonical) {
  EXPECT_EQ(milliseconds(0), "0");
  EXPECT_EQ(milliseconds(-5), "0");
  EXPECT_EQ(milliseconds(103), "0.103");
  EXPECT_EQ(milliseconds(1'500), "1.5");
  EXPECT_EQ(milliseconds(2'010), "2.01");
  EXPECT_EQ(milliseconds(30'000'000), "30000");
  for (const std::int64_t us : {1, 10, 999, 1'001, 123'456'789})
    EXPECT_EQ(*json::canonical(*json::parse(milliseconds(us))), milliseconds(us));
}

TEST(ResultText, CarriesItsMetadata) {
  EXPECT_EQ(with_metadata(success_text(R"({"a":1})", {}), ReceiptId("rcpt-1"), 1'250),
            R"({"data":{"a":1},"success":true,"metadata":{"duration_ms":1.25,"receipt_id":"rcpt-1"}})");
  EXPECT_EQ(failure_text("NOT_FOUND", "no", {}), R"({"error":{"code":"NOT_FOUND","message":"no"},"success":false})");
}

}  // namespace
}  // namespace lumenflow::kernel
