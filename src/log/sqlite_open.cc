#include "log/sqlite_open.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>

#include "base/files.h"
#include "log/damage.h"
#include "log/row_codec.h"
#include "log/sqlite_reader.h"
#include "log/table_names.h"

namespace lumenflow::log {
namespace {

constexpr std::int64_t kLevelOneTiles = std::int64_t{1} << 56;

Status sync_folder_of(const std::string& path) {
  const std::string folder = parent_path(path).empty() ? "." : parent_path(path);
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool synced = fd >= 0 && ::fsync(fd) == 0;
  if (fd >= 0) ::close(fd);
  if (synced) return {};
  return Error(ErrorCode::kIo, "syncing folder " + folder);
}

Status create_schema(Connection& database, const std::string& log_id) {
  if (log_id.empty()) return Error(ErrorCode::kInvalidInput, "a new log needs a log_id");
  LUMENFLOW_TRY(
      database.execute("BEGIN IMMEDIATE;"
                       "CREATE TABLE meta(name TEXT PRIMARY KEY NOT NULL, value BLOB NOT NULL) WITHOUT ROWID;"
                       "CREATE TABLE rows(position INTEGER PRIMARY KEY, entries BLOB NOT NULL);"
                       "CREATE TABLE bodies(position INTEGER PRIMARY KEY, body BLOB NOT NULL);"
                       "CREATE TABLE tiles(id INTEGER PRIMARY KEY, hashes BLOB NOT NULL)"));
  LUMENFLOW_TRY_ASSIGN(const Statement insert,
                       database.prepare("INSERT INTO meta(name, value) VALUES('format', ?1), ('log_id', ?2)"));
  LUMENFLOW_TRY(Query(insert).bind(1, kSqliteLogFormat).bind(2, log_id).run());
  return database.execute("COMMIT");
}

Result<std::int64_t> count_tables(const Connection& database, std::string_view condition) {
  LUMENFLOW_TRY_ASSIGN(const Statement count,
                       database.prepare("SELECT count(*) FROM sqlite_schema WHERE " + std::string(condition)));
  Query query(count);
  LUMENFLOW_TRY_ASSIGN(const bool found, query.next());
  return found ? query.integer(0) : 0;
}

Result<std::string> read_meta(const Connection& database) {
  LUMENFLOW_TRY_ASSIGN(
      const Statement select,
      database.prepare(
          "SELECT (SELECT value FROM meta WHERE name='format'), (SELECT value FROM meta WHERE name='log_id')"));
  Query query(select);
  LUMENFLOW_TRY_ASSIGN(const bool found, query.next());
  if (!found || query.is_null(0) || query.is_null(1))
    return Error(ErrorCode::kJournalDamaged, "the database does not say its format and log_id");
  if (query.integer(0) > kSqliteLogFormat)
    return Error(ErrorCode::kUnsupportedFormat, "the journal has format " + std::to_string(query.integer(0)) +
                                                    ", this version reads up to " + std::to_string(kSqliteLogFormat));
  return std::string(query.blob(1));
}

// Names that the log had stand beside the one that it has: 'former/<log_id>', how many entries it had under it.
constexpr std::string_view kFormerPrefix = "former/";

Result<std::map<std::string, std::uint64_t>> read_former(const Connection& database) {
  LUMENFLOW_TRY_ASSIGN(const Statement select,
                       database.prepare("SELECT name, value FROM meta WHERE name >= 'former/' AND name < 'former0'"));
  Query query(select);
  std::map<std::string, std::uint64_t> former;
  for (;;) {
    LUMENFLOW_TRY_ASSIGN(const bool found, query.next());
    if (!found) return former;
    former.emplace(query.blob(0).substr(kFormerPrefix.size()), static_cast<std::uint64_t>(query.integer(1)));
  }
}

Result<OpenedDatabase> opened(Connection database) {
  LUMENFLOW_TRY_ASSIGN(std::string log_id, read_meta(database));
  LUMENFLOW_TRY_ASSIGN(auto former, read_former(database));
  return OpenedDatabase{std::move(database), std::move(log_id), std::move(former)};
}

Status use_wal(Connection& database) {
  LUMENFLOW_TRY_ASSIGN(const Statement pragma, database.prepare("PRAGMA journal_mode=WAL"));
  Query query(pragma);
  LUMENFLOW_TRY_ASSIGN(const bool found, query.next());
  if (found && query.blob(0) == "wal") return {};
  return Error(ErrorCode::kIo, "the file system does not carry a write-ahead log");
}

void note(Condition& condition, std::uint64_t position, std::string_view what) {
  if (condition.damaged) return;
  condition = {true, std::string(what), position};
}

class TreeLoader {
 public:
  explicit TreeLoader(const Connection& database) : database_(database) {}

  LoadedTree load() {
    if (const Status status = load_all(); !status.ok())
      note(loaded_.condition, damaged_position(status.error()).value_or(0), status.error().message());
    return std::move(loaded_);
  }

 private:
  Status load_all() {
    LUMENFLOW_TRY_ASSIGN(const std::uint64_t tiles_end, end_of_full_tiles());
    LUMENFLOW_TRY_ASSIGN(const std::uint64_t rows_end, end_of_rows());
    LUMENFLOW_TRY(load_edge(std::min(tiles_end, rows_end)));
    if (rows_end < tiles_end) {
      note(loaded_.condition, rows_end + 1,
           "the tree has " + std::to_string(tiles_end) + " entries or more, but " + std::to_string(rows_end) +
               " are there");
      return {};
    }
    return append_tail(tiles_end, rows_end);
  }

  Result<std::uint64_t> end_of_full_tiles() {
    LUMENFLOW_TRY_ASSIGN(const Statement select, database_.prepare("SELECT max(id) FROM tiles WHERE id < ?1"));
    Query query(select);
    LUMENFLOW_TRY_ASSIGN(const bool found, query.bind(1, kLevelOneTiles).next());
    if (!found || query.is_null(0)) return std::uint64_t{0};
    return (static_cast<std::uint64_t>(query.integer(0)) + 1) * kTileWidth;
  }

  Result<std::uint64_t> end_of_rows() {
    LUMENFLOW_TRY_ASSIGN(
        const Statement select,
        database_.prepare("SELECT position, entries FROM rows WHERE position = (SELECT max(position) FROM rows)"));
    Query query(select);
    LUMENFLOW_TRY_ASSIGN(const bool found, query.next());
    if (!found) return std::uint64_t{0};
    const auto first = static_cast<std::uint64_t>(query.integer(0));
    const Result<std::vector<DecodedEntry>> entries = decode_row(query.blob(1));
    if (entries.ok()) return first + entries->size() - 1;
    note(loaded_.condition, first, "position " + std::to_string(first) + ": " + entries.error().message());
    return first - 1;
  }

  Status load_edge(std::uint64_t size) {
    std::vector<std::vector<Hash256>> levels(levels_of(size));
    LUMENFLOW_TRY_ASSIGN(const Statement select, database_.prepare(kSelectTile));
    for (unsigned level = 0; level < levels.size(); ++level) {
      const std::size_t count = edge_entries(size, level);
      if (count == 0) continue;
      const TileId id{level, size >> (kTileHeight * (level + 1))};
      Query query(select);
      LUMENFLOW_TRY_ASSIGN(const bool found, query.bind(1, tile_key(id)).next());
      if (found) levels[level] = parse_tile(query.blob(0));
      if (levels[level].size() < count)  // what is under it cannot be proven and will not be served
        note(loaded_.condition, id.first_position(), "a tile at the edge of the tree is missing or cut short");
      levels[level].resize(count);
    }
    loaded_.edge = TreeEdge(size, std::move(levels));
    return {};
  }

  // The entries that no full tile covers yet: fewer than a tile has.
  Status append_tail(std::uint64_t from, std::uint64_t rows_end) {
    LUMENFLOW_TRY_ASSIGN(const Statement select, database_.prepare(kSelectRows));
    Query query(select);
    query.bind(1, static_cast<std::int64_t>(from + 1)).bind(2, static_cast<std::int64_t>(rows_end));
    std::vector<FinishedTile> finished;
    while (loaded_.edge.size() < rows_end) {
      const std::uint64_t next = loaded_.edge.size() + 1;
      LUMENFLOW_TRY_ASSIGN(const bool found, query.next());
      if (!found) return damaged_at(next, "the entry is missing");
      const auto first = static_cast<std::uint64_t>(query.integer(0));
      const Result<std::vector<DecodedEntry>> entries = decode_row(query.blob(1));
      if (!entries.ok()) return damaged_at(next, entries.error().message());
      const bool straddles = next == from + 1 && first <= next && first + entries->size() > next;
      if (first != next && !straddles) return damaged_at(next, "the rows do not follow each other");
      if (first + entries->size() - 1 >= from + kTileWidth)
        return damaged_at(next, "a full tile of the tree is missing");
      for (std::size_t i = next - first; i < entries->size(); ++i) {
        const DecodedEntry& entry = (*entries)[i];
        if (leaf_hash(entry.bytes) != entry.leaf)
          note(loaded_.condition, first + i, damaged_at(first + i, "the entry does not match its leaf").message());
        loaded_.edge.append(entry.leaf, finished);
      }
    }
    return {};
  }

  const Connection& database_;
  LoadedTree loaded_;
};

Result<OpenedDatabase> open_immutable(const SqliteLogOptions& options) {
  struct stat wal {};
  if (::stat((options.path + "-wal").c_str(), &wal) == 0 && wal.st_size > 0)
    return Error(ErrorCode::kJournalUnavailable,
                 "entries still stand in " + options.path +
                     "-wal, which cannot be read where nothing can be written; copy the workspace to a place where it "
                     "can");
  LUMENFLOW_TRY_ASSIGN(Connection reader, Connection::open(options.path, Connection::Mode::kImmutable));
  LUMENFLOW_TRY_ASSIGN(const std::int64_t ours, count_tables(reader, "name='meta'"));
  if (ours == 0) return Error(ErrorCode::kJournalDamaged, options.path + " is not a log's database");
  return opened(std::move(reader));
}

}  // namespace

Result<OpenedDatabase> open_database(const SqliteLogOptions& options) {
  for (const std::string& table : options.tables) LUMENFLOW_TRY(check_table_name(table));
  if (options.read_only) return open_immutable(options);
  LUMENFLOW_TRY_ASSIGN(Connection writer, Connection::open(options.path, Connection::Mode::kCreate));
  LUMENFLOW_TRY_ASSIGN(const std::int64_t tables, count_tables(writer, "type='table'"));
  if (tables == 0) {
    LUMENFLOW_TRY(use_wal(writer));
    LUMENFLOW_TRY(create_schema(writer, options.new_log_id));
    LUMENFLOW_TRY(sync_folder_of(options.path));
  }
  LUMENFLOW_TRY_ASSIGN(const std::int64_t ours, count_tables(writer, "name='meta'"));
  if (ours == 0) return Error(ErrorCode::kJournalDamaged, options.path + " is not a log's database");
  LUMENFLOW_TRY(read_meta(writer));
  LUMENFLOW_TRY(use_wal(writer));
  // A reader that stays makes the WAL grow; what is over this goes back to the file system once it starts over.
  const std::int64_t wal_bytes_max = std::int64_t{16} * std::max(options.wal_pages, 8) * 4096;
  LUMENFLOW_TRY(
      writer.execute("PRAGMA wal_autocheckpoint=0; PRAGMA journal_size_limit=" + std::to_string(wal_bytes_max)));
  return opened(std::move(writer));
}

Status write_name(const Connection& writer, std::string_view before, const Renaming& renaming) {
  LUMENFLOW_TRY_ASSIGN(const Statement put,
                       writer.prepare("INSERT OR REPLACE INTO meta(name, value) "
                                      "VALUES('former/' || CAST(?1 AS TEXT), ?2), ('log_id', ?3)"));
  return Query(put)
      .bind(1, before)
      .bind(2, static_cast<std::int64_t>(renaming.size))
      .bind(3, std::string_view(renaming.log_id))
      .run();
}

LoadedTree load_tree(const Connection& database) { return TreeLoader(database).load(); }

}  // namespace lumenflow::log
