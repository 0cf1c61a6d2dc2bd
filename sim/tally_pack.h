// A pack that counts: what was done twice, or not at all, or in another order, shows in its store and in its events.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "log/log.h"
#include "lumenflow/pack.h"

namespace lumenflow::sim {

inline constexpr std::string_view kNoted = "tally:noted";    // queue; emitted with the result of kNote
inline constexpr std::string_view kSlowed = "tally:slowed";  // queue; emitted while kSlow runs
inline constexpr std::string_view kSeen = "tally:seen";      // ephemeral
inline constexpr std::string_view kAsked = "tally:asked";    // queue; emitted with the result of kAsk
inline constexpr std::string_view kHeard = "tally:heard";    // queue; emitted by the handlers of the first two

// Input of each: {n}.
inline constexpr std::string_view kNote = "tally:note";  // on the strand: puts n into its list, emits kNoted
inline constexpr std::string_view kSlow = "tally:slow";  // off the strand: emits kSlowed at once
inline constexpr std::string_view kSee = "tally:see";    // on the strand: emits kSeen
inline constexpr std::string_view kAsk = "tally:ask";    // on the strand, once somebody has approved it: emits kAsked

const pack::BuiltinPack& tally_pack();

// What kNote put into its list, and what the handler of a kind has heard, in their order.
Result<std::vector<std::int64_t>> noted(const log::TableReader& tables);
Result<std::vector<std::int64_t>> heard_of(const log::TableReader& tables, std::string_view kind);

}  // namespace lumenflow::sim
