// The catalogue: every runtime event type of the core and of all packs, each with its bus channel.
//
// Values; immutable once made, then safe to read from any thread.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "catalogue/declarations.h"
#include "catalogue/event_type.h"

namespace lumenflow::catalogue {

struct Catalogue {
  std::vector<EventType> events;  // by bus channel
  std::size_t core_count = 0;     // those of the core come first
  std::string hash;               // the manifest hash
  std::string contract_digest;

  std::span<const EventType> content() const { return std::span(events).subspan(core_count); }
  const EventType* find(std::string_view type) const;  // null where there is none; linear
};

// The core in its order, then the content by (pack slug, type) in byte order, whatever the order given.
Catalogue make_catalogue(std::vector<EventType> core, std::vector<EventType> content);

// The core list that comes with the program.
Catalogue core_catalogue();
std::vector<Declaration> core_declarations();

// Why what the active packs declare is not what was generated of them, naming the packs; empty where it is. What was
// generated of packs that are not active does not count: a pack may be switched off, and its types stay as they are.
std::string why_not_generated(const Catalogue& active, const Catalogue& generated,
                              std::span<const std::string> active_slugs);

}  // namespace lumenflow::catalogue
