#include <charconv>
#include <cmath>

#include "base/check.h"
#include "json/number.h"
#include "json/text.h"
#include "lumenflow/json.h"

namespace lumenflow::json {
namespace {

// Below 2^53 as ECMAScript prints it, which an integer reads back exactly; above always with an exponent, so that the
// text is no integer literal whose digits would be taken at their word.
void append_double(double value, std::string& out) {
  LUMENFLOW_CHECK(std::isfinite(value));
  if (value == 0 && std::signbit(value)) {
    out += "-0";
  } else if (std::fabs(value) < 0x1p53) {
    append_ecmascript(value, out);
  } else {
    char buffer[32];
    out.append(buffer, std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific).ptr);
  }
}

// Line breaks and indentation for people, or nothing at all.
template <bool kPretty>
class Writer {
 public:
  explicit Writer(std::string& out) : out_(out) {}

  void write(const Value& value) {
    switch (value.kind()) {
      case Kind::kNull:
        out_ += "null";
        break;
      case Kind::kBoolean:
        out_ += *value.if_boolean() ? "true" : "false";
        break;
      case Kind::kInteger:
        append_integer(*value.if_integer(), out_);
        break;
      case Kind::kUnsigned:
        append_integer(*value.if_unsigned(), out_);
        break;
      case Kind::kDouble:
        append_double(*value.if_double(), out_);
        break;
      case Kind::kBigInteger:
        out_ += value.if_big_integer()->digits;
        break;
      case Kind::kString:
        append_quoted_repaired(*value.if_string(), out_);
        break;
      case Kind::kArray:
        write(*value.if_array());
        break;
      case Kind::kObject:
        write(*value.if_object());
        break;
    }
  }

 private:
  void write(const Array& array) {
    out_ += '[';
    ++depth_;
    bool first = true;
    for (const Value& item : array) {
      begin_item(first);
      write(item);
    }
    end_items(first);
    out_ += ']';
  }

  void write(const Object& object) {
    out_ += '{';
    ++depth_;
    bool first = true;
    for (const Member& member : object) {
      begin_item(first);
      append_quoted_repaired(member.key, out_);
      out_ += kPretty ? ": " : ":";
      write(member.value);
    }
    end_items(first);
    out_ += '}';
  }

  void begin_item(bool& first) {
    if (!first) out_ += ',';
    first = false;
    break_line();
  }

  void end_items(bool none) {
    --depth_;
    if (!none) break_line();
  }

  void break_line() {
    if constexpr (kPretty) out_.append("\n").append(depth_ * 2, ' ');
  }

  std::string& out_;
  std::size_t depth_ = 0;
};

}  // namespace

void serialize_to(const Value& value, std::string& out) { Writer<false>(out).write(value); }

std::string serialize(const Value& value) {
  std::string out;
  serialize_to(value, out);
  return out;
}

std::string serialize_pretty(const Value& value) {
  std::string out;
  Writer<true>(out).write(value);
  return out;
}

}  // namespace lumenflow::json
