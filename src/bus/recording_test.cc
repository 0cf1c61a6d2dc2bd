// The recording's bytes: golden, lossless in JSON, strict, and readable up to where they break off.
#include "bus/recording_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/encoding.h"
#include "bus/fact.h"
#include "bus/frame_writer.h"

namespace lumenflow::bus {
namespace {

using ::testing::HasSubstr;

Frame frame_of(std::uint64_t tick) {
  FactWriter ingress;
  ingress.begin(FactKind::kNow);
  ingress.difference(1'772'366'400'000);
  Frame frame;
  frame.tick = tick;
  frame.manifest_hash = "6518cbf9";
  frame.issued_at = 1'772'366'400'000;
  frame.events.push_back({1, 1, "kernel:call-finished", R"({"outcome":"success"})"});
  frame.ingress = ingress.bytes();
  frame.rows.push_back({7, {R"({"type":"call.requested"})", "not JSON"}, sha256("body")});
  frame.writes = sha256("writes");
  return frame;
}

std::string recording_of(std::uint64_t frames, bool ended = true) {
  RecordingEncoder encoder;
  std::string out = encoder.add(RecordingHeader{json::Object{{"format", "lumenflow-recording/1"}}});
  for (std::uint64_t tick = 1; tick <= frames; ++tick) out += encoder.add(frame_of(tick));
  if (!ended) return out;
  out += encoder.add(Checkpoint{frames, sha256("state"), "6518cbf9", "ab"});
  return out + encoder.add(RecordingEnd{frames, "the session is over", {"nothing else"}});
}

std::vector<RecordingBlock> blocks_of(RecordingReader& reader) {
  std::vector<RecordingBlock> blocks;
  for (;;) {
    auto block = reader.next();
    EXPECT_TRUE(block.ok());
    if (!block.ok() || !*block) return blocks;
    blocks.push_back(**std::move(block));
  }
}

// Whoever records writes frames piece by piece; they are the same bytes.
TEST(RecordingFormat, AFrameWrittenInPiecesHasTheSameBytes) {
  Frame whole = frame_of(3);
  whole.issued_at = -5;
  whole.rows.push_back({9, {"alone"}, {}});
  FrameEvents events;
  FrameRows rows;
  for (int round = 0; round < 2; ++round) {  // what was cleared is as new
    events.clear();
    rows.clear();
    events.add(1, 1, "kernel:call-finished", {whole.events[0].payload});
    rows.add(7, whole.rows[0].entries, "body");
    rows.add(9, whole.rows[1].entries, "");
    ByteBuffer out;
    out.append("what is there already");
    const std::size_t before = out.size();
    const FrameBlock block =
        append_frame_block({3, whole.manifest_hash, whole.issued_at, &events, whole.ingress, &rows}, out);
    EXPECT_EQ(block.at, before);
    EXPECT_EQ(block.at + block.size, out.size());
    ASSERT_EQ(rows.to_hash().size(), 1u);
    EXPECT_EQ(rows.bodies(), "body");
    std::ranges::copy(as_chars(sha256("body")), out.data() + block.rows_at + rows.to_hash()[0].hash_at);
    std::ranges::copy(as_chars(whole.writes), out.data() + block.writes_at);
    RecordingEncoder one, other;
    one.seal({out.data() + block.at, block.size});
    EXPECT_EQ(to_hex(as_bytes(std::string(kRecordingMagic).append(out.view().substr(block.at)))),
              to_hex(as_bytes(other.add(whole))));
  }
}

// docs/formats/recording.md has these bytes.
TEST(RecordingFormat, HasGoldenBytes) {
  RecordingEncoder encoder;
  EXPECT_EQ(to_hex(as_bytes(encoder.add(RecordingHeader{json::Object{{"format", "lumenflow-recording/1"}}}))),
            "4c4d46524543000100220000007b22666f726d6174223a226c756d656e666c6f772d7265636f7264696e672f31227d99e4a1"
            "9df0d020b8390458067e2259c1b6822a3fb75aeecc8cf9abcea6ba58a9");
  EXPECT_EQ(to_hex(as_bytes(encoder.add(frame_of(3)))),
            "01ac00000003363531386362663980a8a8949567010101146b65726e656c3a63616c6c2d66696e6973686564157b226f7574"
            "636f6d65223a2273756363657373227d08a003809494caca33010702197b2274797065223a2263616c6c2e72657175657374"
            "6564227d086e6f74204a534f4e230d8358dc8e8890b4c58deeb62912ee2f20357ae92a5cc861b98e68fe31acb5531995e8b5"
            "2db462df5a6b23a5f7af4d5c57415a397438b002364edebcdc1e14d1f33a867627a0550dc1c539d20ccf32c278d9a0541725"
            "ca7d72c1b6aca7c775");
  EXPECT_EQ(to_hex(as_bytes(encoder.add(Checkpoint{3, sha256("state"), "6518cbf9", "ab"}))),
            "022d000000034ba69735ca53765ed6a709edb56c6ea236b7193a3b29a6b390c346f0f4340e4e083635313863626639026162"
            "7941714108fd57711520a2e5c8780808f98e22afe5903ad12c9621e0a6943dba");
  EXPECT_EQ(to_hex(as_bytes(encoder.add(RecordingEnd{1, "over", {}}))),
            "032e0000007b226672616d6573223a312c226e6f745f6361707475726564223a5b5d2c22726561736f6e223a226f76657222"
            "7ddb3a1da4e5d72578153cb7101ef958e5802f80829b948a823fae4ba668e83142");
}

TEST(RecordingFormat, IsReadBackAsItWasWritten) {
  const std::string bytes = recording_of(3);
  auto reader = RecordingReader::open(bytes);
  ASSERT_TRUE(reader.ok());
  const std::vector<RecordingBlock> blocks = blocks_of(*reader);
  ASSERT_EQ(blocks.size(), 5u);
  RecordingEncoder encoder;
  std::string again = encoder.add(reader->header());
  for (const RecordingBlock& block : blocks) again += encoder.add(block);
  EXPECT_EQ(again, bytes);
  EXPECT_FALSE(reader->torn());
  EXPECT_EQ(std::get<RecordingEnd>(blocks.back()).not_captured.front(), "nothing else");
}

TEST(RecordingFormat, JsonOfAFrameLosesNothing) {
  Frame frame = frame_of(3);
  frame.events.push_back({2, 0, "a:b", R"({"text":"alone"})"});
  frame.events.push_back({3, 0, "a:b", "12"});
  const auto view = to_json(frame);
  ASSERT_TRUE(view.ok());
  const auto parsed = json::parse(json::serialize(*view));
  ASSERT_TRUE(parsed.ok());
  const auto again = frame_from_json(*parsed);
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(encode(*again), encode(frame));
}

TEST(RecordingFormat, ATornTailIsReadUpToTheLastWholeBlock) {
  const std::string whole = recording_of(3, false), before = recording_of(2, false);
  for (std::size_t size = before.size(); size < whole.size(); ++size) {
    const std::string bytes = whole.substr(0, size);
    auto reader = RecordingReader::open(bytes);
    ASSERT_TRUE(reader.ok());
    EXPECT_EQ(blocks_of(*reader).size(), 2u) << size;
    EXPECT_TRUE(reader->torn());
    EXPECT_EQ(reader->last_tick(), 2u);
  }
}

TEST(RecordingFormat, AChangedBlockIsNamed) {
  std::string bytes = recording_of(3);
  bytes[recording_of(1, false).size() + 20] ^= 1;
  auto reader = RecordingReader::open(bytes);
  ASSERT_TRUE(reader.ok());
  ASSERT_TRUE(reader->next().ok());
  const auto refused = reader->next();
  ASSERT_FALSE(refused.ok());
  EXPECT_THAT(refused.error().message(), HasSubstr("after the frame of tick 1, is not what was written"));
}

TEST(RecordingFormat, RefusesWhatIsNoRecordingAndWhatIsOfALaterVersion) {
  EXPECT_EQ(RecordingReader::open("").error().code(), ErrorCode::kInvalidInput);
  EXPECT_EQ(RecordingReader::open("LMFREC").error().code(), ErrorCode::kInvalidInput);
  std::string later = recording_of(1);
  later[7] = 2;
  EXPECT_EQ(RecordingReader::open(later).error().code(), ErrorCode::kUnsupportedFormat);
  EXPECT_FALSE(RecordingReader::open(recording_of(1).substr(0, 20)).ok());
}

TEST(FirstDifference, IsAPointerAndDoesNotMindTheOrderOfMembers) {
  const auto difference = [](const char* before, const char* after) {
    const auto found = first_difference(*json::parse(before), *json::parse(after));
    return found.empty() ? std::string("none")
                         : found.front().pointer + " " + found.front().before + " " + found.front().after;
  };
  EXPECT_EQ(difference(R"({"a":1,"b":[1,{"c/d":2}]})", R"({"b":[1,{"c/d":2}],"a":1})"), "none");
  EXPECT_EQ(difference(R"({"a":1,"b":[1,{"c/d":2}]})", R"({"b":[1,{"c/d":3}],"a":1})"), "/b/1/c~1d 2 3");
  EXPECT_EQ(difference("[1]", "[1,2]"), "/1 nothing 2");
  EXPECT_EQ(difference("{}", R"({"a":null})"), "/a nothing null");
}

}  // namespace
}  // namespace lumenflow::bus
