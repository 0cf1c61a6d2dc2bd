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

// A member with the first eight bytes of its key as a number, which decide most comparisons of ASCII keys at once.
struct Entry {
  std::uint64_t prefix;
  const Member* member;
};

Entry entry_of(const Member& member) {
  std::uint64_t prefix = 0;
  for (std::size_t i = 0; i < 8; ++i)
    prefix = prefix << 8 | (i < member.key.size() ? static_cast<unsigned char>(member.key[i]) : 0u);
  return {prefix, &member};
}

bool entry_less(const Entry& a, const Entry& b) {
  constexpr std::uint64_t kHighBits = 0x8080808080808080u;
  if (((a.prefix | b.prefix) & kHighBits) == 0 && a.prefix != b.prefix) return a.prefix < b.prefix;
  return utf16_less(a.member->key, b.member->key);
}

void sort(std::span<Entry> entries) {
  if (entries.size() > kInlineMembersMax)
    return std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) { return entry_less(a, b); });
  for (std::size_t i = 1; i < entries.size(); ++i) {
    const Entry entry = entries[i];
    std::size_t k = i;
    for (; k > 0 && entry_less(entry, entries[k - 1]); --k) entries[k] = entries[k - 1];
    entries[k] = entry;
  }
}

class Canonicaliser {
 public:
  explicit Canonicaliser(std::string& out) : out_(out) {}

  // False when something has no canonical form; pointer and reason then say what.
  bool write(const Value& value) {
    switch (value.kind()) {
      case Kind::kNull:
        out_.put(std::string_view("null"));
        return true;
      case Kind::kBoolean:
        out_.put(std::string_view(*value.if_boolean() ? "true" : "false"));
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

  void discard() { out_.discard(); }

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
      out_.put_integer(*value);
    else if (const std::uint64_t* unsigned_value = integer.if_unsigned())
      out_.put_integer(*unsigned_value);
    else
      out_.put(integer.if_big_integer()->digits);
    return true;
  }

  bool write(double value) {
    if (!std::isfinite(value)) return fail("is not a finite number");
    NumberBuffer buffer;
    out_.put(ecmascript_text(value, buffer));
    return true;
  }

  bool write(const std::string& text) { return put_quoted(text, out_) || fail("is not UTF-8"); }

  bool write(const Array& array) {
    out_.put('[');
    for (std::size_t i = 0; i < array.size(); ++i) {
      if (i != 0) out_.put(',');
      if (!write(array[i])) return fail_within(std::to_string(i));
    }
    out_.put(']');
    return true;
  }

  bool write(const Object& object) {
    if (object.size() <= kInlineMembersMax) {
      std::array<Entry, kInlineMembersMax> entries;
      return write_sorted(object, {entries.data(), object.size()});
    }
    std::vector<Entry> entries(object.size());
    return write_sorted(object, entries);
  }

  bool write_sorted(const Object& object, std::span<Entry> entries) {
    std::transform(object.begin(), object.end(), entries.begin(), entry_of);
    sort(entries);
    out_.put('{');
    bool first = true;
    for (const Entry& entry : entries) {
      if (!first) out_.put(',');
      first = false;
      if (!put_quoted(entry.member->key, out_)) return fail("has a key that is not UTF-8");
      out_.put(':');
      if (!write(entry.member->value)) return fail_within(entry.member->key);
    }
    out_.put('}');
    return true;
  }

  TextWriter out_;
  std::string pointer_;
  std::string reason_;
};

}  // namespace

Status canonical_to(const Value& value, std::string& out) {
  const std::size_t before = out.size();
  Canonicaliser canonicaliser(out);
  if (canonicaliser.write(value)) return {};
  canonicaliser.discard();
  out.resize(before);
  return canonicaliser.error();
}

Result<std::string> canonical(const Value& value) {
  std::string out;
  LUMENFLOW_TRY(canonical_to(value, out));
  return out;
}

void append_canonical_string(std::string_view text, std::string& out) {
  if (is_plain(text)) {
    out.append(1, '"').append(text).append(1, '"');
    return;
  }
  TextWriter writer(out);
  LUMENFLOW_CHECK(put_quoted(text, writer));
}

Result<Hash256> canonical_sha256(const Value& value) {
  LUMENFLOW_TRY_ASSIGN(const std::string text, canonical(value));
  return sha256(text);
}

}  // namespace lumenflow::json
