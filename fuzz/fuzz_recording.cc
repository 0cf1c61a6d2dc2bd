// A recording as a damaged or hostile file may be: read block by block. A frame that is taken says the same in JSON and
// comes back from there as the same bytes. The input's first byte chooses: a whole file, or one block's payload, which
// a file's digests would otherwise hide from the search.
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/check.h"
#include "bus/recording_file.h"

namespace {

void check_block(const lumenflow::bus::RecordingBlock& block, std::string_view payload) {
  using namespace lumenflow;
  LUMENFLOW_CHECK(std::holds_alternative<bus::RecordingEnd>(block) || bus::encode(block) == payload);
  const auto* frame = std::get_if<bus::Frame>(&block);
  if (frame == nullptr) return;
  const auto view = bus::to_json(*frame);
  if (!view.ok()) return;  // its facts are none, which a replay finds
  const auto again = bus::frame_from_json(*view);
  LUMENFLOW_CHECK(again.ok() && bus::encode(*again) == payload);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lumenflow;
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (data[0] < 4) {
    const auto block = bus::decode_block(data[0], bytes.substr(1));
    if (block.ok()) check_block(*block, bytes.substr(1));
    return 0;
  }
  auto reader = bus::RecordingReader::open(bytes);
  if (!reader.ok()) return 0;
  for (;;) {
    const auto block = reader->next();
    if (!block.ok() || !*block) break;
    check_block(**block, bus::encode(**block));
  }
  LUMENFLOW_CHECK(reader->offset() <= bytes.size());
  return 0;
}
