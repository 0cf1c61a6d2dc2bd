#include "kernel/config_difference.h"

#include <gtest/gtest.h>

namespace lumenflow::kernel {
namespace {

constexpr const char* kBefore = R"(id: ws
gates:
  - {id: lint, command: [true]}
  - {id: unit, command: [make, test]}
limits: {rate_per_second: 5}
secrets: {key: hunter}
)";

TEST(ConfigDifference, NamesWhatChangedAndNoValue) {
  EXPECT_EQ(config_difference(kBefore, kBefore + std::string("# a comment\n")), "");
  EXPECT_EQ(config_difference(kBefore, R"(id: ws
gates:
  - {id: lint, command: [sh, -c, 'echo weak']}
  - {id: docs, command: [true]}
limits: {rate_per_second: 5, rate_burst: 9}
secrets: {key: other}
lanes: [{id: wide, title: Wide}]
surfaces: [http]
)"),
            "gates: docs added, lint changed, unit removed; lanes: wide added; limits: rate_burst added; "
            "secrets: key changed; surfaces");
  EXPECT_EQ(config_difference(kBefore, "not: [closed"), "");
}

}  // namespace
}  // namespace lumenflow::kernel
