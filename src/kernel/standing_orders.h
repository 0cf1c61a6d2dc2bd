// What operators have said and what stands until they say otherwise: tokens and devices that are revoked, and what is
// stopped. It is kept in the kernel's own store; this is the strand's copy of it.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "log/log.h"
#include "lumenflow/result.h"

namespace lumenflow::kernel {

// Keys in the kernel's store. A revoked token stands under its id, a device under its subject; the value is a time in
// milliseconds: when the token can be forgotten, when the device was revoked. What is stopped stands as "all",
// "tool/<name>" or "subject/<subject>".
inline constexpr std::string_view kRevokedPrefix = "revoked/";
inline constexpr std::string_view kStoppedPrefix = "stopped/";

class StandingOrders {
 public:
  Status load(const log::TableReader& tables);  // also the way back after a failed commit
  // A key of the store was written or erased; whether that stops more than before.
  bool changed(std::string_view store_key, bool written);

  bool revoked(std::string_view id) const { return revoked_.contains(id); }
  bool stops_nothing() const { return stopped_.empty(); }
  // The order that stops such a call; empty: none. `on_behalf_of` may be empty.
  std::string stopping(std::string_view tool, std::string_view subject, std::string_view on_behalf_of) const;

 private:
  std::set<std::string, std::less<>> revoked_;
  std::set<std::string, std::less<>> stopped_;
};

}  // namespace lumenflow::kernel
