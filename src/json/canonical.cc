#include "json/canonical.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <span>

#include "base/check.h"
#include "json/number.h"
#include "json/text.h"

namespace lumenflow::json {
namespace {

constexpr std::size_t kInlineMembersMax = 32;

// RFC 8785, 3.2.3: by UTF-16 code units. UTF-8 sorts alike, but for characters beyond U+FFFF (lead byte F0 and up),
// whose surrogates D800..DFFF sort before U+E000..U+FFFF (lead bytes EE and EF).
bool utf16_less(std::string_view a, std::string_view b) {
  const std::size_t common = std::min(a.size(), b.size());
  std::size_t i = 0;
  while (i < common && a[i] == b[i]) ++i;
  if (i == common) return a.size() < b.size();
  const auto x = static_cast<unsigned char>(a[i]), y = static_cast<unsigned char>(b[i]);
  if (x >= 0xee && y >= 0xee && (x >= 0xf0) != (y >= 0xf0)) return x >= 0xf0;
  return x < y;
}

bool member_less(const Member* a, const Member* b) { return utf16_less(a->key, b->key); }

class Canonicaliser {
 public:
  explicit Canonicaliser(std::string& out) : out_(out) {}

  // False when something has no canonical form; pointer and reason then say what.
  bool write(const Value& value) {
    switch (value.kind()) {
      case Kind::kNull:
        out_ += "null";
        return true;
      case Kind::kBoolean:
        out_ += *value.if_boolean() ? "true" : "false";
        return true;
      case Kind::kInteger:
        return write_integer(value);
      case Kind::kUnsigned:
        return write_integer(value);
      case Kind::kBigInteger:
        return write_integer(value);
      case Kind::kDouble:
        return write(*value.if_double());
      case Kind::kString:
        return write(*value.if_string());
      case Kind::kArray:
        return write(*value.if_array());
      case Kind::kObject:
        return write(*value.if_object());
    }
    return fail("is of an unknown kind");
  }

  Error error() {
    std::string where = pointer_.empty() ? "the value" : pointer_;
    return Error(ErrorCode::kInvalidInput, "no canonical form: " + where + " " + reason_, {{pointer_, reason_}});
  }

 private:
  bool fail(std::string reason) {
    reason_ = std::move(reason);
    return false;
  }

  bool fail_within(std::string_view token) {
    pointer_.insert(0, "/" + escape_pointer_token(token));
    return false;
  }

  bool write_integer(const Value& integer) {
    if (!has_ecmascript_form(integer)) {
      std::string reason = "is the integer " + serialize(integer) +
                           ", which JavaScript would read as another number: send it as a string";
      return fail(std::move(reason));
    }
    if (const std::int64_t* value = integer.if_integer())
      append_integer(*value, out_);
    else if (const std::uint64_t* unsigned_value = integer.if_unsigned())
      append_integer(*unsigned_value, out_);
    else
      out_ += integer.if_big_integer()->digits;
    return true;
  }

  bool write(double value) {
    if (!std::isfinite(value)) return fail("is not a finite number");
    append_ecmascript(value, out_);
    return true;
  }

  bool write(const std::string& text) { return append_quoted(text, out_) || fail("is not UTF-8"); }

  bool write(const Array& array) {
    out_ += '[';
    for (std::size_t i = 0; i < array.size(); ++i) {
      if (i != 0) out_ += ',';
      if (!write(array[i])) return fail_within(std::to_string(i));
    }
    out_ += ']';
    return true;
  }

  bool write(const Object& object) {
    if (object.size() <= kInlineMembersMax) {
      std::array<const Member*, kInlineMembersMax> members;
      return write_sorted(object, {members.data(), object.size()});
    }
    std::vector<const Member*> members(object.size());
    return write_sorted(object, members);
  }

  bool write_sorted(const Object& object, std::span<const Member*> members) {
    std::size_t count = 0;
    bool sorted = true;
    for (const Member& member : object) {
      members[count] = &member;
      if (count != 0 && sorted) sorted = member_less(members[count - 1], &member);
      ++count;
    }
    if (!sorted) std::sort(members.begin(), members.end(), member_less);
    out_ += '{';
    bool first = true;
    for (const Member* member : members) {
      if (!first) out_ += ',';
      first = false;
      if (!append_quoted(member->key, out_)) return fail("has a key that is not UTF-8");
      out_ += ':';
      if (!write(member->value)) return fail_within(member->key);
    }
    out_ += '}';
    return true;
  }

  std::string& out_;
  std::string pointer_;
  std::string reason_;
};

}  // namespace

Status canonical_to(const Value& value, std::string& out) {
  const std::size_t before = out.size();
  Canonicaliser canonicaliser(out);
  if (canonicaliser.write(value)) return {};
  out.resize(before);
  return canonicaliser.error();
}

Result<std::string> canonical(const Value& value) {
  std::string out;
  out.reserve(512);
  LUMENFLOW_TRY(canonical_to(value, out));
  return out;
}

void append_canonical_string(std::string_view text, std::string& out) { LUMENFLOW_CHECK(append_quoted(text, out)); }

Result<Hash256> canonical_sha256(const Value& value) {
  LUMENFLOW_TRY_ASSIGN(const std::string text, canonical(value));
  return sha256(text);
}

}  // namespace lumenflow::json
