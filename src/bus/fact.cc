#include "bus/fact.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/encoding.h"
#include "bus/varint.h"

namespace lumenflow::bus {
namespace {

// How a value begins. What is smaller than a hundred and twelve is its own beginning.
constexpr std::uint8_t kNone = 0, kFalse = 1, kTrue = 2, kNumber = 3, kNegative = 4, kText = 5, kSmall = 16;
constexpr std::uint64_t kSmallMax = 0x7F - kSmall;

constexpr std::array<std::string_view, 65> kFactNames = [] {
  std::array<std::string_view, 65> names{};
  names[0] = "step";
  names[1] = "configuration";
  names[2] = "call";
  names[3] = "tool_returned";
  names[4] = "cancel";
  names[5] = "drain";
  names[6] = "batch_ended";
  names[7] = "transaction";
  names[8] = "timer_returned";
  names[9] = "events_read";
  names[10] = "replay_key_made";
  names[11] = "handler_returned";
  names[12] = "outbox_change";
  names[13] = "journal_change";
  names[14] = "events_received";
  names[15] = "commands_due";
  names[16] = "own_item";
  names[32] = "clock.now";
  names[33] = "clock.monotonic";
  names[34] = "random";
  names[40] = "journal.get";
  names[41] = "journal.scan";
  names[42] = "journal.scan_descending";
  names[43] = "journal.rows";
  names[44] = "journal.head";
  names[45] = "journal.condition";
  names[46] = "journal.committed";
  names[47] = "journal.write_failed";
  names[48] = "change.appended";
  names[49] = "change.put";
  names[50] = "change.erased";
  names[51] = "change.body_replaced";
  names[52] = "change.ended";
  names[60] = "post_refused";
  names[61] = "input";
  names[62] = "sealed";
  names[63] = "verdict";
  names[64] = "outcome";
  return names;
}();

Error not_facts() { return Error(ErrorCode::kInvalidInput, "these bytes are no facts of a recording"); }

Result<json::Value> value_to_json(FactReader& reader, std::string_view bytes, std::size_t at) {
  const auto tag = static_cast<std::uint8_t>(bytes[at]);
  if (reader.take_none()) return json::Value();
  if (tag == kFalse || tag == kTrue) return json::Value(reader.flag());
  if (tag == kText) return text_to_json(reader.text());
  if (tag == kNegative) return json::Value(reader.difference());
  return json::Value(reader.number());
}

Status value_from_json(const json::Value& value, FactWriter& out) {
  if (value.is_null())
    out.none();
  else if (const bool* flag = value.if_boolean())
    out.flag(*flag);
  else if (const std::int64_t* number = value.if_integer())
    out.difference(*number);
  else if (const std::uint64_t* large = value.if_unsigned())
    out.number(*large);
  else if (const auto text = text_from_json(value))
    out.text(*text);
  else
    return not_facts();
  return {};
}

}  // namespace

std::string_view name(FactKind kind) {
  const auto number = static_cast<std::size_t>(kind);
  return number < kFactNames.size() ? kFactNames[number] : std::string_view();
}

void FactWriter::number(std::uint64_t value) {
  if (value <= kSmallMax) return bytes_.push(static_cast<std::uint8_t>(kSmall + value));
  bytes_.push(kNumber);
  bytes_.append_varint(value);
}

void FactWriter::difference(std::int64_t value) {
  if (value >= 0) return number(static_cast<std::uint64_t>(value));
  bytes_.push(kNegative);
  bytes_.append_varint(static_cast<std::uint64_t>(-(value + 1)));
}

void FactWriter::text(std::string_view value) {
  bytes_.push(kText);
  bytes_.append_counted(value);
}

std::optional<FactKind> FactReader::peek() const {
  if (failed_ || at_end() || next_byte() < 0x80) return std::nullopt;
  return static_cast<FactKind>(next_byte() & 0x7F);
}

bool FactReader::begin(FactKind kind) {
  if (peek() != kind) return false;
  ++at_;
  ++index_;
  return true;
}

// Written in one way only, so that the same facts are the same bytes.
bool FactReader::varint(std::uint64_t& out) {
  const std::size_t used = failed_ ? 0 : read_varint(bytes_.substr(std::min(at_, bytes_.size())), out);
  at_ += used;
  if (used == 0) failed_ = true;
  return used != 0;
}

std::uint64_t FactReader::number() {
  const std::uint8_t tag = next_byte();
  if (!failed_ && tag >= kSmall && tag < 0x80) return ++at_, tag - kSmall;
  std::uint64_t value = 0;
  if (failed_ || tag != kNumber || (++at_, !varint(value)) || value <= kSmallMax) return failed_ = true, 0;
  return value;
}

std::int64_t FactReader::difference() {
  if (next_byte() != kNegative) {
    const std::uint64_t value = number();
    if (value > INT64_MAX) failed_ = true;
    return failed_ ? 0 : static_cast<std::int64_t>(value);
  }
  std::uint64_t value = 0;
  if (failed_ || (++at_, !varint(value)) || value > INT64_MAX) return failed_ = true, 0;
  return -static_cast<std::int64_t>(value) - 1;
}

std::string_view FactReader::text() {
  std::uint64_t size = 0;
  if (failed_ || next_byte() != kText || (++at_, !varint(size)) || size > bytes_.size() - at_)
    return failed_ = true, std::string_view();
  const std::string_view value = bytes_.substr(at_, size);
  at_ += size;
  return value;
}

bool FactReader::flag() {
  const std::uint8_t tag = next_byte();
  if (failed_ || (tag != kFalse && tag != kTrue)) return failed_ = true, false;
  ++at_;
  return tag == kTrue;
}

bool FactReader::take_none() {
  if (failed_ || next_byte() != kNone) return false;
  ++at_;
  return true;
}

std::optional<std::string> FactReader::optional_text() {
  if (take_none()) return std::nullopt;
  return std::string(text());
}

json::Value text_to_json(std::string_view bytes) {
  if (is_valid_utf8(bytes)) return json::Value(bytes);
  return json::Object{{"base64", to_base64(bytes)}};
}

std::optional<std::string> text_from_json(const json::Value& value) {
  if (const std::string* text = value.if_string()) return *text;
  const json::Value* encoded = value.find("base64");
  if (encoded == nullptr || !encoded->is_string()) return std::nullopt;
  return from_base64(encoded->as_string());
}

Result<json::Array> facts_to_json(std::string_view bytes) {
  FactReader reader(bytes);
  json::Array facts;
  std::size_t at = 0;
  while (at < bytes.size()) {
    const std::optional<FactKind> kind = reader.peek();
    if (!kind || name(*kind).empty() || !reader.begin(*kind)) return not_facts();
    ++at;
    json::Array values;
    while (at < bytes.size() && static_cast<std::uint8_t>(bytes[at]) < 0x80) {
      LUMENFLOW_TRY_ASSIGN(json::Value value, value_to_json(reader, bytes, at));
      if (reader.failed()) return not_facts();
      at = reader.offset();
      values.push_back(std::move(value));
    }
    facts.push_back(json::Object{{"fact", name(*kind)}, {"values", std::move(values)}});
  }
  return facts;
}

Result<std::string> facts_from_json(const json::Value& facts) {
  FactWriter out;
  if (!facts.is_array()) return not_facts();
  for (const json::Value& fact : facts.as_array()) {
    const std::string_view wanted = json::string_or(fact, "fact", "");
    const auto* const found = std::ranges::find(kFactNames, wanted);
    const json::Value* values = fact.find("values");
    if (wanted.empty() || found == kFactNames.end() || values == nullptr || !values->is_array()) return not_facts();
    out.begin(static_cast<FactKind>(found - kFactNames.begin()));
    for (const json::Value& value : values->as_array()) LUMENFLOW_TRY(value_from_json(value, out));
  }
  return std::string(out.bytes());
}

}  // namespace lumenflow::bus
