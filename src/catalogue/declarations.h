// Event types as they are declared: `content/event-types.json` of a pack, and the core list. Everything that is wrong
// with a file is reported, and what is right in it is read all the same.
//
// Functions of their arguments and of what the readers find.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "catalogue/event_type.h"
#include "catalogue/fault.h"

namespace lumenflow::catalogue {

// The content of a file by its path below a folder: NOT_FOUND; INVALID_INPUT where it leads out of the folder; IO_ERROR
// for what is no file.
using ReadFile = std::function<Result<std::string>(std::string_view path)>;

// What is known of a pack before its event types are read.
struct PackSource {
  std::string slug;
  std::string folder;              // as messages name it; "" for the pack that one stands in
  std::string event_types_path;    // within the pack; empty: its manifest names none
  std::vector<std::string> kinds;  // the event kinds that its manifest declares
  ReadFile read;
};

// An event type and where it stands.
struct Declaration {
  EventType event;
  std::shared_ptr<const SourceText> source;  // shared by all of one file
  std::string pointer;                       // of the entry
};

// The file is read by the caller, who knows what its absence means.
std::vector<Declaration> read_event_types(const PackSource& pack, std::string text, Faults& faults);

// An array of `{type, version, packSlug?, schema?}`; schemas are relative to the list.
std::vector<Declaration> read_base_list(std::string file, std::string text, const ReadFile& read, Faults& faults);

// Two declarations of one type in different files (those of one file are told when it is read), also where only case
// tells them apart; the later one is reported, with both places. In the order in which they are to be taken: the core
// first.
void check_duplicates(const std::vector<const Declaration*>& declarations, Faults& faults);

// "content/./a/../b.json" -> "content/b.json"; empty where it leads out, is absolute, or no path.
std::string path_within(std::string_view folder, std::string_view path);

}  // namespace lumenflow::catalogue
