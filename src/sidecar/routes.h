// The sidecar's routes, one file per resource. Each authenticates, checks the route's token scope, then does its work
// on the io thread.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "http/router.h"
#include "sidecar/authenticator.h"
#include "sidecar/exchange.h"
#include "sidecar/workspace.h"

namespace lumenflow::sidecar {

class Metrics;

// Runs a function on the io thread, from any thread.
using PostToStrand = std::function<void(std::function<void()>)>;

// What the routes share; outlives them.
struct RouteContext {
  Workspace& workspace;
  Authenticator& authenticator;
  Metrics& metrics;
  const Clock& clock;
  Random& random;
  PostToStrand post;
  // Runs a function once on the io thread after a delay.
  std::function<void(std::chrono::milliseconds, std::function<void()>)> after;
  std::function<std::size_t()> connections;  // open now
};

class Routes {
 public:
  Routes(http::Router& router, RouteContext& context) : router_(router), context_(context) {}
  using Handler = std::function<void(const ExchangePtr&)>;
  // `scope` empty: any authenticated caller. `local_only`: answers on the control socket, NOT_FOUND elsewhere.
  void add(http::Method method, const std::string& pattern, std::string_view scope, Handler handler,
           bool local_only = false);
  void add_open(http::Method method, const std::string& pattern, Handler handler);  // without a token

 private:
  http::Router& router_;
  RouteContext& context_;
};

void add_tool_routes(Routes& routes, RouteContext& context);
void add_call_routes(Routes& routes, RouteContext& context);
void add_event_routes(Routes& routes, RouteContext& context);
void add_audit_routes(Routes& routes, RouteContext& context);
void add_status_routes(Routes& routes, RouteContext& context);
void add_openapi_route(Routes& routes, RouteContext& context);

// A request id: the caller's when it is well formed, else a new one.
std::string request_id_of(const http::Request& request, const Clock& clock, Random& random);

}  // namespace lumenflow::sidecar
