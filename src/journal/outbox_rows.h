// The outbox's rows as bytes (docs/formats/journal.md, "Outbox"). They do not change within a version.
//
// Pure functions; thread safe because stateless.
#pragma once

#include <string>
#include <string_view>

#include "journal/outbox.h"

namespace lumenflow::journal {

// First byte of a key of the table `outbox`.
inline constexpr std::string_view kOutboxSwitch = "o", kOutboxStream = "s", kOutboxDropped = "d", kOutboxItem = "p",
                                  kOutboxLetters = "c", kOutboxTombstone = "g";

// Of a stream's items: all keys of the one begin so, and none of another.
std::string item_prefix(std::string_view stream);
std::string item_key(std::string_view stream, Position position);
// Of the events that tombstones stand for.
std::string tombstone_prefix(std::string_view stream);

std::string encode(const OutboxSwitch& state);
std::string encode(const OutboxStream& stream);
std::string encode_item(const OutboxItem& item);

// JOURNAL_DAMAGED; UNSUPPORTED_FORMAT for a newer version.
Result<OutboxSwitch> decode_switch(std::string_view value);
Result<OutboxStream> decode_stream(std::string_view value);
Result<OutboxItem> decode_item(const log::KeyValue& row);

}  // namespace lumenflow::journal
