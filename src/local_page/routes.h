// What the page's routes share, and the one request of each.
//
// Everything here is used on the io thread. The context outlives the routes and whatever they started.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "http/exchange.h"
#include "http/router.h"
#include "local_page/followers.h"
#include "local_page/grant.h"
#include "local_page/inner.h"
#include "local_page/sessions.h"
#include "local_page/turns.h"

namespace lumenflow::local_page {

class Exchange final : public http::Exchange {
 public:
  using http::Exchange::Exchange;
  std::string cookie;  // of the session that asks; empty where none is needed
};
using ExchangePtr = std::shared_ptr<Exchange>;

struct Context {
  const LocalPageOptions& options;
  const Clock& clock;
  Random& random;
  const OperatorHand& hand;
  Inner inner;
  Sessions sessions;
  std::function<void(std::chrono::milliseconds, std::function<void()>)> after;
  Timestamp started;
  Grant grant;
  std::string cookie_name = {};  // of this port: cookies are shared by all ports of a machine
  std::string log_id = {};       // of the journal
  Followers followers = {};
  Turns turns = {};
};

enum class Needs : std::uint8_t { kNothing, kSession };

class Routes {
 public:
  Routes(http::Router& router, Context& context) : router_(router), context_(context) {}
  using Handler = std::function<void(const ExchangePtr&)>;
  // Of a session: its cookie, and its word in the header X-CSRF-Token. A path's {id} is the workspace's.
  void add(http::Method method, std::string pattern, Handler handler, Needs needs = Needs::kSession);

 private:
  http::Router& router_;
  Context& context_;
};

// What the sidecar refused, as a problem; a Result's error, too.
Error error_of(const Told& told);

void add_session_routes(Routes& routes, Context& context);
void add_reading_routes(Routes& routes, Context& context);
void add_acting_routes(Routes& routes, Context& context);

}  // namespace lumenflow::local_page
