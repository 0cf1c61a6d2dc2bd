// What callers of one workspace were told.
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace lumenflow::sim {

struct LocalCall {
  std::string tool;
  std::string key;  // of idempotency; empty: none
  bool succeeded = false;
  std::string receipt;  // of a success
};

using History = std::map<std::int64_t, LocalCall>;  // by n

}  // namespace lumenflow::sim
