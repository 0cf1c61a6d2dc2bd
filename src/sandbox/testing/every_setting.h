// HOSTILE(Name) { … world … }: a test under every setting that the machine offers.
#pragma once

#include <gtest/gtest.h>

#include "sandbox/testing/hostile_world.h"

namespace lumenflow::sandbox::testing {

class EverySetting : public ::testing::TestWithParam<Setting> {};

}  // namespace lumenflow::sandbox::testing

#define HOSTILE(suite, name)                                                          \
  static void hostile_##name(lumenflow::sandbox::testing::HostileWorld& world);       \
  TEST_P(suite, name) {                                                               \
    const std::optional<bool> held = testing::in_setting(GetParam(), hostile_##name); \
    if (!held) GTEST_SKIP() << "this machine cannot run it";                          \
    EXPECT_TRUE(*held);                                                               \
  }                                                                                   \
  static void hostile_##name([[maybe_unused]] lumenflow::sandbox::testing::HostileWorld& world)
