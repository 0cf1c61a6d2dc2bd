// The conductor's own keys: made once, rotated with overlap, and never used before they are kept.
#include "conductor/keys.h"

#include <gtest/gtest.h>

#include "base/testing/files_above.h"

namespace lumenflow::conductor {
namespace {

// Takes so many more writes, and then none.
class FullFiles final : public FilesAbove {
 public:
  std::size_t room = SIZE_MAX;

  Status write_atomic(const std::string& path, std::string_view content, std::uint32_t mode) override {
    if (room == 0) return Error(ErrorCode::kIo, "no space left on device");
    --room;
    return FilesAbove::write_atomic(path, content, mode);
  }
};

std::vector<std::string> ids(const ConductorKeys& keys) {
  std::vector<std::string> found;
  for (const TokenKey& key : keys.token) found.push_back(key.id);
  return found;
}

TEST(Keys, FormerOnesAreKeptUpToTheirNumberAndFoundAgain) {
  FullFiles files;
  ConductorKeys keys = *open_keys(files, "/keys");
  std::vector<std::string> all = ids(keys);
  for (int i = 0; i < 4; ++i) {
    ASSERT_TRUE(rotate_token_key(files, "/keys", keys).ok());
    all.insert(all.begin(), keys.token.front().id);
  }
  all.resize(kTokenKeysMax);
  EXPECT_EQ(ids(keys), all);
  EXPECT_EQ(ids(*open_keys(files, "/keys")), all);
}

// Law 2: a token must not be signed with a key that the next start does not have.
TEST(Keys, Law2ANewKeySignsOnceItIsKept) {
  for (std::size_t room = 0; room < 2; ++room) {
    FullFiles files;
    ConductorKeys keys = *open_keys(files, "/keys");
    ASSERT_TRUE(rotate_token_key(files, "/keys", keys).ok());
    const std::vector<std::string> before = ids(keys);
    files.room = room;
    EXPECT_FALSE(rotate_token_key(files, "/keys", keys).ok());
    EXPECT_EQ(ids(keys), before) << room;
    files.room = SIZE_MAX;
    const ConductorKeys opened = *open_keys(files, "/keys");
    EXPECT_EQ(opened.token.front().id, before.front()) << room;
    ASSERT_TRUE(rotate_token_key(files, "/keys", keys).ok());
    EXPECT_EQ(ids(*open_keys(files, "/keys")), ids(keys)) << room;
  }
}

}  // namespace
}  // namespace lumenflow::conductor
