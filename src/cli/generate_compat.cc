// lumenflow generate compat: two catalogues held against each other.
#include <ostream>

#include "catalogue/compatibility.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "pack/event_types.h"

namespace lumenflow::cli {
namespace {

constexpr std::uint64_t kLockFileBytesMax = 256u << 20;

Result<catalogue::Lock> lock_at(const Context& context, const std::string& path) {
  LUMENFLOW_TRY_ASSIGN(std::string text, context.files.read(path, kLockFileBytesMax));
  catalogue::Faults faults;
  std::optional<catalogue::Lock> lock = catalogue::read_lock({path, std::move(text)}, faults);
  if (lock) return *std::move(lock);
  pack::Diagnostics found;
  pack::add_faults(faults, found);
  return Error(ErrorCode::kInvalidConfiguration, "\n" + render_text(found, false));
}

json::Value finding_json(const catalogue::CompatibilityFinding& finding) {
  json::Object out{{"rule", finding.rule},
                   {"what", finding.what},
                   {"direction", finding.forward ? "forward" : "backward"},
                   {"old_pointer", finding.old_pointer},
                   {"new_pointer", finding.new_pointer}};
  if (finding.witness) out.set("witness", *finding.witness);
  return out;
}

json::Value compat_json(const std::vector<catalogue::TypeCompatibility>& types) {
  json::Array out;
  for (const catalogue::TypeCompatibility& each : types) {
    json::Array findings;
    for (const catalogue::CompatibilityFinding& finding : each.findings) findings.push_back(finding_json(finding));
    out.push_back(
        json::Object{{"type", each.type},
                     {"verdict", name(each.verdict)},
                     {"old_version", each.old_version},
                     {"new_version", each.new_version == 0 ? json::Value() : json::Value(each.new_version)},
                     {"legal_version", each.legal_version == 0 ? json::Value() : json::Value(each.legal_version)},
                     {"findings", std::move(findings)}});
  }
  return out;
}

void print_finding(const Context& context, const catalogue::CompatibilityFinding& finding) {
  context.out << "  " << finding.rule << ": " << printable(finding.what) << "\n    old '"
              << printable(finding.old_pointer) << "'  new '" << printable(finding.new_pointer) << "'\n";
  if (finding.witness)
    context.out << (finding.forward ? "    valid in the new one, not in the old one: "
                                    : "    valid in the old one, not in the new one: ")
                << printable(json::serialize(*finding.witness)) << "\n";
  else if (finding.rule != "version")
    context.out << "    undecided: no payload was found that shows it, and '" << finding.rule
                << "' is beyond what can be proven\n";
}

void print_type(const Context& context, const catalogue::TypeCompatibility& each) {
  const std::string versions = each.old_version == each.new_version
                                   ? "version " + std::to_string(each.old_version)
                                   : "version " + std::to_string(each.old_version) +
                                         (each.new_version == 0 ? "" : " to " + std::to_string(each.new_version));
  const char* verdict = each.verdict == catalogue::Verdict::kBreaking    ? "BREAKS      "
                        : each.verdict == catalogue::Verdict::kUndecided ? "UNDECIDED   "
                                                                         : "compatible  ";
  context.out << verdict << printable(each.type) << " (" << versions << ")\n";
  for (const catalogue::CompatibilityFinding& finding : each.findings) print_finding(context, finding);
  if (each.verdict == catalogue::Verdict::kCompatible) return;
  if (each.legal_version > 0)
    context.out << "  version " << each.legal_version << " makes it legal\n";
  else
    context.out << "  no version makes it legal: put the type back\n";
}

}  // namespace

int run_generate_compat(Context& context, const GenerateCompatFlags& flags) {
  const auto mode = catalogue::parse_compatibility_mode(flags.mode);
  if (!mode) return fail_usage(context, Error(ErrorCode::kInvalidRequest, "no such mode: " + flags.mode));
  const Result<catalogue::Lock> before = lock_at(context, flags.before);
  if (!before.ok()) return fail_usage(context, before.error());
  const Result<catalogue::Lock> after = lock_at(context, flags.after);
  if (!after.ok()) return fail_usage(context, after.error());
  const std::vector<catalogue::TypeCompatibility> types = compare(*before, *after, *mode);
  bool breaks = false;
  for (const catalogue::TypeCompatibility& each : types)
    breaks = breaks || each.verdict != catalogue::Verdict::kCompatible;
  if (flags.format == "json") {
    context.out << json::serialize_pretty(compat_json(types)) << "\n";
    return breaks ? 1 : 0;
  }
  for (const catalogue::TypeCompatibility& each : types) print_type(context, each);
  if (!breaks) context.out << before->hash << " to " << after->hash << ": nothing breaks (" << flags.mode << ")\n";
  return breaks ? 1 : 0;
}

}  // namespace lumenflow::cli
