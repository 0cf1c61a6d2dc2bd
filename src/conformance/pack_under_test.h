// What is tested: a pack's files, and a way to start its code again.
//
// The checks know no more of a pack than this, so that one engine serves packs compiled in and packs that are
// processes. One thread.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/files.h"
#include "lumenflow/pack.h"
#include "pack/registry.h"

namespace lumenflow::conformance {

class PackUnderTest : public pack::PackFiles {
 public:
  // Moves what the pack registered to what the host is given, with whatever it wants to see of it put around.
  using Observe = std::function<void(pack::Registration& pack, pack::Registration& host)>;

  // Where its manifest is, for messages.
  virtual std::string display_path() const = 0;
  // Starts the pack's code as a new process of the program would, and judges it: the registry of this pack alone, which
  // may have refused it. Nothing that an earlier start kept in memory is known to this one. It ends with the registry.
  virtual std::shared_ptr<const pack::Registry> start(const Observe& observe) = 0;
};

// Borrows the pack, which is static data. Starting it again is registering again: what such a pack keeps in static
// variables outlives that.
std::unique_ptr<PackUnderTest> builtin_under_test(const pack::BuiltinPack& pack);

// A pack that lies in a folder (absolute, without symlinks), whose code `load_code` starts: each time anew, so whatever
// it gives ends with what is registered. Borrows the file system.
std::unique_ptr<PackUnderTest> folder_under_test(const Files& files, std::string folder, pack::CodeLoader load_code);

// Nobody is asked and every surface is there: what a pack needs of its workspace is no matter of these checks.
const pack::Activation& everything_granted();

}  // namespace lumenflow::conformance
