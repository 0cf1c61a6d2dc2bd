// Packs of event types made in memory, for tests.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "catalogue/plan.h"

namespace lumenflow::catalogue {

// The files of one pack, by path.
using PackFolder = std::map<std::string, std::string>;

// A pack whose manifest names content/event-types.json; NOT_FOUND for what is not in the folder.
PackInput pack_input(const std::string& slug, PackFolder folder, std::vector<std::string> kinds = {});

// An event manifest of one type, with its schema.
PackFolder one_type(const std::string& slug, const std::string& name, const std::string& schema, int version = 1);

// "LF1065 at packs/acme/content/event-types.json:3:5: …", a line each.
std::string shown(const Faults& faults);

// The plan of these packs beside the core's list; a test fails where there is none.
Plan plan_of(std::vector<PackInput> packs, const std::string& lock = {});
std::string lock_of(const Plan& plan);
std::vector<std::string> texts_of(const Plan& plan);  // of all files

}  // namespace lumenflow::catalogue
