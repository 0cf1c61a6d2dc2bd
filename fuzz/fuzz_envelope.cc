// A batch as a sender may post it: the first line is what it follows, every other line an event. Whatever comes, what
// was taken continues the stream, and taking the same again changes nothing.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "event/envelope_reader.h"
#include "event/stream_intake.h"

namespace {

using namespace lumenflow::event;  // NOLINT(google-build-using-namespace): one file, one subject

void read_back(std::string_view text) {
  const auto read = parse_envelope(text);
  if (!read.ok()) return;
  std::string written;
  append_envelope(read->event, read->stamp, written);
  const auto again = parse_envelope(written);
  LUMENFLOW_CHECK(again.ok());
  std::string rewritten;
  append_envelope(again->event, again->stamp, rewritten);
  LUMENFLOW_CHECK(rewritten == written);
}

void check_continues(StreamPlace place, const Intake& intake) {
  for (const TakenEvent& taken : intake.taken) {
    LUMENFLOW_CHECK(taken.seq == place.seq + 1 && taken.last_seq >= taken.seq);
    LUMENFLOW_CHECK(taken.queue_seq == 0 || taken.queue_seq == place.queue_seq + 1);
    place.seq = taken.last_seq;
    if (taken.queue_seq != 0) place.queue_seq = taken.queue_seq;
  }
  LUMENFLOW_CHECK(intake.place == place);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  if (lines.empty()) return 0;
  StreamPlace place;
  for (const char c : lines[0]) (c == 'q' ? place.queue_seq : place.seq) += 1;
  lines.erase(lines.begin());
  for (const std::string_view line : lines) read_back(line);

  const IntakeRules rules{"log-a", "ws-42"};
  const IntakeBatch batch{"log-a", "sidecar", place, lines};
  const Intake first = take_batch(rules, place, batch);
  check_continues(place, first);
  LUMENFLOW_CHECK(!first.refused || first.taken.empty());
  const Intake again = take_batch(rules, first.place, batch);
  LUMENFLOW_CHECK(again.taken.empty() && again.place == first.place);
  return 0;
}
