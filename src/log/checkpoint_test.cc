#include "log/checkpoint.h"

#include <gtest/gtest.h>

#include "log/merkle.h"
#include "log/test_support.h"

namespace lumenflow::log {
namespace {

Ed25519KeyPair key_of(char seed) { return ed25519_from_seed(std::string(32, seed)); }

Head head_of(std::uint64_t size, const std::string& text = "root") { return {"log-a", size, leaf_hash(text)}; }

// docs/formats/log.md, "Checkpoint".
TEST(Checkpoint, GoldenBytes) {
  EXPECT_EQ(sign_checkpoint(head_of(1234), key_of('k')).note,
            "lumenflow/log-a\n1234\nPAb5plclr2BSYfY2ZyyWINQJcx2JpFHXRV/pxK4WeCk=\n\n"
            "\xe2\x80\x94 lumenflow/log-a "
            "fsE1IcvMYlGEX7l6zaXU8UIAZ/eMw2sHC5QwkpFdnxz/JyVtTY+EGYcbrDcKEddK5C3JUZ11Hxccxf3R8yAbYpPdAA8=\n");
}

TEST(Checkpoint, RoundTrips) {
  const Checkpoint written = sign_checkpoint(head_of(7), key_of('k'));
  const auto read = parse_checkpoint(written.note, key_of('k').public_key);
  ASSERT_TRUE(read.ok()) << read.error().to_string();
  EXPECT_EQ(read->head.log_id, "log-a");
  EXPECT_EQ(read->head.size, 7u);
  EXPECT_EQ(read->head.root, head_of(7).root);
  EXPECT_EQ(read->note, written.note);
}

TEST(Checkpoint, AnyChangedByteIsRefused) {
  const std::string note = sign_checkpoint(head_of(7), key_of('k')).note;
  for (std::size_t i = 0; i < note.size(); ++i) {
    for (const char flip : {'\x01', '\x20', '\x80'}) {
      std::string altered = note;
      altered[i] = static_cast<char>(altered[i] ^ flip);
      EXPECT_FALSE(parse_checkpoint(altered, key_of('k').public_key).ok()) << i;
    }
    EXPECT_FALSE(parse_checkpoint(note.substr(0, i), key_of('k').public_key).ok()) << i;
  }
}

TEST(Checkpoint, AnotherKeyIsRefused) {
  const std::string note = sign_checkpoint(head_of(7), key_of('k')).note;
  EXPECT_EQ(code_of(parse_checkpoint(note, key_of('x').public_key)), "INVALID_INPUT");
}

TEST(Checkpoint, CoSignaturesAreCarriedAndEachKeyFindsItsOwn) {
  const std::string ours = sign_checkpoint(head_of(7), key_of('k')).note;
  const std::string theirs = sign_checkpoint(head_of(7), key_of('w')).note;
  const std::string both = ours + theirs.substr(theirs.find("\n\n") + 2);
  EXPECT_TRUE(parse_checkpoint(both, key_of('k').public_key).ok());
  EXPECT_TRUE(parse_checkpoint(both, key_of('w').public_key).ok());
  EXPECT_EQ(parse_checkpoint(both, key_of('k').public_key)->note, both);
  EXPECT_FALSE(parse_checkpoint(both, key_of('z').public_key).ok());
}

TEST(CheckpointStore, KeepsTheLatestAcrossRestarts) {
  const auto files = make_memory_files();
  {
    CheckpointStore store(*files, "/checkpoints", key_of('k'));
    EXPECT_EQ(code_of(store.latest()), "NOT_FOUND");
    ASSERT_TRUE(store.write(head_of(5)).ok());
    ASSERT_TRUE(store.write(head_of(9)).ok());
    EXPECT_EQ(store.latest()->head.size, 9u);
  }
  CheckpointStore store(*files, "/checkpoints", key_of('k'));
  EXPECT_EQ(store.latest()->head.size, 9u);
  EXPECT_EQ(code_of(store.write(head_of(8))), "CONFLICT");
  EXPECT_EQ(code_of(store.write(head_of(9, "fork"))), "CONFLICT");
  EXPECT_EQ(code_of(store.write({"log-b", 10, {}})), "CONFLICT");
  EXPECT_TRUE(store.write(head_of(9)).ok()) << "the same again is no fault";
  EXPECT_TRUE(store.write(head_of(10)).ok());
}

TEST(CheckpointStore, SaysSoWhenTheLatestDoesNotVerify) {
  const auto files = make_memory_files();
  CheckpointStore store(*files, "/checkpoints", key_of('k'));
  ASSERT_TRUE(store.write(head_of(5)).ok());
  ASSERT_TRUE(files->write_atomic("/checkpoints/latest", sign_checkpoint(head_of(4), key_of('x')).note).ok());
  EXPECT_EQ(code_of(store.latest()), "JOURNAL_DAMAGED");
  CheckpointStore reopened(*files, "/checkpoints", key_of('k'));
  EXPECT_EQ(code_of(reopened.write(head_of(6))), "JOURNAL_DAMAGED") << "it does not cover up the fault";
}

TEST(CheckpointStore, KeepsOneEverySoOften) {
  const auto files = make_memory_files();
  CheckpointStore store(*files, "/checkpoints", key_of('k'));
  EXPECT_TRUE(store.all()->empty());
  for (const std::uint64_t size : {100u, 16'384u, 17'000u, 200'000u, 200'001u})
    ASSERT_TRUE(store.write(head_of(size)).ok());
  std::vector<std::uint64_t> sizes;
  const auto all = store.all();
  for (const Checkpoint& kept : *all) sizes.push_back(kept.head.size);
  EXPECT_EQ(sizes, (std::vector<std::uint64_t>{16'384, 200'000, 200'001}));
}

}  // namespace
}  // namespace lumenflow::log
