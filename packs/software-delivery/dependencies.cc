#include "software-delivery/dependencies.h"

#include <algorithm>
#include <set>

namespace lumenflow::software_delivery {

Answer<std::vector<std::string>> circle_from(const std::string& from, const DependsOn& depends_on) {
  struct Step {
    std::string id;
    std::vector<std::string> next;
  };
  std::vector<Step> path;  // no recursion: what files say may be of any depth
  std::set<std::string> seen;
  const auto enter = [&](const std::string& id) -> Done {
    SD_TRY_ASSIGN(std::vector<std::string> next, depends_on(id));
    seen.insert(id);
    path.push_back({id, std::move(next)});
    return Nothing{};
  };
  SD_TRY(enter(from));
  while (!path.empty()) {
    if (path.back().next.empty()) {
      path.pop_back();
      continue;
    }
    const std::string id = std::move(path.back().next.back());
    path.back().next.pop_back();
    if (const auto on_path = std::ranges::find(path, id, &Step::id); on_path != path.end()) {
      std::vector<std::string> circle;
      std::transform(on_path, path.end(), std::back_inserter(circle), [](const Step& step) { return step.id; });
      circle.push_back(id);
      return circle;
    }
    if (!seen.contains(id)) SD_TRY(enter(id));
  }
  return std::vector<std::string>();
}

std::string circle_text(const std::vector<std::string>& circle) {
  std::string out;
  for (const std::string& id : circle) out += (out.empty() ? "" : " -> ") + id;
  return out;
}

}  // namespace lumenflow::software_delivery
