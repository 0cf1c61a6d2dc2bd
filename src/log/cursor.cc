#include "log/cursor.h"

#include <utility>

#include "base/check.h"
#include "log/row_codec.h"

namespace lumenflow::log {
namespace {

constexpr std::string_view kCursors = "cursors";           // name -> position
constexpr std::string_view kDeadLetters = "dead_letters";  // name, NUL, position -> attempts, reason

// Big endian, so that the order of keys is the order of positions.
std::string encode(Position position) {
  std::string bytes(8, '\0');
  for (int i = 0; i < 8; ++i) bytes[static_cast<std::size_t>(i)] = static_cast<char>(position.value() >> (56 - 8 * i));
  return bytes;
}

Result<Position> decode(std::string_view bytes) {
  if (bytes.size() != 8) return Error(ErrorCode::kJournalDamaged, "a cursor's position is malformed");
  std::uint64_t value = 0;
  for (const char byte : bytes) value = value << 8 | static_cast<std::uint8_t>(byte);
  return Position(value);
}

Result<DeadLetter> decode_letter(const KeyValue& row) {
  if (row.key.size() < 8) return Error(ErrorCode::kJournalDamaged, "a dead letter is malformed");
  DeadLetter letter;
  LUMENFLOW_TRY_ASSIGN(letter.position, decode(std::string_view(row.key).substr(row.key.size() - 8)));
  std::string_view rest = row.value;
  const std::optional<std::uint64_t> attempts = take_varint(rest);
  if (!attempts) return Error(ErrorCode::kJournalDamaged, "a dead letter is malformed");
  letter.attempts = *attempts;
  letter.reason = rest;
  return letter;
}

}  // namespace

Cursor::Cursor(Log& log, std::string name) : log_(log), name_(std::move(name)) {
  LUMENFLOW_CHECK(!name_.empty() && name_.find('\0') == std::string::npos);
}

Result<std::optional<Position>> Cursor::stored() const {
  LUMENFLOW_TRY_ASSIGN(const std::optional<std::string> stored, log_.tables().get(kCursors, name_));
  if (!stored) return std::optional<Position>();
  LUMENFLOW_TRY_ASSIGN(const Position at, decode(*stored));
  return std::optional(at);
}

Result<Position> Cursor::position() const {
  LUMENFLOW_TRY_ASSIGN(const std::optional<Position> at, stored());
  return at.value_or(Position());
}

Status Cursor::create(Position at) {
  LUMENFLOW_TRY_ASSIGN(const std::optional<Position> there, stored());
  if (there || at >= log_.next_position())
    return Error(ErrorCode::kInvalidInput, "cursor " + name_ + " cannot be made at " + std::to_string(at.value()));
  return log_.put(kCursors, name_, encode(at));
}

Status Cursor::advance(Position to) {
  LUMENFLOW_TRY_ASSIGN(const Position now, position());
  if (to < now || to >= log_.next_position())
    return Error(ErrorCode::kInvalidInput, "cursor " + name_ + " is at " + std::to_string(now.value()) +
                                               " and cannot move to " + std::to_string(to.value()));
  if (to == now) return {};
  return log_.put(kCursors, name_, encode(to));
}

Status Cursor::dead_letter(Position at, std::string_view reason) {
  LUMENFLOW_TRY_ASSIGN(const Position now, position());
  if (at.value() == 0 || at >= log_.next_position())
    return Error(ErrorCode::kInvalidInput, "no entry at position " + std::to_string(at.value()));
  LUMENFLOW_TRY_ASSIGN(const std::optional<std::string> before, log_.tables().get(kDeadLetters, letter_key(at)));
  std::uint64_t attempts = 0;
  if (before) {
    LUMENFLOW_TRY_ASSIGN(const DeadLetter letter, decode_letter({letter_key(at), *before}));
    attempts = letter.attempts;
  }
  LUMENFLOW_TRY(put_letter(at, attempts + 1, reason));
  return at > now ? advance(at) : Status();
}

Status Cursor::dead_letter_again(const DeadLetter& letter, std::string_view reason) {
  return put_letter(letter.position, letter.attempts + 1, reason);
}

Result<std::vector<DeadLetter>> Cursor::dead_letters(Position after, std::size_t limit) const {
  return log::dead_letters(log_.tables(), name_, after, limit);
}

Result<DeadLetter> Cursor::redrive(Position at) {
  const std::string key = letter_key(at);
  LUMENFLOW_TRY_ASSIGN(std::optional<std::string> stored, log_.tables().get(kDeadLetters, key));
  if (!stored)
    return Error(ErrorCode::kNotFound, "cursor " + name_ + " has no dead letter at " + std::to_string(at.value()));
  LUMENFLOW_TRY_ASSIGN(DeadLetter letter, decode_letter({key, *std::move(stored)}));
  LUMENFLOW_TRY(log_.erase(kDeadLetters, key));
  return letter;
}

std::string Cursor::letter_key(Position at) const { return name_ + '\0' + encode(at); }

Status Cursor::put_letter(Position at, std::uint64_t attempts, std::string_view reason) {
  std::string value;
  append_varint(attempts, value);
  return log_.put(kDeadLetters, letter_key(at), value.append(reason));
}

Result<std::vector<DeadLetter>> dead_letters(const TableReader& tables, std::string_view name, Position after,
                                             std::size_t limit) {
  const std::string prefix = std::string(name) + '\0';
  LUMENFLOW_TRY_ASSIGN(const std::vector<KeyValue> rows,
                       tables.scan(kDeadLetters, prefix, prefix + encode(after), limit));
  std::vector<DeadLetter> letters;
  for (const KeyValue& row : rows) {
    LUMENFLOW_TRY_ASSIGN(DeadLetter letter, decode_letter(row));
    letters.push_back(std::move(letter));
  }
  return letters;
}

Result<std::vector<CursorNeeds>> cursor_needs(const TableReader& tables) {
  LUMENFLOW_TRY_ASSIGN(const std::vector<KeyValue> cursors, tables.scan(kCursors, "", "", SIZE_MAX));
  std::vector<CursorNeeds> needs;
  for (const KeyValue& cursor : cursors) {
    CursorNeeds of_cursor{cursor.key, {}, {}};
    LUMENFLOW_TRY_ASSIGN(of_cursor.at, decode(cursor.value));
    // Letters are in order of position: a cursor's first is its oldest.
    LUMENFLOW_TRY_ASSIGN(const std::vector<KeyValue> oldest, tables.scan(kDeadLetters, cursor.key + '\0', "", 1));
    if (!oldest.empty()) {
      LUMENFLOW_TRY_ASSIGN(const DeadLetter letter, decode_letter(oldest.front()));
      of_cursor.dead_letter = letter.position;
    }
    needs.push_back(std::move(of_cursor));
  }
  return needs;
}

}  // namespace lumenflow::log
