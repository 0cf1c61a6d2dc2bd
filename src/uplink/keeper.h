// The port through which the uplink changes what is durable (journal::Outbox, journal::Inbound): whoever owns the
// journal's strand implements it.
//
// Calls return at once and are carried out in the order in which they were made; each calls back once, on any thread,
// when it is durable or has failed.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "journal/inbound.h"
#include "journal/outbox.h"
#include "lumenflow/result.h"

namespace lumenflow::uplink {

struct Settlement {
  std::string stream;
  journal::EphemeralMark mark;
  std::map<std::string, std::uint64_t> dropped;  // by kind, since the last settlement
};

class OutboxKeeper {
 public:
  using Done = std::function<void(const Status&)>;
  virtual ~OutboxKeeper() = default;
  // Outbox::acknowledge.
  virtual void acknowledge(const std::string& stream, Position to, Done done) = 0;
  // Outbox::dead_letter.
  virtual void dead_letter(const std::string& stream, Position position, const std::string& reason, Done done) = 0;
  // Outbox::settle.
  virtual void settle(const Settlement& settlement, Done done) = 0;
  // Outbox::rebase; `anew`: in the same commit the journal takes a log_id that nobody knows yet (Log::rename).
  virtual void rebase(bool anew, Done done) = 0;
  // Inbound::take.
  virtual void receive(const journal::InboundBatch& batch, Done done) = 0;
};

}  // namespace lumenflow::uplink
