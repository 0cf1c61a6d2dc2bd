// The fixtures of the diagnostics: each folder holds a faulty manifest.yaml or lumenflow.yaml, and what is said of it.
//
//   LF1010-other-prefix/manifest.yaml         judged as `lumenflow pack validate` does
//   LF2006-unknown-pack/lumenflow.yaml        judged as a start of the workspace does, with
//                                             catalogue/catalogue.lock.json where there is one
//   LF1072-lower/packs/acme/manifest.yaml     judged as `lumenflow generate` does, beside a catalogue.lock.json;
//   remove.txt
//                                             names what `--remove` would
//   …/builtin/<id>/manifest.yaml              a pack that is compiled into the program; its code registers job:run
//   …/expected.txt                            the diagnostics as text, exactly
//
// One thread.
#pragma once

#include <string>
#include <vector>

#include "pack/diagnostic.h"

namespace lumenflow::testing {

std::vector<std::string> fixture_names();         // in byte order
std::string code_of(const std::string& fixture);  // "LF1010"; empty for one that shows several codes
std::string read_file(const std::string& path);   // relative to tests/diagnostics or absolute; "" when absent
pack::Diagnostics diagnose(const std::string& fixture);

// Whether LUMENFLOW_UPDATE=1 asks to write what is expected instead of comparing with it.
bool updating();
void write_file(const std::string& path, const std::string& text);

// docs/reference/diagnostics.md, from the table of codes and the fixtures.
std::string reference_page();

}  // namespace lumenflow::testing
