#include "catalogue/generator.h"

#include <algorithm>
#include <unordered_set>

#include "base/check.h"

namespace lumenflow::catalogue {
namespace {

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    out.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return out;
}

std::string shortened(std::string_view line) {
  constexpr std::size_t kLineMax = 160;
  return line.size() <= kLineMax ? std::string(line) : std::string(line.substr(0, kLineMax)) + "...";
}

}  // namespace

std::string render(std::string_view name, const Catalogue& catalogue, const Lock* before) {
  if (name == kLockFile) return render_lock(catalogue, before);
  constexpr std::array kRenderers{render_asyncapi, render_typescript, render_cpp, render_json};
  static_assert(kRenderers.size() == kFilesBesideLock.size());
  const auto found = std::ranges::find(kFilesBesideLock, name);
  LUMENFLOW_CHECK(found != kFilesBesideLock.end());
  return kRenderers[static_cast<std::size_t>(found - kFilesBesideLock.begin())](catalogue);
}

std::string difference(const GeneratedFile& generated, std::string_view found) {
  constexpr std::size_t kShownMax = 8;
  if (generated.text == found) return {};
  const std::vector<std::string_view> wanted = lines_of(generated.text), there = lines_of(found);
  const std::size_t shared = std::min(wanted.size(), there.size());
  std::size_t begin = 0, same_end = 0;  // lines that both begin and end with
  while (begin < shared && wanted[begin] == there[begin]) ++begin;
  while (same_end < shared - begin && wanted[wanted.size() - 1 - same_end] == there[there.size() - 1 - same_end])
    ++same_end;
  std::string out = generated.name + ":" + std::to_string(begin + 1) + ": is not as it would be generated\n";
  // Of what lies between, the lines that the other side does not have.
  const auto show = [&](const std::vector<std::string_view>& lines, const std::vector<std::string_view>& others,
                        char sign) {
    const auto first = static_cast<std::ptrdiff_t>(begin), last = static_cast<std::ptrdiff_t>(same_end);
    const std::unordered_set<std::string_view> known(others.begin() + first, others.end() - last);
    std::size_t shown = 0, more = 0;
    for (auto line = lines.begin() + first; line != lines.end() - last; ++line) {
      if (known.contains(*line)) continue;
      if (++shown <= kShownMax)
        out.append(1, sign).append(" ").append(shortened(*line)).append("\n");
      else
        ++more;
    }
    if (more > 0) out.append(1, sign).append(" and ").append(std::to_string(more)).append(" lines more\n");
  };
  show(there, wanted, '-');
  show(wanted, there, '+');
  return out;
}

}  // namespace lumenflow::catalogue
