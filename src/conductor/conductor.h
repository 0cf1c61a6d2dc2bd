// The control plane: HTTP routes over one store, on one io thread.
//
// Everything runs on the thread that runs the io_context, but for the executor's work: passphrases, writing records,
// notifying. Borrows all it is given; the executor is to be finished before the conductor is destroyed.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "base/executor.h"
#include "base/random.h"
#include "base/time.h"
#include "conductor/store.h"
#include "lumenflow/result.h"

namespace boost::asio {
class io_context;
}

namespace lumenflow::http {
class StaticSite;
}

namespace lumenflow::conductor {

struct ConductorOptions {
  std::string listen = "127.0.0.1:7430";
  std::string public_url;  // how workspaces and devices reach it; empty: as it listens
  std::string tls_cert, tls_key;
  std::chrono::milliseconds heartbeat{15'000};  // of event streams
  std::chrono::milliseconds sweep{1'000};       // between looks at what is over
  bool private_hooks = false;                   // webhooks may lead to private addresses
  bool private_sidecars = false;                // likewise `sidecar_url`
  const http::StaticSite* page = nullptr;       // outlives the conductor; served where no route is asked for
};

struct Ready {
  std::string url;
};

class Conductor {
 public:
  virtual ~Conductor() = default;
  // Listens. IO_ERROR naming --listen when the address is taken.
  virtual Result<Ready> start() = 0;
  // Ends streams and waiting questions, closes; then `done`.
  virtual void drain(std::function<void()> done) = 0;
};

std::unique_ptr<Conductor> make_conductor(boost::asio::io_context& io, Store& store, Executor& executor,
                                          const Clock& clock, Random& random, ConductorOptions options);

}  // namespace lumenflow::conductor
