#include "mcp/revision.h"

namespace lumenflow::mcp {

std::string_view name(Revision revision) {
  switch (revision) {
    case Revision::k2024_11_05:
      return "2024-11-05";
    case Revision::k2025_03_26:
      return "2025-03-26";
    case Revision::k2025_06_18:
      return "2025-06-18";
    case Revision::k2025_11_25:
      return "2025-11-25";
    case Revision::k2026_07_28:
      break;
  }
  return "2026-07-28";
}

std::optional<Revision> revision_of(std::string_view text) {
  for (const Revision revision : kRevisions)
    if (name(revision) == text) return revision;
  return std::nullopt;
}

Revision negotiate(std::string_view requested) {
  const std::optional<Revision> known = revision_of(requested);
  return known && has_sessions(*known) ? *known : kLatestWithSessions;
}

}  // namespace lumenflow::mcp
