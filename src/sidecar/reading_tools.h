// kernel:recovery_list, kernel:call_show, kernel:diagnostics_show, kernel:kind_list: what a conductor's page shows of
// the workspace's journal, asked as calls, so that who looked is in the record, too.
#pragma once

#include <functional>
#include <vector>

#include "journal/reader.h"
#include "kernel/kernel_tool.h"
#include "sidecar/facts.h"

namespace lumenflow::sidecar {

// Called on executor threads, while calls run; both outlive them.
struct JournalAccess {
  std::function<const log::Log&()> log;
  std::function<const journal::Reader&()> reader;
  std::function<std::shared_ptr<const WorkspaceFacts>()> facts;  // null: not known yet
};

Result<std::vector<kernel::KernelTool>> make_reading_tools(const JournalAccess& journal);

}  // namespace lumenflow::sidecar
