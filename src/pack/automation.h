// One automation of a manifest: what it waits for, under which condition, and the call that it then makes.
//
// A value, immutable once read. The functions are pure.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "lumenflow/handler.h"
#include "lumenflow/json.h"
#include "pack/manifest.h"

namespace lumenflow::pack {

struct Automation {
  std::string id;
  std::string on;                // a kind of kernel events, or a type of the bus
  bool on_bus = false;           // a type that is no kernel event, too: it is heard where it is said, and gone then
  json::Object when;             // members of the payload, or JSON pointers into it, and the values they must have
  std::string tool;              // name or alias
  json::Value input;             // what bears {"$event": POINTER} gets the value there
  std::int64_t cooldown_ms = 0;  // how long it does not fire again
  bool follows_plan = false;     // the tool answers {plan: [{tool, input}]}, whose steps are then called in their order
};

// The runtime event types that there are, and the kernel event kind that each is emitted as, too; empty: none.
using KindsOfTypes = std::map<std::string, std::string, std::less<>>;

// Those of the manifest that are enabled, in its order. One that waits for a type with a kind waits for that kind.
std::vector<Automation> automations_of(const Manifest& manifest, const KindsOfTypes& types);

// Whether it is to fire at this event.
bool fires_at(const Automation& automation, const Event& event);
// The call's input. A pointer goes into {kind, event_id, timestamp, from, stream, seq, payload}; where nothing stands
// there, nothing is put.
json::Value input_for(const Automation& automation, const Event& event);

}  // namespace lumenflow::pack
