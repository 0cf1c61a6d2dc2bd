// What the checks share during one run, and the checks themselves: each adds its cases to the report.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "conformance/conformance.h"
#include "conformance/examples.h"
#include "conformance/observed.h"
#include "conformance/report.h"
#include "conformance/scratch.h"

namespace lumenflow::conformance {

// A handler and one sample of what it handles.
struct HandlerCase {
  std::string kind;
  Sample sample;
  bool idempotent = false;
  bool has_replay_key = false;
  TestEvent event() const { return {kind, sample.value, 1}; }
};

struct Run {
  Run(PackUnderTest& pack_, const Options& options_) : pack(pack_), options(options_) {}

  PackUnderTest& pack;
  const Options& options;
  Report report;
  Observed seen;
  pack::Manifest manifest;                     // after C1
  pack::InputRule input_rule;                  // of the first start; may be empty
  std::vector<pack::Scope> write_scopes;       // of all tools
  std::vector<HandlerCase> handler_cases;      // found by C4
  std::map<std::string, State> state_of_once;  // likewise: "<kind> <sample>" -> after one delivery in a fresh workspace
  std::map<std::string, std::vector<std::string>> outside;  // C9: "tool acme:run" -> paths it wrote and may not

  Result<std::unique_ptr<Scratch>> fresh() { return Scratch::open(pack, seen, options.folder, options.seed); }
  Case& begin(std::string check, std::string subject) {
    report.cases.push_back({std::move(check), std::move(subject), {}, {}, {}});
    return report.cases.back();
  }
  std::vector<HandlerCase> handlers(const Scratch& scratch) const;
};

// Every check: an error means that the run cannot go on.
Status check_manifest(Run& run);    // C1; without faults, the others may run
Status check_examples(Run& run);    // C2
Status check_envelopes(Run& run);   // C3
Status check_repetition(Run& run);  // C4; fills state_of_once
Status check_crash(Run& run);       // C5
Status check_restart(Run& run);     // C6
Status check_undeclared(Run& run);  // C7, at the end: also what the other checks saw
Status check_bad_inputs(Run& run);  // C8
Status check_writes(Run& run);      // C9, at the end

// Notes, as of `by`, which of the paths that changed lie outside of the scopes.
void note_writes(Run& run, const std::string& by, const std::vector<pack::Scope>& scopes, const Tree& before,
                 const Tree& after);

// The Result that a call's answer carries: its data, or the error's code and message.
struct Answer {
  bool success = false;
  json::Value data;
  std::string code, message;
  std::string to_string() const { return code + (message.empty() ? "" : ": " + message); }
};
Answer answer_of(const kernel::CallResult& result);

}  // namespace lumenflow::conformance
