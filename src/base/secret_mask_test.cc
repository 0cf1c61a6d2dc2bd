#include "base/secret_mask.h"

#include <gtest/gtest.h>

namespace lumenflow {
namespace {

TEST(SecretMask, HidesASecretWhereverThePiecesEnd) {
  const std::string text = "a sk-live-12345678 b sk-live-1234 sk-sk-live-12345678";
  for (std::size_t first = 0; first <= text.size(); ++first) {
    for (std::size_t second = first; second <= text.size(); ++second) {
      SecretMask mask;
      mask.add("sk-live-12345678");
      std::string out = mask.feed(text.substr(0, first));
      out += mask.feed(text.substr(first, second - first));
      out += mask.feed(text.substr(second));
      out += mask.finish();
      ASSERT_EQ(out, "a *** b sk-live-1234 sk-***") << first << " " << second;
    }
  }
}

TEST(SecretMask, PassesOnWhatCannotBeASecretAtOnce) {
  SecretMask mask;
  mask.add("sk-live-12345678");
  EXPECT_EQ(mask.feed("data: hello\n"), "data: hello\n");
  EXPECT_EQ(mask.feed("see sk-li"), "see ");
  EXPECT_EQ(mask.feed("ne"), "sk-line");
  EXPECT_EQ(mask.finish(), "");
}

TEST(SecretMask, HidesTheLongerOfTwoAndNoShortWord) {
  SecretMask mask;
  mask.add("ollama");
  EXPECT_TRUE(mask.empty());
  mask.add("12345678");
  mask.add("12345678-and-more");
  EXPECT_EQ(mask.masked("x 12345678-and-more y 12345678 ollama"), "x *** y *** ollama");
}

}  // namespace
}  // namespace lumenflow
