// Text of packs, made harmless for the formats of reports.
#pragma once

#include <string>
#include <string_view>

namespace lumenflow::conformance {

// On one line: control characters and what is no UTF-8 become visible (\n, \x1b).
std::string one_line(std::string_view text);
// The same, escaped for XML 1.0's content and attributes.
std::string xml_text(std::string_view text);
// The same, as a double-quoted scalar of YAML.
std::string yaml_text(std::string_view text);

}  // namespace lumenflow::conformance
