// The workspace daemon: kernel and surfaces on one io thread, which is the kernel's strand.
//
// Everything runs on the thread that runs the io_context. Borrows all it is given.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/random.h"
#include "base/time.h"
#include "lumenflow/result.h"
#include "sidecar/workspace.h"

namespace boost::asio {
class io_context;
}

namespace lumenflow::sidecar {

class Routes;
struct RouteContext;

// Adds the routes of one more surface to those of the sidecar itself. What it makes of the context is gone before the
// context is.
using Surface = std::function<void(Routes& routes, RouteContext& context)>;

struct SidecarOptions {
  bool tcp = true;
  std::string listen;    // HOST:PORT; empty: as lumenflow.yaml says
  std::string tls_cert;  // files; empty: as lumenflow.yaml says
  std::string tls_key;
  std::string socket_path;                      // empty: no control socket
  std::chrono::milliseconds heartbeat{15'000};  // of event streams
  bool uplink = false;                          // carries events away, where lumenflow.yaml names an adapter
  bool housekeeping = false;                    // retention and backups
  std::vector<Surface> surfaces = {};           // besides HTTP: protocols that have a module of their own
};

struct Ready {
  std::string url;     // empty without TCP
  std::string socket;  // empty without one
};

// What the workspace's kernel is to be given as its doorbell: the strand is the io_context's thread.
class Doorbell {
 public:
  explicit Doorbell(boost::asio::io_context& io) : io_(io) {}
  void ring();  // any thread
  void connect(std::function<void()> run_pending) { run_pending_ = std::move(run_pending); }

 private:
  boost::asio::io_context& io_;
  std::function<void()> run_pending_;
};

class Sidecar {
 public:
  virtual ~Sidecar() = default;
  // Listens. IO_ERROR or ALREADY_EXISTS naming --listen when the address is taken.
  virtual Result<Ready> start() = 0;
  // Stops accepting, lets running calls end within the drain timeout, closes; then `done`.
  virtual void drain(std::function<void()> done) = 0;
};

std::unique_ptr<Sidecar> make_sidecar(boost::asio::io_context& io, Workspace& workspace, Doorbell& doorbell,
                                      const Clock& clock, Random& random, SidecarOptions options);

}  // namespace lumenflow::sidecar
