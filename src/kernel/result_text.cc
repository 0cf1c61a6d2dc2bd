#include "kernel/result_text.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace lumenflow::kernel {

std::string success_text(std::string_view data, const json::Array& content) {
  std::string out;
  out.reserve(data.size() + 32);
  out += '{';
  if (!content.empty()) {
    out += "\"content\":";
    json::serialize_to(json::Value(content), out);
    out += ',';
  }
  out.append("\"data\":").append(data).append(",\"success\":true}");
  return out;
}

std::string failure_text(std::string_view code, const std::string& message, const json::Value& details) {
  json::Object error{{"code", code}};
  if (!details.is_null()) error.set("details", details);
  error.set("message", message);
  return json::serialize(json::Object{{"error", std::move(error)}, {"success", false}});
}

void append_milliseconds(std::int64_t duration_us, std::string& out) {
  std::array<char, 32> number;
  const auto us = static_cast<std::uint64_t>(std::max<std::int64_t>(duration_us, 0));
  char* end = std::to_chars(number.data(), number.data() + 24, us / 1000).ptr;
  if (us % 1000 != 0) {
    *end++ = '.';
    for (std::uint64_t rest = us % 1000, digit = 100; rest != 0; rest %= digit, digit /= 10)
      *end++ = static_cast<char>('0' + rest / digit);
  }
  out.append(number.data(), end);
}

std::string with_metadata(std::string_view result, const ReceiptId& receipt, std::int64_t duration_us) {
  std::string out;
  out.reserve(result.size() + 128);
  out.append(result.substr(0, result.size() - 1));
  append_milliseconds(duration_us, out.append(",\"metadata\":{\"duration_ms\":"));
  out.append(",\"receipt_id\":\"").append(receipt.str()).append("\"}}");
  return out;
}

}  // namespace lumenflow::kernel
