// What the kernel hears of the outside world, on tape: each reading of the clock, of randomness and of the journal, and
// each item of the ingress queue, in the order in which the strand came to it. Recording, they are written down;
// replaying, they come from the tape and the outside is not asked.
//
// Used on the strand; what other threads ask the taped ports goes past the tape. Off, it costs a comparison.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "bus/fact.h"
#include "kernel/raw_frame.h"
#include "log/log.h"

namespace lumenflow::kernel {

// Thrown through the kernel where a replay cannot go on: it is not std::exception, which packs' errors are caught by,
// and the kernel is thrown away after it.
struct ReplayStopped {
  bool differs = false;  // else: the tape is at its end
  std::string pointer;   // into the frame's JSON
  std::string what;
};

// Where a replay's frames come from, and who judges what was made of them.
class ReplaySource {
 public:
  virtual ~ReplaySource() = default;
  // The ingress of the next frame; nothing at the end. Valid until the next call.
  virtual std::optional<std::string_view> next_ingress() = 0;
  // The frame whose ingress was given last, made again. May throw ReplayStopped.
  virtual void made(RawFrame& frame) = 0;
};

class Tape {
 public:
  // The strand works: while it lives, what this thread asks the ports is the kernel's own reading.
  class OnStrand {
   public:
    explicit OnStrand(const Tape& tape);
    ~OnStrand();
    OnStrand(const OnStrand&) = delete;
    OnStrand& operator=(const OnStrand&) = delete;

   private:
    const Tape* const before_;
  };
  // Code of others runs on the strand: what it reads is its own business, and what comes of it is captured whole.
  class Aside {
   public:
    Aside();
    ~Aside();
    Aside(const Aside&) = delete;
    Aside& operator=(const Aside&) = delete;

   private:
    const Tape* const before_;
  };

  bool on_strand() const;
  bool recording() const { return mode() == Mode::kRecording && on_strand(); }
  bool replaying() const { return mode() == Mode::kReplaying && on_strand(); }
  bool live() const { return mode() != Mode::kOff && on_strand(); }
  bool hears() const { return live() && !foreign_change; }
  bool records() const { return mode() == Mode::kRecording; }  // whoever asks
  bool replays() const { return mode() == Mode::kReplaying; }

  void record_to(FrameTaker& taker);
  void replay_from(ReplaySource& source);
  // Ends a recording; what came after its last frame is not part of it.
  void stop(std::string reason, std::vector<std::string> not_captured = {});

  // Recording: where the values of a new fact go.
  bus::FactWriter& fact(bus::FactKind kind) {
    facts_.begin(kind);
    return facts_;
  }
  // Replaying: the values of the next fact, which has to be of this kind.
  bus::FactReader& expect(bus::FactKind kind);
  bus::FactReader& values() { return reader_; }  // of the fact that was begun, where others have begun it
  bool comes(bus::FactKind kind);                // whether the next one is
  // Whether another fact is there before the tape's end.
  bool more();
  void check();  // after values were read
  [[noreturn]] void differs(std::string what) const;

  // Both: what the strand did to the journal, and that a tick is over.
  void appended(Position first, const log::Row& row);
  void wrote(char operation, std::string_view table, std::string_view key, std::string_view value);
  bus::FrameEvents& events() { return coming_.events; }  // of the tick that is cut next
  void cut(std::uint64_t tick, Timestamp issued_at, const std::function<std::string()>& state);

  Timestamp now(const Clock& clock);
  std::chrono::nanoseconds monotonic(const Clock& clock);

  // A change from outside writes to the journal: what it does is captured, and done again in its stead.
  bool foreign_change = false;
  std::uint64_t frames() const { return frames_; }

 private:
  enum class Mode : std::uint8_t { kOff, kRecording, kReplaying };
  Mode mode() const { return mode_.load(std::memory_order_relaxed); }
  void begin(Mode mode);
  void next_frame();

  std::atomic<Mode> mode_{Mode::kOff};  // read by threads that go past the tape
  FrameTaker* taker_ = nullptr;         // borrowed
  ReplaySource* source_ = nullptr;      // borrowed
  bus::FactWriter facts_;
  bus::FactReader reader_;
  bool at_end_ = false;
  RawFrame coming_;
  std::uint64_t frames_ = 0;
  std::int64_t last_now_ = 0, last_monotonic_ = 0;
};

}  // namespace lumenflow::kernel
