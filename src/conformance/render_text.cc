#include "base/encoding.h"
#include "conformance/printable.h"
#include "conformance/report.h"

namespace lumenflow::conformance {
namespace {

constexpr std::string_view kRed = "\x1b[31m", kGreen = "\x1b[32m", kPlain = "\x1b[0m";

std::string coloured(std::string_view text, std::string_view code, bool colour) {
  return colour ? std::string(code) + std::string(text) + std::string(kPlain) : std::string(text);
}

void append_case(const Case& each, bool colour, std::string& out) {
  const bool skipped = !each.skipped.empty();
  const std::string verdict = skipped               ? "skip"
                              : each.faults.empty() ? coloured("ok", kGreen, colour)
                                                    : coloured("FAIL", kRed, colour);
  out += "  " + verdict +
         (each.subject.empty() ? "" : (each.faults.empty() && !skipped ? "   " : " ") + one_line(each.subject));
  if (skipped) out += " (" + one_line(each.skipped) + ")";
  out += "\n";
  for (const Fault& fault : each.faults) {
    out += "       " + one_line(fault.message) + "\n";
    for (const std::string& line : fault.differences) out += "         " + one_line(line) + "\n";
    if (!fault.fix.empty()) out += "         to mend it: " + one_line(fault.fix) + "\n";
  }
  for (const std::string& note : each.notes) out += "       note: " + one_line(note) + "\n";
}

}  // namespace

std::string render_text(const Report& report, bool colour) {
  std::string out =
      one_line(report.pack) + " " + one_line(report.version) + ", seed " + std::to_string(report.seed) + "\n";
  for (const CheckKind& kind : check_kinds()) {
    out += std::string(kind.code) + " " + std::string(kind.title);
    std::string cases;
    for (const Case& each : report.cases)
      if (each.check == kind.code) append_case(each, colour, cases);
    out += cases.empty() ? ": nothing to check\n" : "\n" + cases;
  }
  const std::size_t failed = report.failed_count(), skipped = report.skipped_count();
  out += std::to_string(report.cases.size() - failed - skipped) + " ok, " + std::to_string(failed) + " failed";
  if (skipped > 0) out += ", " + std::to_string(skipped) + " skipped";
  out += failed > 0 ? "; docs/conformance.md explains each check\n" : "\n";
  return out;
}

}  // namespace lumenflow::conformance
