// C7: what the manifest does not declare is not emitted.
#include <map>
#include <optional>

#include "conformance/run.h"

namespace lumenflow::conformance {
namespace {

constexpr std::string_view kFix =
    "add it to emitted_event_kinds and backpressure_policy of the manifest, or emit a kind that is there";

// The host refuses, whatever the code does.
Status check_host(Run& run, Case& found) {
  LUMENFLOW_TRY_ASSIGN(const std::unique_ptr<Scratch> scratch, run.fresh());
  const std::string kind = run.manifest.slug + ":conformance_undeclared";
  std::optional<Error> refused;
  scratch->seen().probe = [&](pack::HostContext& context) {
    const auto emitted = context.emit_now(kind, json::Object{}, {});
    if (!emitted.ok()) refused = emitted.error();
  };
  LUMENFLOW_TRY(scratch->reopen(Scratch::Code::kGoesOn));
  if (!refused || refused->code() != ErrorCode::kUnknownKind)
    found.fail("the undeclared kind '" + kind + "' was not refused with UNKNOWN_KIND",
               {refused ? refused->to_string() : "it was emitted"}, "report this with the manifest");
  return {};
}

}  // namespace

Status check_undeclared(Run& run) {
  std::map<std::string, std::map<std::string, std::string>> by;  // who -> kind -> the host's words
  for (const Observed::RefusedEmission& each : run.seen.undeclared) by[each.by].emplace(each.kind, each.message);
  LUMENFLOW_TRY(check_host(run, run.begin("C7", "")));
  for (const auto& [who, kinds] : by) {
    Case& found = run.begin("C7", who);
    for (const auto& [kind, message] : kinds)
      found.fail("it tried to emit '" + kind + "', which the manifest does not declare", {message}, std::string(kFix));
  }
  return {};
}

}  // namespace lumenflow::conformance
