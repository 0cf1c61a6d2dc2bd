// A durable, named position in a Log: what its owner has dealt with, and what it set aside.
//
// All changes belong to the Log's open batch and become durable with its commit, so that what a handler did and that it
// did it are one fact. One thread: the Log's writer. Borrows the Log.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "log/log.h"

namespace lumenflow::log {

struct DeadLetter {
  Position position;
  std::uint64_t attempts = 0;  // how often it was set aside
  std::string reason;
};

class Cursor {
 public:
  // `name` is not empty and has no NUL.
  Cursor(Log& log, std::string name);

  // The last position dealt with; 0 when none is.
  Result<Position> position() const;
  // The same; nothing when this cursor was never moved nor created.
  Result<std::optional<Position>> stored() const;
  // Has it stand at `at`, which may be 0. INVALID_INPUT when there is one, or beyond what is appended.
  Status create(Position at);
  // INVALID_INPUT when that goes back, or beyond what is appended.
  Status advance(Position to);
  // Sets the entry aside and advances past it: the cursor goes on without it. Again for the same entry counts it up.
  Status dead_letter(Position at, std::string_view reason);
  // In order of position, after `after`.
  Result<std::vector<DeadLetter>> dead_letters(Position after, std::size_t limit) const;
  // Takes a dead letter back for another try, which its owner makes: NOT_FOUND when it is none. Where that fails,
  // dead_letter() again with `attempts` of what this returns keeps the count.
  Result<DeadLetter> redrive(Position at);
  Status dead_letter_again(const DeadLetter& letter, std::string_view reason);

 private:
  std::string letter_key(Position at) const;
  Status put_letter(Position at, std::uint64_t attempts, std::string_view reason);

  Log& log_;
  const std::string name_;
};

// The dead letters of the cursor of this name, for whoever reads beside the writer.
Result<std::vector<DeadLetter>> dead_letters(const TableReader& tables, std::string_view name, Position after,
                                             std::size_t limit);

// What a cursor still needs of the log: what is after where it stands, and its dead letters.
struct CursorNeeds {
  std::string name;
  Position at;
  std::optional<Position> dead_letter;  // the oldest
};
Result<std::vector<CursorNeeds>> cursor_needs(const TableReader& tables);

}  // namespace lumenflow::log
