// Text as a segment of a path or a value of a query.
#pragma once

#include <string>
#include <string_view>

namespace lumenflow::consumers {

// Percent-encoded (RFC 3986) but for what is unreserved, and ':', which names of tools have.
std::string url_part(std::string_view text);

}  // namespace lumenflow::consumers
