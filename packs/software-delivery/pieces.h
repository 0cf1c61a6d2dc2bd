// What git says as a list: `git … -z` ends each of its entries with a NUL. Pure.
#pragma once

#include <string>
#include <vector>

namespace lumenflow::software_delivery {

// The parts of a text that each end with `end`, the last with or without it; none of an empty text.
std::vector<std::string> pieces_of(const std::string& text, char end);

}  // namespace lumenflow::software_delivery
