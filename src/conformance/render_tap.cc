// The Test Anything Protocol, version 14 (testanything.org): a plan, a line per case, YAML for what failed.
#include "conformance/printable.h"
#include "conformance/report.h"

namespace lumenflow::conformance {
namespace {

// A description ends where a directive begins.
std::string description(const Case& each) {
  std::string out;
  for (const char c : one_line(each.check + (each.subject.empty() ? "" : " " + each.subject))) {
    if (c == '#' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

void append_faults(const Case& each, std::string& out) {
  out += "  ---\n  faults:\n";
  for (const Fault& fault : each.faults) {
    out += "    - message: " + yaml_text(fault.message) + "\n";
    if (!fault.differences.empty()) out += "      differences:\n";
    for (const std::string& line : fault.differences) out += "        - " + yaml_text(line) + "\n";
    if (!fault.fix.empty()) out += "      fix: " + yaml_text(fault.fix) + "\n";
  }
  out += "  ...\n";
}

}  // namespace

std::string render_tap(const Report& report) {
  std::string out = "TAP version 14\n1.." + std::to_string(report.cases.size()) + "\n";
  out += "# " + one_line(report.pack) + " " + one_line(report.version) + ", seed " + std::to_string(report.seed) + "\n";
  std::size_t number = 0;
  for (const Case& each : report.cases) {
    out += std::string(each.faults.empty() ? "ok " : "not ok ") + std::to_string(++number) + " - " + description(each);
    if (!each.skipped.empty()) out += " # SKIP " + one_line(each.skipped);
    out += "\n";
    if (!each.faults.empty()) append_faults(each, out);
    for (const std::string& note : each.notes) out += "# " + one_line(note) + "\n";
  }
  return out;
}

}  // namespace lumenflow::conformance
