// The stored form of a row, as a damaged or hostile database may give it. What decodes must encode to the same bytes,
// apart from the leaves, which decoding does not recompute.
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/check.h"
#include "log/row_codec.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lumenflow;
  const std::string_view blob(reinterpret_cast<const char*>(data), size);
  const auto decoded = log::decode_row(blob);
  if (!decoded.ok()) return 0;
  log::Row row;
  for (const log::DecodedEntry& entry : *decoded) row.entries.emplace_back(entry.bytes);
  std::string encoded;
  std::vector<Hash256> leaves;
  log::encode_row(row, encoded, leaves);
  LUMENFLOW_CHECK(encoded.size() == blob.size());
  const auto again = log::decode_row(encoded);
  LUMENFLOW_CHECK(again.ok() && again->size() == decoded->size());
  for (std::size_t i = 0; i < again->size(); ++i) LUMENFLOW_CHECK((*again)[i].bytes == (*decoded)[i].bytes);
  return 0;
}
