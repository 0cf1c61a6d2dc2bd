// What retention let go of, as the journal says it: up to which positions stored inputs and outputs may be absent. Only
// what such an entry covers may be; whatever else is gone is missing.
//
// The entry is signed with the log's key, because what it allows is proven by nothing else: whoever can write the file
// could append one. Pure functions; any thread.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/signing.h"
#include "base/strong.h"
#include "base/time.h"
#include "lumenflow/json.h"
#include "lumenflow/result.h"

namespace lumenflow::journal {

inline constexpr std::string_view kCutType = "workspace.retention";

// A part of a row that begins at or before the position may be gone.
struct Cut {
  Position inputs{}, outputs{};
  bool operator==(const Cut&) const = default;
};

// Of the parts below the cut: they were recorded before these moments.
struct CutTerms {
  Timestamp inputs_before, outputs_before;
};

std::string signed_cut(const Cut& cut, const CutTerms& terms, std::string_view log_id, Timestamp ts,
                       const Ed25519KeyPair& key);
// The cut of an entry of that type at this position, in a log of one of these ids. JOURNAL_DAMAGED saying what does not
// hold: its form, its signature, another log's, or that it covers itself.
Result<Cut> check_cut(const json::Value& entry, Position at, std::string_view public_key,
                      std::span<const std::string> log_ids);

}  // namespace lumenflow::journal
