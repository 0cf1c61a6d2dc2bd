// Both sides of a workspace's events, as `audit compare` and `verify turn` hold them against each other.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "cli/context.h"
#include "cli/session.h"
#include "conductor_link/comparison.h"
#include "http/client.h"

namespace lumenflow::cli {

struct BothSides {
  std::unique_ptr<Session> session;
  std::unique_ptr<http::Client> conductor;
  conductor_link::WorkspaceFacts facts;  // read before any event is: what they say, the conductor has by then
  conductor_link::EventPages::Fetch here, there;
};

// Every item of a route that answers {items, next}, until `stop` says so. `path` has its query, but for `after`.
Status each_item(Session& session, const std::string& path, const std::function<bool(const json::Value&)>& stop);
// The workspace's own side; `session` outlives what is returned.
Result<conductor_link::WorkspaceFacts> facts_of(Session& session);
conductor_link::EventPages::Fetch local_events(Session& session);
// Whatever load_enrollment says of a workspace that is not enrolled.
Result<BothSides> both_sides(Context& context);

}  // namespace lumenflow::cli
