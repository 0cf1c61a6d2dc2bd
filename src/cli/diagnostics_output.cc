#include "cli/diagnostics_output.h"

#include <ostream>

#include "sidecar/version.h"

namespace lumenflow::cli {

void print_diagnostics(const Context& context, const pack::Diagnostics& diagnostics, const std::string& format) {
  if (format == "json")
    context.out << json::serialize_pretty(render_json(diagnostics)) << "\n";
  else if (format == "sarif")
    context.out << json::serialize_pretty(render_sarif(diagnostics, sidecar::kVersion)) << "\n";
  else
    context.out << render_text(diagnostics, context.colour);
}

void warn_of(const Context& context, const pack::Diagnostics& diagnostics) {
  if (!diagnostics.items().empty()) context.err << render_text(diagnostics, false);
}

}  // namespace lumenflow::cli
