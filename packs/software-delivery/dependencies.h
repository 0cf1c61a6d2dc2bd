// Work units that wait for each other: none of them can ever be begun.
//
// Pure, but for what `depends_on` reads.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "software-delivery/answer.h"

namespace lumenflow::software_delivery {

// What a work unit waits for still; nothing of one that there is not, or that is done.
using DependsOn = std::function<Answer<std::vector<std::string>>(const std::string& wu_id)>;

// The first circle that what `from` waits for leads into: its ids, the first once more at the end. Empty: there is
// none.
Answer<std::vector<std::string>> circle_from(const std::string& from, const DependsOn& depends_on);

// "WU-001 -> WU-002 -> WU-001".
std::string circle_text(const std::vector<std::string>& circle);

}  // namespace lumenflow::software_delivery
