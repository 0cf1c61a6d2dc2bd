// JUnit's XML, as CI servers read it: one suite per check, one case per tool, handler or kind.
#include "conformance/printable.h"
#include "conformance/report.h"

namespace lumenflow::conformance {
namespace {

struct Numbers {
  std::size_t tests = 0, failures = 0, skipped = 0;
  std::string attributes() const {
    return " tests=\"" + std::to_string(tests) + "\" failures=\"" + std::to_string(failures) +
           "\" errors=\"0\" skipped=\"" + std::to_string(skipped) + "\"";
  }
};

void append_case(const Report& report, const Case& each, std::string& out) {
  out += "    <testcase classname=\"" + xml_text(report.pack) + "." + each.check + "\" name=\"" +
         xml_text(each.subject.empty() ? report.pack : each.subject) + "\"";
  if (each.faults.empty() && each.notes.empty() && each.skipped.empty()) {
    out += "/>\n";
    return;
  }
  out += ">\n";
  if (!each.skipped.empty()) out += "      <skipped message=\"" + xml_text(each.skipped) + "\"/>\n";
  if (!each.faults.empty()) {
    out += "      <failure type=\"" + each.check + "\" message=\"" + xml_text(each.faults.front().message) + "\">";
    for (const Fault& fault : each.faults) {
      out += xml_text(fault.message) + "\n";
      for (const std::string& line : fault.differences) out += "  " + xml_text(line) + "\n";
      if (!fault.fix.empty()) out += "  to mend it: " + xml_text(fault.fix) + "\n";
    }
    out += "</failure>\n";
  }
  if (!each.notes.empty()) {
    out += "      <system-out>";
    for (const std::string& note : each.notes) out += xml_text(note) + "\n";
    out += "</system-out>\n";
  }
  out += "    </testcase>\n";
}

}  // namespace

std::string render_junit(const Report& report) {
  const Numbers all{report.cases.size(), report.failed_count(), report.skipped_count()};
  std::string out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"lumenflow pack test " +
                    xml_text(report.pack) + "\"" + all.attributes() + ">\n";
  for (const CheckKind& kind : check_kinds()) {
    Numbers numbers;
    std::string cases;
    for (const Case& each : report.cases) {
      if (each.check != kind.code) continue;
      ++numbers.tests;
      if (!each.skipped.empty()) ++numbers.skipped;
      if (!each.faults.empty()) ++numbers.failures;
      append_case(report, each, cases);
    }
    out += "  <testsuite name=\"" + std::string(kind.code) + " " + xml_text(kind.title) + "\"" + numbers.attributes() +
           ">\n    <properties>\n      <property name=\"version\" value=\"" + xml_text(report.version) +
           "\"/>\n      <property name=\"seed\" value=\"" + std::to_string(report.seed) + "\"/>\n    </properties>\n" +
           cases + "  </testsuite>\n";
  }
  return out + "</testsuites>\n";
}

}  // namespace lumenflow::conformance
