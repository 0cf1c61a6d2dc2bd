#include "conductor/tables.h"

namespace lumenflow::conductor {

std::vector<std::string> all_tables() {
  std::vector<std::string> names;
  for (const std::string_view name :
       {kBound,    kFloors,   kOwned,    kForks, kPlaces,     kHeads, kIndex, kCommand, kWaiting, kGiven,
        kByCaller, kRevoking, kExpiring, kKeys,  kKeysExpire, kDown,  kView,  kAudited, kGuesses, kNotices})
    names.emplace_back(name);
  return names;
}

std::string key_of(std::initializer_list<std::string_view> parts) {
  std::string key;
  for (const std::string_view part : parts) {
    key += part;
    key += '\0';
  }
  return key;
}

std::string big_endian(std::uint64_t number) {
  std::string bytes(8, '\0');
  for (int i = 7; i >= 0; --i, number >>= 8) bytes[static_cast<std::size_t>(i)] = static_cast<char>(number & 0xff);
  return bytes;
}

std::uint64_t from_big_endian(std::string_view bytes) {
  std::uint64_t number = 0;
  if (bytes.size() < 8) return 0;
  for (const char byte : bytes.substr(0, 8)) number = number << 8 | static_cast<unsigned char>(byte);
  return number;
}

std::string waiting_key(std::string_view workspace, Position position) {
  return key_of({workspace}) + big_endian(position.value());
}

std::string encode(event::StreamPlace place) { return big_endian(place.seq) + big_endian(place.queue_seq); }

Result<event::StreamPlace> decode_place(std::string_view bytes) {
  if (bytes.size() != 16) return Error(ErrorCode::kJournalDamaged, "a stream's place is malformed");
  return event::StreamPlace{from_big_endian(bytes), from_big_endian(bytes.substr(8))};
}

}  // namespace lumenflow::conductor
