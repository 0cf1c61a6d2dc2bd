#include "base/sealing.h"

#include <gtest/gtest.h>

namespace lumenflow {
namespace {

const std::string kKey(32, 'k');

TEST(Sealing, OpensWhatItSealedAndNothingElse) {
  SeededRandom random(1);
  for (const std::string& text : {std::string(), std::string("hunter2"), std::string(100'000, 'x')}) {
    const std::string sealed = seal(text, kKey, random);
    EXPECT_EQ(sealed.find("hunter2"), std::string::npos);
    EXPECT_NE(seal(text, kKey, random), sealed);
    ASSERT_TRUE(unseal(sealed, kKey).ok());
    EXPECT_EQ(*unseal(sealed, kKey), text);
    EXPECT_FALSE(unseal(sealed, std::string(32, 'l')).ok());
  }
  std::string sealed = seal("hunter2", kKey, random);
  sealed[40] = sealed[40] == 'A' ? 'B' : 'A';
  EXPECT_FALSE(unseal(sealed, kKey).ok());
  EXPECT_FALSE(unseal("AAAA", kKey).ok());
  EXPECT_FALSE(unseal("no base64!", kKey).ok());
}

}  // namespace
}  // namespace lumenflow
