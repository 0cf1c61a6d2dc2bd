// What the demonstrations share: this program as a child process that says where it answers, and commands in this
// process whose words go elsewhere. One thread.
#pragma once

#include <iosfwd>
#include <memory>
#include <string>
#include <vector>

#include "base/process.h"
#include "cli/context.h"

namespace lumenflow::cli {

struct DemoChild {
  std::unique_ptr<Process> process;
  std::string url;
};

// `lumenflow ARGUMENTS…`, which prints one line of JSON when it is ready. `name` is what the errors call it.
Result<DemoChild> start_demo_child(const Context& context, const std::string& name, std::vector<std::string> arguments);
// Asks it to drain and waits for its end, which has to be a good one.
Status stop_demo_child(Process& process, const std::string& name);

// A new folder in the system's folder for such; who made it removes it.
Result<std::string> make_demo_folder();

// The same context, talking on another stream.
Context talking_on(const Context& context, std::ostream& out);

}  // namespace lumenflow::cli
