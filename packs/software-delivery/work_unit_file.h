// The files of work units: `.software-delivery/wu/<id>.yaml`, committed with the repository.
//
// Any thread.
#pragma once

#include <string>
#include <vector>

#include "software-delivery/folder.h"
#include "software-delivery/work_unit.h"

namespace lumenflow::software_delivery {

// NOT_FOUND; INVALID_WORK_UNIT for a file that says something else, or another id than its name.
Answer<WorkUnit> read_work_unit(const Folder& folder, const std::string& id);
// ALREADY_EXISTS.
Done write_work_unit(const Folder& folder, const WorkUnit& work_unit);

struct Listed {
  std::vector<WorkUnit> work_units;   // by id
  std::vector<std::string> problems;  // files that cannot be read, and why
};
Answer<Listed> list_work_units(const Folder& folder);

// As `wu:create` writes it.
std::string yaml_of(const WorkUnit& work_unit);

}  // namespace lumenflow::software_delivery
