// lumenflow audit compare: every event of the journal against what the conductor has of it, in the order of its stream.
#include <ostream>

#include "cli/audit_facts.h"
#include "cli/commands.h"
#include "cli/output.h"

namespace lumenflow::cli {
namespace {

using conductor_link::Comparison;

Result<Comparison> compare_both(Context& context) {
  LUMENFLOW_TRY_ASSIGN(const BothSides sides, both_sides(context));
  return conductor_link::compare_events(sides.facts, sides.here, sides.there);
}

}  // namespace

int run_audit_compare(Context& context, const AuditFlags& flags) {
  const Result<Comparison> found = compare_both(context);
  if (!found.ok()) return fail(context, found.error());
  if (flags.json) {
    context.out << json::serialize(json::Value(json::Object{{"accounted", found->accounted},
                                                            {"explained", found->explained},
                                                            {"missing", found->missing},
                                                            {"altered", found->altered},
                                                            {"invented", found->invented},
                                                            {"examples", found->examples}}))
                << "\n";
    return found->well() ? 0 : 1;
  }
  context.out << found->accounted << " events are accounted for, " << found->explained << " are explained gaps, "
              << found->missing << " are missing there, " << found->altered << " were altered, " << found->invented
              << " were never emitted here\n";
  for (const json::Value& example : found->examples)
    context.out << cell(example.find("what")) << ": seq " << cell(example.find("seq")) << " "
                << cell(example.find("kind")) << " " << cell(example.find("event_id")) << "\n";
  return found->well() ? 0 : 1;
}

}  // namespace lumenflow::cli
