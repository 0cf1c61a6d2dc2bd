// The page for one workspace, without a conductor: what the page asks of one is answered from the sidecar of this
// process.
//
// Everything runs on the io thread. Borrows all it is given; the sidecar outlives it.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "base/random.h"
#include "base/time.h"
#include "local_page/operator_hand.h"
#include "lumenflow/result.h"

namespace boost::asio {
class io_context;
}

namespace lumenflow::http {
class StaticSite;
struct Request;
class Responder;
}  // namespace lumenflow::http

namespace lumenflow::local_page {

// The sidecar's routes, as whoever runs it may use them.
using AskSidecar = std::function<void(http::Request, std::unique_ptr<http::Responder>)>;

struct LocalPageOptions {
  std::string listen;  // HOST:PORT of this machine alone; empty: 127.0.0.1:7421, or another port where that is taken
  std::string workspace_id;
  std::string person;  // who is at the console, for people to read
};

struct LocalPagePorts {
  boost::asio::io_context& io;
  const Clock& clock;
  Random& random;
  const http::StaticSite& page;
  AskSidecar ask;
  OperatorHand hand = {};
};

class LocalPage {
 public:
  virtual ~LocalPage() = default;
  // Listens. INVALID_INPUT for an address that others can reach, IO_ERROR when it is taken.
  virtual Status start() = 0;
  // An address that signs one browser in, once, within ten minutes. What is secret in it stands behind the `#`.
  virtual std::string link() = 0;
  // Ends streams, closes; then `done`.
  virtual void drain(std::function<void()> done) = 0;
};

std::unique_ptr<LocalPage> make_local_page(const LocalPagePorts& ports, LocalPageOptions options);

}  // namespace lumenflow::local_page
