// The sidecar's routes, one file per resource. Each authenticates, checks the route's token scope, then does its work
// on the io thread.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "http/openapi.h"
#include "http/router.h"
#include "sidecar/authenticator.h"
#include "sidecar/exchange.h"
#include "sidecar/workspace.h"

namespace lumenflow::sidecar {

class Metrics;
class Housekeeping;
class UplinkHost;

// Runs a function on the io thread, from any thread.
using PostToStrand = std::function<void(std::function<void()>)>;

// Who may ask: the bearer of a token (or the control socket's peer), the peer alone, or anybody.
enum class Access : std::uint8_t { kToken, kSocketOnly, kOpen };

using http::RouteParameter;

// What a route is: the router, the check of its scope and GET /openapi.json all read this.
struct RouteSpec {
  http::Method method = http::Method::kGet;
  std::string_view pattern = {};  // "/tools/{name}"
  std::string_view scope = {};    // empty: any authenticated caller
  std::string_view id = {};       // operationId
  std::string_view summary = {};
  // Schemas of schemas/http/sidecar.schema.json: what the body is, and what a success of each status answers. Without
  // any, a route speaks a protocol of its own.
  std::string_view request = {};
  std::vector<http::RouteAnswer> answers = {};
  std::string_view stream_item = {};            // with Accept: text/event-stream: the data of each event
  std::string_view refusal = {};                // besides problems
  std::vector<RouteParameter> parameters = {};  // besides those of the path
  Access access = Access::kToken;
  std::string_view media_type = "application/json";
  bool asks_token_itself = false;  // though open here: its refusals have a form of their own
  bool scope_of_one_pack = false;  // the scope for one pack is enough; the route then speaks of that pack alone
};

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
  std::function<std::size_t()> connections;    // open now
  std::chrono::milliseconds heartbeat;         // between the comments that keep a silent stream open
  const UplinkHost* uplink = nullptr;          // null: this process carries no events away
  std::string uplink_fault = {};               // why it could not start
  const Housekeeping* housekeeping = nullptr;  // null: nobody does it here
  bool closing = false;                        // the kernel has drained: streams end
  std::vector<RouteSpec> table = {};           // every route there is
};

class Routes {
 public:
  Routes(http::Router& router, RouteContext& context) : router_(router), context_(context) {}
  using Handler = std::function<void(const ExchangePtr&)>;
  // A socket-only route is NOT_FOUND to everybody else.
  void add(const RouteSpec& spec, Handler handler);

 private:
  http::Router& router_;
  RouteContext& context_;
};

// Makes the call of a route of its own; what comes of it is sent by `answer`, as it is where that is left out.
using AnswerCall = void (*)(Exchange&, const kernel::CallResult&);
void make_call(const ExchangePtr& exchange, RouteContext& context, kernel::Call call, AnswerCall answer = send_refusal);

void add_tool_routes(Routes& routes, RouteContext& context);
void add_call_routes(Routes& routes, RouteContext& context);
void add_event_routes(Routes& routes, RouteContext& context);
void add_approval_routes(Routes& routes, RouteContext& context);
void add_audit_routes(Routes& routes, RouteContext& context);
void add_handler_routes(Routes& routes, RouteContext& context);
void add_outbox_routes(Routes& routes, RouteContext& context);
void add_pack_routes(Routes& routes, RouteContext& context);
void add_recovery_routes(Routes& routes, RouteContext& context);
void add_task_routes(Routes& routes, RouteContext& context);
void add_status_routes(Routes& routes, RouteContext& context);
void add_openapi_route(Routes& routes, RouteContext& context);

}  // namespace lumenflow::sidecar
