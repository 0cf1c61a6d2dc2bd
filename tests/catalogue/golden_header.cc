// Compiled for its warnings alone, and for the names that nobody would choose.
#include "golden/out/runtime_event_manifest.generated.h"

namespace lumenflow::runtime_events {

static_assert(kManifestHash == kManifestHash && kGeneratedRuntimeEventDefinitions.size() == 15);
static_assert(kContentEventDefinitions.size() == 7 && kContentEventChannels.size() == 7);
static_assert(class_::kEventDefinitions.size() == 6 && sample_pack::kEventDefinitions.size() == 1);
static_assert(sample_pack::sample::ReactorPrimed::kVersion == 2);
static_assert(RuntimeEventType::kNew_A_1 != RuntimeEventType::kNew_A1);
static_assert(RuntimeEventType::kAB_C != RuntimeEventType::kA_BC);
static_assert(static_cast<std::uint32_t>(ContentRuntimeEventType::kStd_String) == class_::std::String::kChannel);

class_::std::String shapes();
class_::std::String shapes() {
  class_::std::String out;
  // By value: clang takes a nested class with initializers for one that emplace() cannot make.
  decltype(out.string)::value_type string;
  string.x = 1;
  decltype(out.deep)::value_type deep;
  decltype(deep.deep)::value_type deeper;
  deeper.deep = true;
  deep.deep = deeper;
  out.string = string;
  out.path.emplace().push_back({.x = 1, .y = 2});
  out.grid = {{{1, 2}, {3}}};
  out.deep = deep;
  return out;
}

class_::new_::A_1 names();
class_::new_::A_1 names() {
  class_::new_::A_1 out;
  out.class_ = "required";
  out.max_temp = "required, too";
  out.max_temp_2 = "another";
  return out;
}

}  // namespace lumenflow::runtime_events
