#include "conformance/draw.h"

namespace lumenflow::conformance {

// FNV-1a of the name, begun at the seed.
std::uint64_t seed_for(std::uint64_t seed, std::string_view part) {
  std::uint64_t hash = 14695981039346656037ull ^ seed;
  for (const char c : part) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ull;
  return hash;
}

}  // namespace lumenflow::conformance
