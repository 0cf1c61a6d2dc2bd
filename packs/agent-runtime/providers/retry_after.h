// When the other side wants to be asked again. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "lumenflow/fetch.h"

namespace lumenflow::agent_runtime {

// Milliseconds, of `retry-after-ms` or `retry-after` in seconds or as a date (RFC 9110, 10.2.3), which is compared with
// the answer's own `date`, or with `now_ms` where it has none. Nothing: it does not say. At most a week.
std::optional<std::int64_t> retry_after_ms(const pack::HttpResponse& response, std::int64_t now_ms);

// Milliseconds since 1970 of "Sun, 06 Nov 1994 08:49:37 GMT"; nothing for what is no such date.
std::optional<std::int64_t> http_date_ms(std::string_view text);

}  // namespace lumenflow::agent_runtime
