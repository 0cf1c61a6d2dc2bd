// The conductor without its sockets: requests in, answers out, on whatever runs its one thread.
//
// The io thread only. Borrows all it is given; what it has posted or put off is to be dropped with it. Whoever owns it
// calls sweep() about once a second.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "conductor/conductor.h"
#include "http/server.h"

namespace lumenflow::conductor {

struct CorePorts {
  Store& store;
  Executor& executor;
  const Clock& clock;
  Random& random;
  std::function<void(std::function<void()>)> post;                              // to the io thread; any thread
  std::function<void(std::chrono::milliseconds, std::function<void()>)> after;  // on the io thread, later
};

class Core {
 public:
  Core(const CorePorts& ports, const ConductorOptions& options);
  ~Core();

  void handle(http::Request request, std::unique_ptr<http::Responder> responder);
  // The answer to what never became a request.
  http::Response problem(const Error& error);
  // Where nobody has said how it is reached.
  void reached_at(const std::string& url);
  // What is over: once a second.
  void sweep();
  // Ends streams and waiting questions; what comes from now on may be refused.
  void close();
  bool closing() const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace lumenflow::conductor
