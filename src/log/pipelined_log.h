// A Log that commits on a thread of its own: the next batch is filled in memory while the last one goes to the disk.
#pragma once

#include <memory>

#include "log/log.h"

namespace lumenflow::log {

// Batches that are handed over while one is being committed wait and are committed together, in order. Reads through
// tables() see what was handed over; all other reads see only what is durable, as with any Log. A batch of at most
// `rows_on_the_spot_max` rows that nothing waits for is committed on the spot, because two hops between threads would
// cost it more than they spare; 0 where the writer's thread must never wait for the disk.
std::unique_ptr<Log> make_pipelined_log(std::unique_ptr<Log> inner, std::size_t rows_on_the_spot_max = 1);

}  // namespace lumenflow::log
