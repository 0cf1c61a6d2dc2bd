// The Result of a call (03-dispatch) as JSON text. Pure functions; thread safe because stateless.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/strong.h"
#include "lumenflow/json.h"

namespace lumenflow::kernel {

// {"data":…,"success":true}, with content where there is some; members in canonical order.
std::string success_text(std::string_view data, const json::Array& content);
// {"error":{"code":…,"details"?:…,"message":…},"success":false}
std::string failure_text(std::string_view code, const std::string& message, const json::Value& details);
// Such a text with its metadata as the last member.
std::string with_metadata(std::string_view result, const ReceiptId& receipt, std::int64_t duration_us);
// Milliseconds with as many decimals as they have, at most three; a canonical JSON number.
void append_milliseconds(std::int64_t duration_us, std::string& out);

}  // namespace lumenflow::kernel
