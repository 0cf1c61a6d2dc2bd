// The tables that commit with the conductor's Log, and how their keys are made. docs/formats/conductor.md has the
// bytes.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "base/strong.h"
#include "event/stream_intake.h"
#include "lumenflow/result.h"

namespace lumenflow::conductor {

inline constexpr std::string_view kBound = "bound";       // workspace -> the log_id of its journal
inline constexpr std::string_view kFloors = "floors";     // workspace -> up to where it was another's, of its id
inline constexpr std::string_view kOwned = "owned";       // workspace, log_id -> that floor when it was bound
inline constexpr std::string_view kForks = "forks";       // workspace -> {log_id, reason, since}, until it is settled
inline constexpr std::string_view kPlaces = "places";     // workspace, log_id, stream -> seq, queue_seq
inline constexpr std::string_view kHeads = "heads";       // workspace, log_id -> last head co-signed
inline constexpr std::string_view kIndex = "idx";         // what is where (Ledger)
inline constexpr std::string_view kCommand = "cmd";       // command_id -> its state
inline constexpr std::string_view kWaiting = "cmdq";      // workspace, position -> command_id, until acknowledged
inline constexpr std::string_view kGiven = "cmdg";        // workspace -> times begun anew, position given out last
inline constexpr std::string_view kByCaller = "cmdw";     // caller, workspace, position -> command_id, as long
inline constexpr std::string_view kRevoking = "cmdr";     // workspace, device -> command_id, until it is done there
inline constexpr std::string_view kExpiring = "cmdx";     // time, command_id -> nothing, until it is over
inline constexpr std::string_view kKeys = "cmdk";         // workspace, subject, key -> time, command_id, hash
inline constexpr std::string_view kKeysExpire = "cmdkx";  // time, key of the above
inline constexpr std::string_view kDown = "down";         // workspace, stream -> seq of what was said
inline constexpr std::string_view kGuesses = "guesses";   // account, address -> failures, time of the last
inline constexpr std::string_view kNotices = "notices";   // notice, hook -> its body, until it was sent
inline constexpr std::string_view kView = "views";        // what received events add up to (Views)
inline constexpr std::string_view kAudited = "audited";   // id of an act that stands in the Log already

std::vector<std::string> all_tables();

// Parts of a key, each ended by a byte that none of them holds.
std::string key_of(std::initializer_list<std::string_view> parts);
std::string big_endian(std::uint64_t number);           // 8 bytes, which sort as the numbers do
std::uint64_t from_big_endian(std::string_view bytes);  // 0 when there are fewer than 8

std::string waiting_key(std::string_view workspace, Position position);  // of kWaiting

std::string encode(event::StreamPlace place);
Result<event::StreamPlace> decode_place(std::string_view bytes);  // JOURNAL_DAMAGED

}  // namespace lumenflow::conductor
