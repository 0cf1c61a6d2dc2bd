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
void put_double(double value, TextWriter& out) {
  LUMENFLOW_CHECK(std::isfinite(value));
  NumberBuffer buffer;
  if (value == 0 && std::signbit(value)) return out.put(std::string_view("-0"));
  if (std::fabs(value) < 0x1p53) return out.put(ecmascript_text(value, buffer));
  char* const begin = buffer.data();
  const auto end = std::to_chars(begin, begin + buffer.size(), value, std::chars_format::scientific);
  out.put(std::string_view(begin, static_cast<std::size_t>(end.ptr - begin)));
}

// Line breaks and indentation for people, or nothing at all.
template <bool kPretty>
class Writer {
 public:
  explicit Writer(std::string& out, std::size_t depth = 0) : out_(out), depth_(depth) {}

  void write(const Value& value) {
    switch (value.kind()) {
      case Kind::kNull:
        out_.put(std::string_view("null"));
        break;
      case Kind::kBoolean:
        out_.put(std::string_view(*value.if_boolean() ? "true" : "false"));
        break;
      case Kind::kInteger:
        out_.put_integer(*value.if_integer());
        break;
      case Kind::kUnsigned:
        out_.put_integer(*value.if_unsigned());
        break;
      case Kind::kDouble:
        put_double(*value.if_double(), out_);
        break;
      case Kind::kBigInteger:
        out_.put(value.if_big_integer()->digits);
        break;
      case Kind::kString:
        put_quoted_repaired(*value.if_string(), out_);
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
    out_.put('[');
    ++depth_;
    bool first = true;
    for (const Value& item : array) {
      begin_item(first);
      write(item);
    }
    end_items(first);
    out_.put(']');
  }

  void write(const Object& object) {
    out_.put('{');
    ++depth_;
    bool first = true;
    for (const Member& member : object) {
      begin_item(first);
      put_quoted_repaired(member.key, out_);
      out_.put(std::string_view(kPretty ? ": " : ":"));
      write(member.value);
    }
    end_items(first);
    out_.put('}');
  }

  void begin_item(bool& first) {
    if (!first) out_.put(',');
    first = false;
    break_line();
  }

  void end_items(bool none) {
    --depth_;
    if (!none) break_line();
  }

  void break_line() {
    if constexpr (!kPretty) return;
    constexpr std::string_view kSpaces = "                                ";
    out_.put('\n');
    for (std::size_t left = depth_ * 2; left > 0;) {
      const std::string_view some = kSpaces.substr(0, left);
      out_.put(some);
      left -= some.size();
    }
  }

  TextWriter out_;
  std::size_t depth_;
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
  append_pretty(value, 0, out);
  return out;
}

void append_pretty(const Value& value, std::size_t depth, std::string& out) { Writer<true>(out, depth).write(value); }

}  // namespace lumenflow::json
