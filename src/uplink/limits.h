// The engine's limits, all in one place.
#pragma once

#include <chrono>
#include <cstdint>

#include "event/stream_intake.h"

namespace lumenflow::uplink {

using Millis = std::chrono::milliseconds;  // points in time: since an origin that does not matter

struct EngineLimits {
  std::size_t batch_events = event::kBatchEventsMax;
  std::size_t batch_bytes = event::kBatchBytesMax;
  Millis linger{10};
  std::size_t in_flight = 4;            // batches per stream
  std::size_t ready_events = 2'048;     // read ahead, per stream
  std::size_t ready_bytes = 1u << 20;   // … or this, whichever is less
  std::size_t waiting_events = 10'000;  // ephemerals behind a backlog, per stream
  std::size_t waiting_bytes = 8u << 20;
  Millis backoff_min{100};
  Millis backoff_max{30'000};
  Millis silence{10'000};  // after which the other side counts as gone
  Millis heartbeat{3'000};
  Millis fetch_wait{45'000};             // for an answer: longer than the other side waits for something to say
  Millis fetch_pause{1'000};             // after an answer that brought nothing, or that could not be written down
  std::size_t tail_page = 512;           // entries of one read
  std::size_t tail_pages_per_step = 64;  // so that a long journal does not hold up what is due
  std::uint64_t settle_lag = 4'096;      // positions
};

}  // namespace lumenflow::uplink
