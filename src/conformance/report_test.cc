#include "conformance/report.h"

#include <gtest/gtest.h>

namespace lumenflow::conformance {
namespace {

Report sample() {
  Report report{"acme", "1.0.0", 7, {}};
  report.cases.push_back({"C1", "", {}, {}, {}});
  report.cases.push_back({"C2", "acme:run", {}, {"a note with <angles> & \"quotes\""}, {}});
  report.cases.push_back({"C4", "acme:done", {}, {}, "C1 failed"});
  report.cases.push_back({"C5", "acme:#2", {}, {}, {}});
  report.cases.back().fail("left\x1b[31m another\nstate", {"key 'a<b>': was \"1\"; is \\2", "\xff"}, "upsert it");
  return report;
}

TEST(Report, Text) {
  EXPECT_EQ(render_text(sample(), false), R"(acme 1.0.0, seed 7
C1 manifest and code agree
  ok
C2 examples run
  ok   acme:run
       note: a note with <angles> & "quotes"
C3 events have envelopes: nothing to check
C4 handlers bear repetition
  skip acme:done (C1 failed)
C5 handlers bear a crash
  FAIL acme:#2
       left\x1b[31m another\nstate
         key 'a<b>': was "1"; is \2
         \xff
         to mend it: upsert it
C6 handlers bear a restart: nothing to check
C7 undeclared kinds are refused: nothing to check
C8 bad inputs are refused: nothing to check
C9 writes stay in scope: nothing to check
2 ok, 1 failed, 1 skipped; docs/conformance.md explains each check
)");
}

TEST(Report, Tap) {
  EXPECT_EQ(render_tap(sample()), R"(TAP version 14
1..4
# acme 1.0.0, seed 7
ok 1 - C1
ok 2 - C2 acme:run
# a note with <angles> & "quotes"
ok 3 - C4 acme:done # SKIP C1 failed
not ok 4 - C5 acme:\#2
  ---
  faults:
    - message: "left\\x1b[31m another\\nstate"
      differences:
        - "key 'a<b>': was \"1\"; is \\2"
        - "\\xff"
      fix: "upsert it"
  ...
)");
}

TEST(Report, Junit) {
  const std::string xml = render_junit(sample());
  const auto has = [&](std::string_view text) { return xml.find(text) != std::string::npos; };
  EXPECT_TRUE(
      xml.starts_with("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"lumenflow pack test acme\" "
                      "tests=\"4\" failures=\"1\" errors=\"0\" skipped=\"1\">\n"))
      << xml;
  EXPECT_TRUE(has("<testcase classname=\"acme.C1\" name=\"acme\"/>")) << xml;
  EXPECT_TRUE(has("a note with &lt;angles&gt; &amp; &quot;quotes&quot;\n</system-out>")) << xml;
  EXPECT_TRUE(has("<skipped message=\"C1 failed\"/>")) << xml;
  EXPECT_TRUE(has("<failure type=\"C5\" message=\"left\\x1b[31m another\\nstate\">")) << xml;
  EXPECT_TRUE(has("  key 'a&lt;b&gt;': was &quot;1&quot;; is \\2\n  \\xff\n  to mend it: upsert it\n</failure>"))
      << xml;
}

}  // namespace
}  // namespace lumenflow::conformance
