// A sidecar on a scratch workspace, as a child process: what a demonstration runs against. One thread.
//
// The folder and the process end with it.
#pragma once

#include <functional>
#include <iosfwd>
#include <memory>
#include <string>
#include <string_view>

#include "base/process.h"
#include "cli/context.h"

namespace lumenflow::cli {

class DemoSidecar {
 public:
  // Says what it does on `say`.
  DemoSidecar(Context& context, std::ostream& say) : context_(context), say_(say) {}
  ~DemoSidecar();

  // Makes the workspace, has it furnished (nothing: left as it is), starts its sidecar and mints a token for
  // `demo:visitor` with these scopes.
  using Furnish = std::function<Status(const std::string& root)>;
  Status start(std::string_view scopes, const Furnish& furnish = {});
  // Returns when the sidecar has ended by itself, or with stop_and_verify() after Ctrl-C.
  Status stay_up();
  // Drains it, and proves the journal from the disk.
  Status stop_and_verify();

  const std::string& url() const { return url_; }
  const std::string& token() const { return token_; }

 private:
  Status prepare();
  Status launch();
  Status mint(std::string_view scopes);
  void say(const std::string& text);

  Context& context_;
  std::ostream& say_;
  std::string root_, url_, token_;
  std::unique_ptr<Process> process_;
};

}  // namespace lumenflow::cli
