#include "sidekick/tool_impl/ulid.h"

#include <gtest/gtest.h>

namespace lumenflow::sidekick {
namespace {

TEST(Ulid, FloorStandsBeforeAllOfItsMoment) {
  EXPECT_EQ(ulid_floor(0), "00000000000000000000000000");
  EXPECT_EQ(ulid_floor(1'469'922'850'259), "01ARZ3NDEK0000000000000000") << "the time of the specification's example";
  EXPECT_EQ(ulid_floor(-1), ulid_floor(0));
  EXPECT_EQ(ulid_floor(INT64_MAX), "7ZZZZZZZZZ0000000000000000");
}

TEST(Ulid, NextIsTheOneBehind) {
  EXPECT_EQ(next_ulid("01ARZ3NDEK0000000000000000"), "01ARZ3NDEK0000000000000001");
  EXPECT_EQ(next_ulid("01ARZ3NDEK000000000000000H"), "01ARZ3NDEK000000000000000J") << "there is no I";
  EXPECT_EQ(next_ulid("01ARZ3NDEKZZZZZZZZZZZZZZZZ"), "01ARZ3NDEM0000000000000000");
}

}  // namespace
}  // namespace lumenflow::sidekick
