// How a recording of the kernel begins.
#pragma once

#include <functional>
#include <memory>

#include "catalogue/catalogue.h"
#include "kernel/raw_frame.h"
#include "lumenflow/json.h"
#include "lumenflow/result.h"

namespace lumenflow::kernel {

struct RecordingRequest {
  // Called once, on the strand, where the recording begins: with what the kernel says of itself, which goes into the
  // header. The taker outlives the recording.
  std::function<Result<FrameTaker*>(json::Object start)> begin;
  std::function<void(const Status&)> begun;  // likewise, after it; or when it could not begin
  // Likewise, when it had to end because the configuration or the packs are loaded anew: for whoever begins another,
  // which waits until that is done. May be empty.
  std::function<void()> reloaded = {};
};

// What no recording has, whatever happens: for its header.
json::Array never_captured();
// As a header has it.
json::Array catalogue_in_header(const catalogue::Catalogue& catalogue);

}  // namespace lumenflow::kernel
