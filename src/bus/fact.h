// What a recording captured of the outside world, fact by fact: each a kind and a few plain values, in one string of
// bytes that says itself where a fact ends (docs/formats/recording.md).
//
// A writer and a reader are used by one thread. Readers borrow their bytes, and so do the texts that they give out.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "bus/byte_buffer.h"
#include "lumenflow/json.h"
#include "lumenflow/result.h"

namespace lumenflow::bus {

// Numbers are of the format and never change their meaning.
enum class FactKind : std::uint8_t {
  kStep = 0,           // the strand begins to work on what has come: how many items follow
  kConfiguration = 1,  // lumenflow.yaml on the disk: its hash
  kCall = 2,           // items
  kToolReturned = 3,
  kCancel = 4,
  kDrain = 5,
  kBatchEnded = 6,
  kTransaction = 7,
  kTimerReturned = 8,
  kEventsRead = 9,
  kReplayKeyMade = 10,
  kHandlerReturned = 11,
  kOutboxChange = 12,
  kJournalChange = 13,
  kEventsReceived = 14,
  kCommandsDue = 15,
  kOwnItem = 16,    // one that the strand itself made: its number
  kNow = 32,        // readings: milliseconds since the reading before
  kMonotonic = 33,  // nanoseconds since the reading before
  kRandom = 34,
  kGet = 40,  // of the journal
  kScan = 41,
  kScanDescending = 42,
  kRows = 43,
  kHead = 44,
  kCondition = 45,
  kCommitted = 46,
  kWriteFailed = 47,
  kAppended = 48,  // what a change from outside the kernel did to the journal
  kPut = 49,
  kErased = 50,
  kBodyReplaced = 51,
  kChanged = 52,      // and how it ended
  kPostRefused = 60,  // an executor took no more
  kInput = 61,        // of a call, as far as it was looked at
  kSealed = 62,       // what could not be captured in clear, as the journal keeps it
  kVerdict = 63,      // on something that is sealed
  kOutcome = 64,      // of code that runs on the strand
};
// "clock.now"; empty for a number that no kind has.
std::string_view name(FactKind kind);

class FactWriter {
 public:
  void begin(FactKind kind) { bytes_.push(static_cast<std::uint8_t>(0x80 | static_cast<unsigned>(kind))); }
  void number(std::uint64_t value);
  void difference(std::int64_t value);  // of either sign
  void text(std::string_view value);
  void flag(bool value) { bytes_.push(value ? 2 : 1); }
  void none() { bytes_.push(0); }
  void optional_text(const std::optional<std::string>& value) { value ? text(*value) : none(); }

  std::size_t size() const { return bytes_.size(); }
  std::string_view bytes() const { return bytes_.view(); }
  void clear() { bytes_.clear(); }
  // What was written; the memory there is used for what comes next.
  void take_into(ByteBuffer& out) {
    out.clear();
    out.swap(bytes_);
  }

 private:
  ByteBuffer bytes_;
};

// Once something is not what was asked for it is failed(), and every further answer is empty.
class FactReader {
 public:
  explicit FactReader(std::string_view bytes = {}) : bytes_(bytes) {}

  bool at_end() const { return at_ >= bytes_.size(); }
  bool failed() const { return failed_; }
  std::size_t offset() const { return at_; }
  std::size_t index() const { return index_; }  // of the fact that was begun last, from 0
  std::optional<FactKind> peek() const;         // of the next fact; nothing within a fact and at the end
  bool begin(FactKind kind);                    // false, and nothing read, where the next one is another
  std::uint64_t number();
  std::int64_t difference();
  std::string_view text();
  bool flag();
  bool take_none();  // true where the next value is none, which is then read
  std::optional<std::string> optional_text();

 private:
  std::uint8_t next_byte() const { return at_ < bytes_.size() ? static_cast<std::uint8_t>(bytes_[at_]) : 0xFF; }
  bool varint(std::uint64_t& out);
  std::string_view bytes_;
  std::size_t at_ = 0;
  std::size_t index_ = static_cast<std::size_t>(-1);
  bool failed_ = false;
};

// The same as JSON: [{"fact": "clock.now", "values": [5]}]. INVALID_INPUT where the bytes are not facts as they would
// be written. Lossless: facts_from_json gives the same bytes.
Result<json::Array> facts_to_json(std::string_view bytes);
Result<std::string> facts_from_json(const json::Value& facts);

// Bytes as JSON: a string where they are UTF-8, else {"base64": …}.
json::Value text_to_json(std::string_view bytes);
std::optional<std::string> text_from_json(const json::Value& value);

}  // namespace lumenflow::bus
