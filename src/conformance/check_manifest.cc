// C1: the manifest validates and agrees with what the code registered.
#include "conformance/run.h"

namespace lumenflow::conformance {
namespace {

std::string place_of(const pack::Diagnostic& diagnostic) {
  if (diagnostic.place.line == 0) return diagnostic.place.file;
  return diagnostic.place.file + ":" + std::to_string(diagnostic.place.line) + ":" +
         std::to_string(diagnostic.place.column);
}

}  // namespace

Status check_manifest(Run& run) {
  const auto keep = [&](pack::Registration& pack, pack::Registration& host) {
    run.input_rule = pack.input_rule();
    observe(pack, run.seen, host);
  };
  const std::shared_ptr<const pack::Registry> registry = run.pack.start(keep);
  Case& found = run.begin("C1", "");
  for (const pack::Diagnostic& diagnostic : registry->diagnostics().items()) {
    const std::string what = diagnostic.code + " " + diagnostic.name + ": " + diagnostic.message;
    if (diagnostic.severity == pack::Severity::kError)
      found.fail(what, {"at " + place_of(diagnostic)}, diagnostic.help);
    else
      found.notes.push_back(what + " (" + place_of(diagnostic) + ")");
  }
  if (registry->packs().empty()) {
    if (found.faults.empty()) found.fail("the pack was refused", {}, "see `lumenflow pack validate`");
    return {};
  }
  run.manifest = registry->packs().front()->manifest;
  run.report.pack = run.manifest.id;
  run.report.version = run.manifest.version;
  for (const pack::ToolDescriptor& tool : run.manifest.tools)
    for (const pack::Scope& scope : tool.required_scopes) run.write_scopes.push_back(scope);
  return {};
}

}  // namespace lumenflow::conformance
