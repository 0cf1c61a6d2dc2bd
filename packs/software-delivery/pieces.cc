#include "software-delivery/pieces.h"

#include <algorithm>

namespace lumenflow::software_delivery {

std::vector<std::string> pieces_of(const std::string& text, char end) {
  std::vector<std::string> out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t next = std::min(text.find(end, at), text.size());
    out.push_back(text.substr(at, next - at));
    at = next + 1;
  }
  return out;
}

}  // namespace lumenflow::software_delivery
