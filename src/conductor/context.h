// What the conductor's routes share, and the one request of each.
//
// Everything here is used on the io thread. The context outlives the routes and whatever they started.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/executor.h"
#include "base/random.h"
#include "base/rate_limiter.h"
#include "base/time.h"
#include "conductor/acts.h"
#include "conductor/bells.h"
#include "conductor/ledger.h"
#include "conductor/principal.h"
#include "conductor/store.h"
#include "http/exchange.h"
#include "http/openapi.h"

namespace lumenflow::conductor {

class Authenticator;
class Commands;
class Ingest;
class Metrics;
class Notifier;
class Sidecars;
class SignIns;
class Uplinks;
class Views;

class Exchange final : public http::Exchange {
 public:
  using http::Exchange::Exchange;
  Principal principal;  // set once authenticated
};
using ExchangePtr = std::shared_ptr<Exchange>;

// Where strangers knock: each has limits of its own, so that who guesses passphrases keeps no workspace from renewing.
enum class Door : std::uint8_t { kNone, kSignIn, kEnroll, kRenew };

// What a route is: the router, the checks before it, GET /openapi.json and the test of all routes read this.
struct RouteSpec {
  http::Method method = http::Method::kGet;
  std::string_view pattern = {};
  std::string_view id = {};  // operationId
  std::string_view summary = {};
  // Schemas of schemas/http/conductor.schema.json: what the body is, and what a success of each status answers.
  std::string_view request = {};
  std::vector<http::RouteAnswer> answers = {};
  bool request_lines = false;         // the body may come as application/x-ndjson, too
  std::string_view stream_item = {};  // with Accept: text/event-stream: the data of each event
  std::string_view refusal = {};      // besides problems
  Who who = 0;                        // bits of kAnybody …; 0: no credential is looked at
  Role role = Role::kViewer;          // of operators: at least this
  std::string_view scope = {};        // of devices: empty, any
  std::vector<http::RouteParameter> parameters = {};
  std::string_view media_type = "application/json";
  Door door = Door::kNone;     // limited by address and over all
  bool ticket_bearer = false;  // the bearer is a one-time ticket
};

struct Context {
  Store& store;
  Ledger& ledger;
  Acts& acts;
  Executor& executor;
  const Clock& clock;
  Random& random;
  Post post;
  std::function<void(std::chrono::milliseconds, std::function<void()>)> after;
  std::string public_url;
  bool secure = false;  // under TLS: cookies say so
  std::chrono::milliseconds heartbeat{15'000};
  Authenticator* authenticator = nullptr;
  Commands* commands = nullptr;
  Ingest* ingest = nullptr;
  Views* views = nullptr;
  Uplinks* uplinks = nullptr;
  Notifier* notifier = nullptr;
  Sidecars* sidecars = nullptr;
  Metrics* metrics = nullptr;
  SignIns* sign_ins = nullptr;
  struct Limits {
    RateLimiter by_address{20, 200};
    RateLimiter over_all{200, 2000};
  };
  std::map<Door, Limits> doors = {};
  Bells bells = {};               // of a workspace: something of it is durable that was not
  std::uint64_t revocations = 0;  // counts up with each: live streams look again at who opened them
  bool closing = false;
  std::map<std::string, std::string> swept_to = {};  // by table
  std::vector<RouteSpec> table = {};
};

class Routes {
 public:
  Routes(http::Router& router, Context& context) : router_(router), context_(context) {}
  using Handler = std::function<void(const ExchangePtr&)>;
  void add(const RouteSpec& spec, Handler handler);

 private:
  http::Router& router_;
  Context& context_;
};

inline constexpr std::size_t kUnpackedMax = 4u << 20;  // of a body that came compressed

// Answers with the error, and records who was refused what; `tried`: the account that was asked for. A fault of the
// conductor's own is no refusal.
void refuse(Context& context, const ExchangePtr& exchange, const Error& error, const std::string& tried = "");
// Records it alone, for a refusal that is part of an answer: in this turn's batch. Any code.
void note_refusal(Context& context, const Exchange& exchange, const Error& error, const std::string& tried = "");
// The request's body as a JSON object; nothing: it was answered.
std::optional<json::Value> body_of(Context& context, const ExchangePtr& exchange);

void add_status_routes(Routes& routes, Context& context);
void add_session_routes(Routes& routes, Context& context);
void add_enrollment_routes(Routes& routes, Context& context);
void add_token_routes(Routes& routes, Context& context);
void add_admin_routes(Routes& routes, Context& context);
void add_ingest_routes(Routes& routes, Context& context);
void add_uplink_routes(Routes& routes, Context& context);
void add_proof_routes(Routes& routes, Context& context);
void add_workspace_routes(Routes& routes, Context& context);
void add_command_routes(Routes& routes, Context& context);
void add_invoke_routes(Routes& routes, Context& context);
void add_relay_routes(Routes& routes, Context& context);
void add_notify_routes(Routes& routes, Context& context);
void add_openapi_route(Routes& routes, Context& context);

}  // namespace lumenflow::conductor
