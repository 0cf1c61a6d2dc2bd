// Heads of the journal for the conductor to co-sign, and of its own Log for this workspace to watch: what it signed is
// kept in the journal, and a head of its that is no growth of the last one is an alarm.
//
// Thread safe: asked on the link's thread; what becomes durable goes through the kernel's strand.
#pragma once

#include <mutex>
#include <optional>
#include <string>

#include "base/time.h"
#include "conductor_link/enrollment.h"
#include "conductor_link/http_link.h"
#include "log/checkpoint.h"
#include "sidecar/workspace.h"

namespace lumenflow::sidecar {

class JournalHeads final : public conductor_link::HeadExchange {
 public:
  // The last head of the conductor that held is read from the journal. Made on the strand.
  JournalHeads(Workspace& workspace, const conductor_link::Enrollment& enrollment);

  void greeted(const uplink::Welcome& welcome) override;
  std::optional<conductor_link::HeadOffer> offer() override;
  void heard(const std::optional<conductor_link::HeadOffer>& offered, const conductor_link::BatchReply& reply) override;
  void lost() override;

  // Why the conductor's history is not believed any more; empty: it holds.
  std::string alarm() const;

  static constexpr std::chrono::milliseconds kOfferEvery{1'000};
  static constexpr std::chrono::milliseconds kRecordEvery{60'000};  // an entry of the journal, at most

 private:
  Status check_cosigned(const std::string& offered, const std::string& cosigned) const;
  Result<log::Checkpoint> check_conductor_head(const conductor_link::ConductorHead& head) const;
  void record(const std::string& whose, const std::string& note, const log::Head& head, bool with_entry);
  void raise(const std::string& what);

  Workspace& workspace_;
  const std::string log_public_key_;  // this workspace's
  const std::string conductor_key_;   // 32 bytes; empty: unknown
  const std::string witness_key_;
  SystemClock clock_;
  mutable std::mutex mutex_;
  bool known_from_ = false;  // what the conductor co-signed last is known
  std::uint64_t from_ = 0;   // its size
  std::chrono::nanoseconds offered_at_{-1'000'000'000'000};
  std::chrono::nanoseconds recorded_ours_{-1'000'000'000'000}, recorded_theirs_{-1'000'000'000'000};
  std::optional<log::Head> theirs_;  // of the conductor's Log, that held
  std::string alarm_;
};

}  // namespace lumenflow::sidecar
