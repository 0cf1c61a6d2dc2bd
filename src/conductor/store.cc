#include "conductor/store.h"

#include <utility>

#include "base/ulid.h"
#include "conductor/tables.h"
#include "log/memory_log.h"
#include "log/pipelined_log.h"
#include "log/sqlite_log.h"

namespace lumenflow::conductor {
namespace {

constexpr std::string_view kSqlite = "sqlite:";

Status make_folder_of(Files& files, const std::string& path) {
  const std::string folder = parent_path(path);
  if (folder.empty()) return {};
  return files.make_directories(folder, 0700);
}

// Never on the spot: the io thread does not wait for the disk.
std::unique_ptr<log::Log> pipelined(std::unique_ptr<log::Log> log) {
  return log::make_pipelined_log(std::move(log), 0);
}

Result<std::unique_ptr<log::Log>> open_log(Store& store, const std::string& new_log_id) {
  log::SqliteLogOptions options;
  options.path = store.paths.log;
  options.new_log_id = new_log_id;
  options.tables = all_tables();
  if (const auto latest = store.heads->latest(); latest.ok())
    options.checkpoint = latest->head;
  else if (latest.error().code() != ErrorCode::kNotFound)
    options.damaged = latest.error().message();
  return log::open_sqlite_log(options);
}

}  // namespace

Result<StorePaths> store_paths(std::string_view url) {
  StorePaths paths;
  if (url == "memory") {
    paths.in_memory = true;
    paths.keys = "/keys";
    paths.heads = "/heads";
    return paths;
  }
  std::string_view path = url;
  if (path.starts_with(kSqlite)) path.remove_prefix(kSqlite.size());
  if (path.starts_with("//")) path.remove_prefix(2);  // sqlite:///var/lib/…
  const std::string_view scheme = url.substr(0, url.find("://"));
  const bool other = scheme.size() < url.size() && scheme != "sqlite";
  if (path.empty() || other || path.ends_with('/'))
    return Error(ErrorCode::kInvalidInput,
                 "'" + std::string(url) + "' is no store; give --store sqlite:PATH or --store memory");
  paths.log = path;
  paths.records = paths.log + ".records";
  paths.keys = paths.log + ".keys";
  paths.heads = paths.log + ".heads";
  return paths;
}

Result<std::unique_ptr<Store>> open_store(Files& files, const Clock& clock, Random& random, std::string_view url) {
  auto store = std::make_unique<Store>();
  LUMENFLOW_TRY_ASSIGN(store->paths, store_paths(url));
  const std::string log_id = "conductor-" + make_ulid(clock.now(), random.draw16()).str();
  if (store->paths.in_memory) {
    store->own_files = make_memory_files();
    store->files = store->own_files.get();
    store->records = make_memory_records();
    store->log = pipelined(log::make_memory_log(log_id));
  } else {
    store->files = &files;
    LUMENFLOW_TRY(make_folder_of(files, store->paths.log));
    LUMENFLOW_TRY(files.make_directories(store->paths.keys, 0700));
    Result<std::unique_ptr<FileLock>> lock = files.lock(store->paths.keys);
    if (!lock.ok() && lock.error().code() == ErrorCode::kWorkspaceLocked)
      return Error(ErrorCode::kAlreadyExists, "another conductor serves " + store->paths.log);
    if (!lock.ok()) return std::move(lock).error();
    store->lock = *std::move(lock);
  }
  LUMENFLOW_TRY_ASSIGN(store->keys, open_keys(*store->files, store->paths.keys));
  store->heads = std::make_unique<log::CheckpointStore>(*store->files, store->paths.heads, store->keys.log);
  if (store->paths.in_memory) return store;
  LUMENFLOW_TRY_ASSIGN(store->records, open_sqlite_records(store->paths.records));
  LUMENFLOW_TRY_ASSIGN(std::unique_ptr<log::Log> log, open_log(*store, log_id));
  store->log = pipelined(std::move(log));
  return store;
}

Result<std::unique_ptr<Records>> open_records_of(Files& files, std::string_view url) {
  LUMENFLOW_TRY_ASSIGN(const StorePaths paths, store_paths(url));
  if (paths.in_memory)
    return Error(ErrorCode::kInvalidInput, "a store in memory is the running conductor's alone; ask it over HTTP");
  LUMENFLOW_TRY(make_folder_of(files, paths.log));
  return open_sqlite_records(paths.records);
}

}  // namespace lumenflow::conductor
