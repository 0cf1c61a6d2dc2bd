#include "mounts/standing.h"

#include <algorithm>

namespace lumenflow::mounts {
namespace {

constexpr std::string_view kKnownFields[] = {"title",       "description", "inputSchema", "outputSchema",
                                             "annotations", "icons",       "execution"};

std::string named(const std::vector<std::string>& fields) {
  std::string out;
  bool others = false;
  for (const std::string& field : fields) {
    const bool known = std::ranges::find(kKnownFields, field) != std::end(kKnownFields);
    others = others || !known;
    if (known) out += (out.empty() ? "" : ", ") + field;
  }
  if (others) out += out.empty() ? "other members" : " and other members";
  return out;
}

}  // namespace

std::map<std::string, std::string, std::less<>> blocked_by(const std::vector<Change>& changes) {
  std::map<std::string, std::string, std::less<>> blocked;
  for (const Change& change : changes) switch (change.kind) {
      case Change::Kind::kChanged:
        blocked[change.name] = "the server has changed its " + named(change.fields);
        break;
      case Change::Kind::kRemoved:
        blocked[change.name] = "the server has it no more";
        break;
      case Change::Kind::kRenamed:
        blocked[change.name] = "the server calls it by another name now";
        break;
      case Change::Kind::kAdded:  // no manifest declares it, so nobody can call it
        break;
    }
  return blocked;
}

}  // namespace lumenflow::mounts
