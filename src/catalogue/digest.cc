#include "catalogue/digest.h"

#include <algorithm>
#include <tuple>

#include "base/encoding.h"
#include "base/sha256.h"
#include "catalogue/text_parts.h"
#include "json/canonical.h"

namespace lumenflow::catalogue {
namespace {

void append_entry(std::string& out, std::size_t channel, std::string_view type, std::int64_t version) {
  append(out, out.empty() ? "" : "|", channel, ":", type, ":", version);
}

void append_text_or_null(std::string& out, std::string_view text) {
  if (text.empty())
    append(out, "null");
  else
    json::append_canonical_string(text, out);
}

}  // namespace

std::uint32_t fnv1a32(std::string_view bytes) {  // FNV-1a, http://www.isthe.com/chongo/tech/comp/fnv/
  std::uint32_t hash = 0x811c9dc5;
  for (const char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 0x01000193;
  return hash;
}

std::string hex8(std::uint32_t value) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out(8, '0');
  for (std::size_t i = 8; i-- > 0; value >>= 4) out[i] = kDigits[value & 15];
  return out;
}

std::string serialized(std::vector<HashEntry> entries) {
  std::ranges::sort(entries, {},
                    [](const HashEntry& entry) { return std::tie(entry.channel, entry.type, entry.version); });
  std::string out;
  for (const HashEntry& entry : entries) append_entry(out, entry.channel, entry.type, entry.version);
  return out;
}

std::string manifest_hash(std::vector<HashEntry> entries) { return hex8(fnv1a32(serialized(std::move(entries)))); }

std::string manifest_hash(const EventPointers& events) {
  std::string text;
  for (std::size_t i = 0; i < events.size(); ++i) append_entry(text, i, events[i]->type, events[i]->version);
  return hex8(fnv1a32(text));
}

// Canonical JSON (RFC 8785) written as it goes: members in the order of their names.
std::string contract_digest(const EventPointers& events) {
  std::string text = "[";
  text.reserve(events.size() * 256);
  for (std::size_t i = 0; i < events.size(); ++i) {
    const EventType& event = *events[i];
    append(text, i == 0 ? "" : ",", "{\"capacity\":", event.capacity, ",\"channel\":", i, ",\"kind\":");
    append_text_or_null(text, event.kind);
    append(text, ",\"packSlug\":");
    append_text_or_null(text, event.pack_slug);
    append(text, ",\"schemaDigest\":");
    append_text_or_null(text, event.schema_digest);
    append(text, ",\"softLimit\":", event.soft_limit, ",\"type\":");
    append_text_or_null(text, event.type);
    append(text, ",\"version\":", event.version, "}");
  }
  text += ']';
  return sha256_hex(text);
}

Result<std::string> schema_digest(const json::Value& schema) {
  LUMENFLOW_TRY_ASSIGN(const Hash256 hash, json::canonical_sha256(schema));
  return to_hex(hash);
}

}  // namespace lumenflow::catalogue
