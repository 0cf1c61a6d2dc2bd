#include "conformance/conformance.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <system_error>
#include <utility>

#include "conformance/run.h"

namespace lumenflow::conformance {
namespace {

using Check = Status (*)(Run&);

// C7 and C9 look at what happened during the others, so they come last.
constexpr std::array<Check, 8> kAfterManifest{check_examples, check_envelopes,  check_repetition, check_crash,
                                              check_restart,  check_bad_inputs, check_undeclared, check_writes};

void skip_the_rest(Run& run) {
  for (const CheckKind& kind : check_kinds())
    if (kind.code != "C1") run.begin(std::string(kind.code), "").skipped = "C1 failed: mend that first";
}

}  // namespace

Result<Report> run_conformance(PackUnderTest& pack, const Options& options) {
  std::error_code error;
  std::filesystem::create_directories(join_path(options.folder, "workspace"),
                                      error);  // code may want it when it starts
  if (error) return Error(ErrorCode::kIo, "no folder for the workspaces: " + error.message());
  Run run(pack, options);
  run.report.seed = options.seed;
  LUMENFLOW_TRY(check_manifest(run));
  if (run.report.passed()) {
    for (const Check check : kAfterManifest) LUMENFLOW_TRY(check(run));
  } else {
    skip_the_rest(run);
  }
  std::ranges::stable_sort(run.report.cases, {}, &Case::check);
  return std::move(run.report);
}

}  // namespace lumenflow::conformance
