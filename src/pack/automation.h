// One automation of a manifest: what it waits for, under which condition, and the call that it then makes.
//
// A value, immutable once read. The functions are pure.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lumenflow/handler.h"
#include "lumenflow/json.h"
#include "pack/manifest.h"

namespace lumenflow::pack {

struct Automation {
  std::string id;
  std::string on;                // a kind of kernel events
  json::Object when;             // members of the payload, or JSON pointers into it, and the values they must have
  std::string tool;              // name or alias
  json::Value input;             // what bears {"$event": POINTER} gets the value there
  std::int64_t cooldown_ms = 0;  // how long it does not fire again
  bool follows_plan = false;     // the tool answers {plan: [{tool, input}]}, whose steps are then called in their order
};

// Those of the manifest that are enabled and wait for a kind, in its order.
std::vector<Automation> automations_of(const Manifest& manifest);

// Whether it is to fire at this event.
bool fires_at(const Automation& automation, const Event& event);
// The call's input. A pointer goes into {kind, event_id, timestamp, from, stream, seq, payload}; where nothing stands
// there, nothing is put.
json::Value input_for(const Automation& automation, const Event& event);

}  // namespace lumenflow::pack
