// A session is recorded and run again to the same bytes; what differs is found where it first does.
#include "kernel/replay.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <semaphore>

#include "base/encoding.h"
#include "bus/fact.h"
#include "kernel/testing/recorded_session.h"

namespace lumenflow::kernel {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

std::string said(const ReplayReport& report) {
  if (!report.difference) return "nothing differs";
  return "tick " + std::to_string(report.difference->tick) + " " + report.difference->pointer + " (" +
         report.difference->event + "): " + report.difference->what;
}

ReplayReport replayed(const std::string& recording, const ReplayOptions& options) {
  Result<ReplayReport> report = replay(recording, options);
  EXPECT_TRUE(report.ok()) << report.error().to_string();
  return report.ok() ? *std::move(report) : ReplayReport{};
}

std::vector<bus::Frame> frames_of(const std::string& recording) {
  std::vector<bus::Frame> frames;
  auto reader = bus::RecordingReader::open(recording);
  EXPECT_TRUE(reader.ok());
  for (;;) {
    auto block = reader->next();
    if (!block.ok() || !*block) return frames;
    if (auto* frame = std::get_if<bus::Frame>(&**block)) frames.push_back(std::move(*frame));
  }
}

// The same blocks, with some frames changed, sealed anew: what a careful forger would make.
std::string forged(const std::string& recording, const std::function<void(std::size_t, bus::Frame&)>& change) {
  auto reader = bus::RecordingReader::open(recording);
  bus::RecordingEncoder encoder;
  std::string out = encoder.add(reader->header());
  std::size_t index = 0;
  for (;;) {
    auto block = reader->next();
    if (!block.ok() || !*block) return out;
    if (auto* frame = std::get_if<bus::Frame>(&**block)) change(index++, *frame);
    out += encoder.add(**block);
  }
}

class KeepingSink final : public RecordingSink {
 public:
  explicit KeepingSink(std::string& bytes) : bytes_(bytes) {}
  Status write(std::string_view bytes) override { return bytes_.append(bytes), Status(); }
  Status sync() override { return {}; }

 private:
  std::string& bytes_;  // the test's; read once the recorder's threads are done
};

int sessions_wanted() {
  const char* wanted = std::getenv("LUMENFLOW_RECORDED_SESSIONS");
  return wanted == nullptr ? 40 : std::atoi(wanted);
}

// The strand fills the same frame again and again: what it hands over is a copy. It is more than one thread can have
// written by the time, so that both do.
TEST(Recorder, CopiesWhatItTakes) {
  std::string bytes;
  Recorder recorder(std::make_unique<KeepingSink>(bytes),
                    json::Object{{"format", "lumenflow-recording/1"}, {"manifest_hash", "811c9dc5"}});
  RawFrame frame;
  for (std::uint64_t tick = 1; tick <= 300; ++tick) {
    frame.clear();
    frame.tick = tick;
    frame.ingress.append(std::string(static_cast<std::size_t>(tick) * 50, static_cast<char>(0x80)));
    ASSERT_TRUE(recorder.take(frame));
    EXPECT_EQ(frame.ingress.size(), tick * 50);
  }
  EXPECT_FALSE(recorder.is_over());
  recorder.end("it is over", {});
  recorder.finish();
  EXPECT_TRUE(recorder.is_over());
  const std::vector<bus::Frame> frames = frames_of(bytes);
  ASSERT_EQ(frames.size(), 300u);
  for (std::uint64_t tick = 1; tick <= 300; ++tick) {
    EXPECT_EQ(frames[tick - 1].tick, tick);
    EXPECT_EQ(frames[tick - 1].ingress.size(), tick * 50);
  }
  EXPECT_EQ(recorder.state().frames, 300u);
  EXPECT_EQ(recorder.state().bytes, bytes.size());
}

TEST(FrameChunk, KeepsItsMemoryAndNothingElse) {
  RawFrame frame;
  frame.rows.add(1, {"entry"}, "body");
  frame.writes.append("written");
  frame.state = "state";
  FrameChunk chunk;
  FrameMaker maker("00000000", "digest"), other("00000000", "digest");
  const auto made = [&frame, &chunk](FrameMaker& by) {
    std::string out;
    chunk.add(frame, by.manifest_hash());
    by.make(chunk, SIZE_MAX, [&](std::span<char> block, const std::optional<bus::Checkpoint>& checkpoint) {
      out.append(block.data(), block.size()).append(as_chars(checkpoint.value().state));
    });
    chunk.clear();
    return out;
  };
  const std::string first = made(maker);
  const std::size_t room = chunk.capacity();
  EXPECT_TRUE(chunk.empty());
  EXPECT_EQ(made(other), first);
  EXPECT_NE(made(other), first);  // its checkpoint is of all that was written so far
  EXPECT_EQ(chunk.capacity(), room);
}

TEST(Replay, Law7TheSameIngressGivesTheSameFrames) {
  const ReplayOptions options = session_replay_options();
  std::uint64_t events = 0;
  for (int seed = 0; seed < sessions_wanted(); ++seed) {
    const std::string recording = record_session(static_cast<std::uint64_t>(seed));
    const ReplayReport report = replayed(recording, options);
    ASSERT_FALSE(report.difference) << "seed " << seed << ": " << said(report);
    ASSERT_EQ(report.remade == recording, true) << "seed " << seed;
    ASSERT_GT(report.frames, 0u) << "seed " << seed;
    ASSERT_FALSE(report.torn);
    std::uint64_t captured = 0;
    for (const bus::Frame& frame : frames_of(recording)) captured += frame.events.size();
    ASSERT_GT(captured, 0u) << "seed " << seed;
    events += captured;
  }
  RecordProperty("events", std::to_string(events));
}

// The sessions would prove little if what they are to show were not in them.
TEST(Replay, SessionsHoldTurnsAutomationsProgramsAndRequests) {
  std::string all;
  for (std::uint64_t seed = 0; seed < 20; ++seed) all += record_session(seed, 60);
  for (const char* subject : {"ws-42:turn:", "ws-42:automation:session.on-said", "ws-42:automation:session.on-primed",
                              "ws-42:automation:session.on-end", "ws-42:routine:routine-A"})
    EXPECT_NE(all.find(std::string(R"("subject":")") + subject), std::string::npos) << subject;
  for (const char* said :
       {R"("tool":"session:run")", R"("tool":"session:fetch")", R"("tool":"session:weigh")", R"("weighed":")",
        "session:core-primed", "a box", "page of https://example.invalid/", "LIMIT_EXCEEDED"})
    EXPECT_NE(all.find(said), std::string::npos) << said;
}

TEST(Replay, WhatAnEventsSchemaCallsWriteOnlyIsInNoRecording) {
  RecordedWorld session(7);
  session.begin();
  session.world.call("session:add", json::Object{{"n", 5}});
  const std::string recording = session.end();
  EXPECT_NE(recording.find(R"("n":5,"phrase":"hmac-sha256:)"), std::string::npos) << "it was said all the same";
  EXPECT_EQ(recording.find("open-the-lock-slowly"), std::string::npos);
  EXPECT_EQ(recording.find("40414041"), std::string::npos);
  EXPECT_EQ(session.world.bytes().find("open-the-lock-slowly"), std::string::npos);
  const ReplayReport report = replayed(recording, session.replay_options());
  EXPECT_FALSE(report.difference) << said(report);
}

TEST(Replay, EventsThatAFullBusChannelLostAreNamedAsNotCaptured) {
  RecordedWorld session(7);
  session.begin();
  // Each call may fill the channel, and all end in one batch.
  for (int i = 0; i < 3; ++i)
    session.world.submit("session:burst", json::Object{{"n", 3}}, {}, [](const CallResult&) {});
  session.world.settle();
  EXPECT_EQ(session.world.kernel->bell().overflows().at("session:core-brief"), 5u);
  const ReplayReport report = replayed(session.end(), session.replay_options());
  EXPECT_FALSE(report.difference) << said(report);
  EXPECT_THAT(report.unverified, ::testing::Contains(HasSubstr("5 events of session:core-brief")));
}

// What one compiler's build recorded, the other's replays: with LUMENFLOW_RECORDINGS_OUT a build leaves its recordings
// in a folder, and with LUMENFLOW_RECORDINGS_IN it takes those that are there (scripts/test).
TEST(Replay, RecordingsOfAnotherBuildGiveTheSameFrames) {
  const char* const out = std::getenv("LUMENFLOW_RECORDINGS_OUT");
  const char* const in = std::getenv("LUMENFLOW_RECORDINGS_IN");
  if (out == nullptr && in == nullptr) GTEST_SKIP() << "no other build";
  const ReplayOptions options = session_replay_options();
  int replays = 0;
  for (int seed = 0; seed < sessions_wanted(); ++seed) {
    const std::string name = "session-" + std::to_string(seed) + ".lfrec";
    if (out != nullptr) {
      std::ofstream file(std::filesystem::path(out) / name, std::ios::binary);
      file << record_session(static_cast<std::uint64_t>(seed));
    }
    if (in == nullptr) continue;
    std::ifstream file(std::filesystem::path(in) / name, std::ios::binary);
    const std::string recording{std::istreambuf_iterator<char>(file), {}};
    if (recording.empty()) continue;
    const ReplayReport report = replayed(recording, options);
    ASSERT_FALSE(report.difference) << name << ": " << said(report);
    ASSERT_EQ(report.remade == recording, true) << name;
    ++replays;
  }
  if (in != nullptr) {
    ASSERT_GT(replays, 0) << "there are no recordings in " << in;
  }
}

TEST(Replay, TwiceIsTheSame) {
  const std::string recording = record_session(1);
  const ReplayOptions options = session_replay_options();
  EXPECT_EQ(replayed(recording, options).remade, replayed(recording, options).remade);
}

TEST(Replay, ALongSessionHasCheckpointsThatHold) {
  const std::string recording = record_session(7, 400);
  const ReplayReport report = replayed(recording, session_replay_options());
  EXPECT_FALSE(report.difference) << said(report);
  EXPECT_GT(report.checkpoints, 1u);
}

TEST(Replay, NoSecretIsInARecording) {
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    const std::string recording = record_session(seed, 120);
    EXPECT_EQ(recording.find("AKIAIOSFODNN7EXAMPLE"), std::string::npos) << seed;
    EXPECT_EQ(recording.find("hunter"), std::string::npos) << seed;
    EXPECT_EQ(recording.find("\"tk-"), std::string::npos) << seed;
    EXPECT_EQ(recording.find(std::string(32, 'k')), std::string::npos) << seed;
  }
}

TEST(Replay, WhatIsSealedIsSaidToBeUnverified) {
  RecordedWorld session(3);
  session.begin();
  (void)session.world.call("session:add", json::Object{{"n", 1}, {"password", "hunter"}});
  const ReplayReport report = replayed(session.end(), session.replay_options());
  EXPECT_FALSE(report.difference) << said(report);
  ASSERT_EQ(report.unverified.size(), 1u);
  EXPECT_THAT(report.unverified.front(), HasSubstr("the input of session:add (rcpt-"));
}

TEST(Replay, RunsNoCodeOfPacksAndStopsWhereItIsTold) {
  const std::string recording = record_session(5);
  ReplayOptions options = session_replay_options();
  const std::uint64_t third = frames_of(recording).at(2).tick;
  options.until = third;
  std::vector<std::uint64_t> ticks;
  options.on_frame = [&ticks](const bus::Frame& frame) { ticks.push_back(frame.tick); };
  const ReplayReport report = replayed(recording, options);
  EXPECT_EQ(report.frames, 3u);
  EXPECT_EQ(ticks.back(), third);
}

TEST(Replay, AnyChangedByteIsFoundAtItsFrame) {
  const std::string recording = record_session(2, 12);
  const ReplayOptions options = session_replay_options();
  auto reader = bus::RecordingReader::open(recording);
  std::vector<std::pair<std::size_t, std::uint64_t>> starts;  // of blocks, and the tick of the frame before
  for (;;) {
    starts.emplace_back(reader->offset(), reader->last_tick());
    auto block = reader->next();
    if (!block.ok() || !*block) break;
  }
  std::size_t which = 0;
  for (std::size_t at = starts.front().first; at < starts.back().first; at += 97) {
    while (which + 1 < starts.size() && starts[which + 1].first <= at) ++which;
    std::string changed = recording;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    const ReplayReport report = replayed(changed, options);
    EXPECT_TRUE(report.difference || report.torn) << at;
    EXPECT_LE(report.last_tick, starts[which].second) << at;
    if (report.difference) {
      EXPECT_THAT(report.difference->what, HasSubstr("the recording was changed"));
    }
  }
}

// Even where every seal is made anew: the kernel comes to something else.
TEST(Replay, AnInputThatIsForgedIsFoundWhereItsEffectFirstIs) {
  RecordedWorld session(4);
  session.begin();
  for (int n = 0; n < 5; ++n) (void)session.world.call("session:send", json::Object{{"n", 100 + n}});
  const std::string recording = session.end();
  std::uint64_t tick = 0;
  const std::string other = forged(recording, [&tick](std::size_t, bus::Frame& frame) {
    const std::size_t at = frame.ingress.find("{\"n\":102}");
    if (at == std::string::npos) return;
    frame.ingress[at + 7] = '9';
    if (tick == 0) tick = frame.tick;
  });
  ASSERT_NE(tick, 0u);
  const ReplayReport report = replayed(other, session.replay_options());
  ASSERT_TRUE(report.difference);
  EXPECT_EQ(report.difference->tick, tick);
  EXPECT_THAT(report.difference->pointer, HasSubstr("/rows/0/entries/0/input_hash"));
}

TEST(Replay, AForgedEventIsNamedWithItsPointer) {
  RecordedWorld session(4);
  session.begin();
  (void)session.world.call("session:count");
  const std::string other = forged(session.end(), [](std::size_t, bus::Frame& frame) {
    for (bus::FrameEvent& event : frame.events)
      if (const std::size_t at = event.payload.find("\"success\""); at != std::string::npos)
        event.payload.replace(at, 9, "\"failure\"");
  });
  const ReplayReport report = replayed(other, session.replay_options());
  ASSERT_TRUE(report.difference);
  EXPECT_EQ(report.difference->event, "kernel:call-finished");
  EXPECT_THAT(report.difference->pointer, HasSubstr("/payload/outcome"));
  EXPECT_THAT(report.difference->what, HasSubstr("recorded \"failure\", replayed \"success\""));
}

TEST(Replay, ATornTailIsReplayedUpToTheLastWholeFrame) {
  const std::string recording = record_session(6);
  const ReplayOptions options = session_replay_options();
  const std::uint64_t whole = replayed(recording, options).frames;
  for (const double part : {0.3, 0.6, 0.99}) {
    const auto cut = static_cast<std::size_t>(static_cast<double>(recording.size()) * part);
    const ReplayReport report = replayed(recording.substr(0, cut), options);
    EXPECT_FALSE(report.difference) << said(report);
    EXPECT_TRUE(report.torn);
    EXPECT_LE(report.frames, whole);
  }
}

TEST(Replay, AFrameLeftOutIsMissed) {
  const std::string recording = record_session(8);
  auto reader = bus::RecordingReader::open(recording);
  bus::RecordingEncoder encoder;
  std::string out = encoder.add(reader->header());
  std::vector<bus::RecordingBlock> blocks;
  for (;;) {
    auto block = reader->next();
    if (!block.ok() || !*block) break;
    blocks.push_back(**std::move(block));
  }
  blocks.erase(blocks.end() - 2);  // the last frame, before the end
  for (const bus::RecordingBlock& block : blocks) out += encoder.add(block);
  const ReplayReport report = replayed(out, session_replay_options());
  ASSERT_TRUE(report.difference);
  EXPECT_THAT(report.difference->what, HasSubstr("frames, and"));
}

TEST(Replay, AnotherCatalogueIsRefusedBeforeTheFirstTick) {
  const std::string recording = record_session(9, 5);
  auto reader = bus::RecordingReader::open(recording);
  bus::RecordingHeader header = reader->header();
  header.document.if_object()->set("manifest_hash", "00000000");
  bus::RecordingEncoder encoder;
  ReplayOptions options = session_replay_options();
  bool ran = false;
  options.on_frame = [&ran](const bus::Frame&) { ran = true; };
  const auto refused = replay(encoder.add(header), options);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code(), ErrorCode::kInvalidConfiguration);
  EXPECT_THAT(refused.error().message(),
              HasSubstr("re-run `lumenflow generate`, or pass `--map` to replay compatible types by name"));
  EXPECT_FALSE(ran);
}

TEST(Replay, AHeaderIsHeldAgainstItselfAndAgainstWhatIsHere) {
  const std::string recording = record_session(9, 5);
  ReplayOptions options = session_replay_options();
  options.program_version = "test";
  EXPECT_THAT(replayed(recording, options).unverified, Not(::testing::Contains(HasSubstr("recorded by"))));
  const auto with = [&](const char* member, std::optional<json::Value> value) {
    auto reader = bus::RecordingReader::open(recording);
    bus::RecordingHeader header = reader->header();
    if (value)
      header.document.if_object()->set(member, *std::move(value));
    else
      header.document.if_object()->erase(member);
    bus::RecordingEncoder encoder;
    std::string out = encoder.add(header);
    for (;;) {
      auto block = reader->next();
      if (!block.ok() || !*block) return replay(out, options);
      out += encoder.add(**block);
    }
  };
  for (const char* member : {"version", "workspace_id", "log_id", "started_at", "catalogue", "packs", "next_tick"}) {
    const auto refused = with(member, std::nullopt);
    ASSERT_FALSE(refused.ok()) << member;
    EXPECT_THAT(refused.error().message(), HasSubstr("the recording was changed: its header")) << member;
  }
  EXPECT_FALSE(with("catalogue", json::Array{}).ok());
  EXPECT_FALSE(with("workspace_id", "zz").ok());
  const auto without_packs = with("packs", json::Array{}), later = with("version", "9.9.9");
  ASSERT_TRUE(without_packs.ok() && later.ok());
  EXPECT_THAT(without_packs->unverified, ::testing::Contains("the pack session is here, and was not there"));
  EXPECT_THAT(later->unverified, ::testing::Contains("it was recorded by version 9.9.9, and this is test"));
}

TEST(Replay, ATornFileSaysSoAndATickBeforeTheFirstRunsNothing) {
  const std::string recording = record_session(6);
  ReplayOptions options = session_replay_options();
  auto reader = bus::RecordingReader::open(recording);
  const ReplayReport header_alone = replayed(recording.substr(0, reader->offset()), options);
  EXPECT_TRUE(header_alone.torn);
  EXPECT_EQ(header_alone.first_tick, 0u);
  EXPECT_THAT(header_alone.unverified, ::testing::Contains(HasSubstr("the file breaks off there")));
  std::size_t before_end = 0;
  for (std::size_t at = reader->offset();; at = reader->offset()) {
    auto block = reader->next();
    if (!block.ok() || !*block) break;
    before_end = at;
  }
  EXPECT_THAT(replayed(recording.substr(0, before_end), options).unverified,
              ::testing::Contains(HasSubstr("the file breaks off there")));
  options.until = 0;
  const ReplayReport nothing = replayed(recording, options);
  EXPECT_EQ(nothing.frames, 0u);
  EXPECT_EQ(nothing.first_tick, frames_of(recording).front().tick);
  EXPECT_FALSE(nothing.difference) << said(nothing);
}

// As if the recording's types had stood on other channels.
TEST(Replay, CompatibleTypesAreMappedByName) {
  const std::string recording = record_session(10, 20);
  auto reader = bus::RecordingReader::open(recording);
  bus::RecordingHeader header = reader->header();
  header.document.if_object()->set("manifest_hash", "12345678");
  bus::RecordingEncoder encoder;
  std::string other = encoder.add(header);
  for (;;) {
    auto block = reader->next();
    if (!block.ok() || !*block) break;
    if (auto* frame = std::get_if<bus::Frame>(&**block)) {
      frame->manifest_hash = "12345678";
      for (bus::FrameEvent& event : frame->events) event.channel += 40;
    }
    other += encoder.add(**block);
  }
  ReplayOptions options = session_replay_options();
  EXPECT_FALSE(replay(other, options).ok());
  options.map = true;
  const ReplayReport report = replayed(other, options);
  EXPECT_FALSE(report.difference) << said(report);
  EXPECT_GT(report.frames, 3u);
}

// A disk that is full from the second write on.
class FullSink final : public RecordingSink {
 public:
  explicit FullSink(bool& open) : open_(open) { open_ = true; }
  ~FullSink() override { open_ = false; }
  Status write(std::string_view) override {
    return writes_++ == 0 ? Status() : Status(Error(ErrorCode::kIo, "no space left"));
  }
  Status sync() override { return {}; }

 private:
  bool& open_;  // the test's; read once the recorder's thread is done
  int writes_ = 0;
};

TEST(Recording, OneThatCannotBeWrittenLetsGoOfItsFile) {
  bool open = false;
  Recorder recorder(std::make_unique<FullSink>(open), json::Object{{"format", "lumenflow-recording/1"}});
  RawFrame frame;
  frame.tick = 1;
  frame.ingress.append("x");
  ASSERT_TRUE(recorder.take(frame));
  recorder.finish();
  EXPECT_FALSE(open);
  ASSERT_TRUE(recorder.state().fault);
  EXPECT_THAT(recorder.state().fault->message(), HasSubstr("no space left"));
  EXPECT_FALSE(recorder.take(frame)) << "and the kernel is told to stop";
}

TEST(Recording, WaitsUntilNothingIsUnderWayAndHoldsCallsMeanwhile) {
  RecordedWorld session(11);
  ApprovalWorld& world = session.world;
  std::vector<std::string> order;
  world.submit("session:send", json::Object{{"n", 1}}, {}, [&](const CallResult&) { order.emplace_back("send"); });
  world.kernel->run_pending();
  ASSERT_EQ(world.kernel->running(), 1u);
  std::string recorded;
  std::unique_ptr<Recorder> recorder;
  RecordingRequest request;
  request.begin = [&](json::Object start) -> Result<FrameTaker*> {
    recorder = std::make_unique<Recorder>(std::make_unique<TextSink>(recorded), std::move(start));
    order.emplace_back("begin");
    return recorder.get();
  };
  request.begun = [](const Status& status) { EXPECT_TRUE(status.ok()); };
  world.kernel->record(std::move(request));
  world.submit("session:count", json::Object{}, {}, [&](const CallResult&) { order.emplace_back("count"); });
  world.kernel->run_pending();
  EXPECT_THAT(order, IsEmpty());
  world.settle();
  EXPECT_THAT(order, ::testing::ElementsAre("send", "begin", "count"));
  world.kernel->stop_recording("done");
  recorder->finish();
  const ReplayReport report = replayed(recorded, session.replay_options());
  EXPECT_FALSE(report.difference) << said(report);
  EXPECT_GE(report.frames, 1u);
}

// It would keep a processor busy until the recording begins.
TEST(Recording, DoesNotRingForDeliveriesThatWaitForIt) {
  RecordedWorld session(13);
  ApprovalWorld& world = session.world;
  world.crash();
  int rings = 0;
  bool inside = false;
  const auto run = [&] {
    inside = true;
    do {
      rings = 0;
      world.kernel->run_pending();
    } while (rings > 0);
    inside = false;
  };
  KernelOptions options = session.replay_options().kernel;
  options.doorbell = [&] {
    ++rings;
    if (world.running_task && !inside) run();
  };
  auto opened = Kernel::open({*world.log, world.blobs, world.clock, world.random, world.executor}, std::move(options));
  ASSERT_TRUE(opened.ok()) << opened.error().to_string();
  world.kernel = *std::move(opened);
  run();
  world.running_task = true;  // the packs' timers, which run once
  while (world.executor.run_one()) run();
  world.running_task = false;
  const auto nothing = [](const CallResult&) {};
  world.submit("session:send", json::Object{{"n", 1}}, {}, nothing);  // goes on running
  world.submit("session:add", json::Object{{"n", 1}}, {}, nothing);   // says what a handler waits for
  rings = 0;
  world.kernel->run_pending();
  ASSERT_EQ(world.kernel->running(), 1u);
  ASSERT_GT(rings, 0);
  RecordingRequest request;
  request.begin = [](json::Object) -> Result<FrameTaker*> { return Error(ErrorCode::kInternal, "not called"); };
  request.begun = [](const Status&) {};
  world.kernel->record(std::move(request));
  rings = 0;
  world.kernel->run_pending();
  EXPECT_EQ(rings, 0);
  world.crash();
}

TEST(Recording, GivesUpWhereTheWorkspaceDoesNotComeToRest) {
  RecordedWorld session(12);
  ApprovalWorld& world = session.world;
  world.submit("session:count", json::Object{}, {}, [](const CallResult&) {});
  world.kernel->run_pending();
  std::optional<Status> begun;
  RecordingRequest request;
  request.begin = [](json::Object) -> Result<FrameTaker*> { return Error(ErrorCode::kInternal, "not called"); };
  request.begun = [&begun](const Status& status) { begun = status; };
  world.kernel->record(std::move(request));
  world.kernel->run_pending();
  EXPECT_FALSE(begun);
  world.clock.advance(std::chrono::seconds(11));
  world.kernel->run_pending();
  ASSERT_TRUE(begun && !begun->ok());
  EXPECT_EQ(begun->error().code(), ErrorCode::kConflict);
  world.settle();
}

// A disk that cannot keep up holds nobody up: the recording ends, and says so.
TEST(Recording, Law8AFullQueueEndsItAndIsSaid) {
  RecordedWorld session(13);
  std::string recorded;
  std::unique_ptr<Recorder> recorder;
  RecordingRequest request;
  request.begin = [&](json::Object start) -> Result<FrameTaker*> {
    recorder = std::make_unique<Recorder>(std::make_unique<TextSink>(recorded), std::move(start), 1u << 20, 20'000);
    return recorder.get();
  };
  request.begun = [](const Status& status) { EXPECT_TRUE(status.ok()); };
  session.world.kernel->record(std::move(request));
  session.work(60);
  EXPECT_FALSE(session.world.kernel->recording());
  recorder->finish();
  EXPECT_TRUE(recorder->state().ended);
  const ReplayReport report = replayed(recorded, session.replay_options());
  EXPECT_FALSE(report.difference) << said(report);
  EXPECT_THAT(report.unverified, ::testing::Contains(HasSubstr("everything after tick")));
  EXPECT_THAT(report.end_reason, HasSubstr("queue was full"));
}

}  // namespace
}  // namespace lumenflow::kernel
