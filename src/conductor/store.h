// Where a conductor keeps what it knows: its Log, its records, its keys and the heads it signed.
//
// `sqlite:PATH` (or a bare path): PATH is the Log's database; beside it PATH.records, PATH.keys/ and PATH.heads/.
// `memory`: nothing outlives the process.
#pragma once

#include <memory>
#include <string>

#include "base/files.h"
#include "base/random.h"
#include "base/time.h"
#include "conductor/keys.h"
#include "conductor/records.h"
#include "log/checkpoint.h"
#include "log/log.h"

namespace lumenflow::conductor {

inline constexpr const char* kDefaultStore = "sqlite:./conductor.db";

struct StorePaths {
  bool in_memory = false;
  std::string log, records, keys, heads;
};
// INVALID_INPUT naming --store.
Result<StorePaths> store_paths(std::string_view url);

struct Store {
  StorePaths paths;
  std::unique_ptr<Files> own_files;  // of a store in memory
  Files* files = nullptr;
  std::unique_ptr<FileLock> lock;  // before what it guards goes, it goes last
  ConductorKeys keys;
  std::unique_ptr<Records> records;
  std::unique_ptr<log::CheckpointStore> heads;
  std::unique_ptr<log::Log> log;
};

// The whole store, for the one process that serves it. ALREADY_EXISTS when another does; INVALID_CONFIGURATION,
// IO_ERROR, UNSUPPORTED_FORMAT. A damaged Log opens read-only and says so in its condition.
Result<std::unique_ptr<Store>> open_store(Files& files, const Clock& clock, Random& random, std::string_view url);
// The records alone, for a command beside a running conductor: those of `memory` are nobody else's (INVALID_INPUT).
Result<std::unique_ptr<Records>> open_records_of(Files& files, std::string_view url);

}  // namespace lumenflow::conductor
