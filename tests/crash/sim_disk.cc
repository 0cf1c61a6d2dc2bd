#include "sim_disk.h"

#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <map>
#include <mutex>
#include <new>
#include <optional>
#include <utility>

namespace lumenflow::crash {
namespace {

constexpr std::size_t kSectorBytes = 512;
constexpr int kShmSlots = SQLITE_SHM_NLOCK;

struct Change {  // of a file, not synced yet
  std::uint64_t at = 0;
  std::string bytes;
  bool truncate = false;  // to `at`
};

void carry_out(const Change& change, std::string& content) {
  if (change.truncate) {
    content.resize(std::min<std::size_t>(content.size(), change.at));
    return;
  }
  if (content.size() < change.at + change.bytes.size()) content.resize(change.at + change.bytes.size());
  std::copy(change.bytes.begin(), change.bytes.end(), content.begin() + static_cast<std::ptrdiff_t>(change.at));
}

struct Node {
  std::string content;  // as the running system sees it
  std::string synced;   // as it is for good
  std::vector<Change> unsynced;
  bool name_lasts = false;

  // Whoever holds locks is named by its open file.
  int shared = 0;
  const void* reserved = nullptr;
  const void* pending = nullptr;
  const void* exclusive = nullptr;
  std::map<int, std::vector<std::uint64_t>> shm;  // regions by number
  int shm_users = 0;
  std::array<int, kShmSlots> shm_shared{};
  std::array<const void*, kShmSlots> shm_exclusive{};
};
using NodePtr = std::shared_ptr<Node>;  // shared: a file lives while a name or an open file refers to it

// In memory that SQLite gives and frees; made in open(), ended in close().
struct File {
  sqlite3_file base;
  void* disk;
  NodePtr node;
  std::string path;
  bool syncs_folder = false;  // with its next sync, as SQLite's own file layer does it for journals
  int level = SQLITE_LOCK_NONE;
  bool delete_on_close = false;
  bool maps_shm = false;
  unsigned shm_shared = 0;
  unsigned shm_exclusive = 0;
};

File& self(sqlite3_file* file) { return *reinterpret_cast<File*>(file); }

}  // namespace

struct SimDisk::State {
  explicit State(std::uint32_t seed) : random(seed) {}

  mutable std::mutex mutex;
  std::mt19937 random;
  sqlite3_vfs vfs{};
  sqlite3_vfs* inner = nullptr;
  std::map<std::string, NodePtr> names;
  std::map<std::string, NodePtr> removed;  // names that were, until the folder is synced
  std::uint64_t changes = 0;
  std::optional<std::uint64_t> dies_at;
  bool dead = false;
  bool ignores_syncs = false;
  Fault fault = Fault::kNone;
  std::uint64_t fails_from = 0, fails_until = 0;

  // Counts a change. What becomes of it: nothing is done, or a part (of a write), or all.
  struct Verdict {
    int code = SQLITE_OK;
    bool part = false;
  };
  Verdict change(int error) {
    if (dead) return {error, false};
    const std::uint64_t number = changes++;
    if (dies_at && number >= *dies_at) {
      dead = true;
      return {error, random() % 2 == 0};
    }
    if (fault == Fault::kNone || number < fails_from || number >= fails_until) return {};
    if (fault == Fault::kFull && error == SQLITE_IOERR_WRITE) return {SQLITE_FULL, random() % 2 == 0};
    if (fault == Fault::kFull) return {};
    return {error, fault == Fault::kShort};
  }

  void survive(Node& node) {
    const auto keep_all = [&](std::size_t count) {
      for (std::size_t i = 0; i < count; ++i) carry_out(node.unsynced[i], node.synced);
    };
    switch (node.unsynced.empty() ? 0 : random() % 4) {
      case 0:
        break;
      case 1:
        keep_all(node.unsynced.size());
        break;
      case 2: {  // torn
        const std::size_t whole = random() % node.unsynced.size();
        keep_all(whole);
        Change torn = node.unsynced[whole];
        torn.bytes.resize(random() % (torn.bytes.size() + 1));
        if (!torn.truncate && !torn.bytes.empty()) carry_out(torn, node.synced);
        break;
      }
      default:  // in whatever order, some never
        for (const Change& change : node.unsynced) {
          if (change.truncate) {
            if (random() % 2 == 0) carry_out(change, node.synced);
            continue;
          }
          for (std::size_t at = 0; at < change.bytes.size();) {
            const std::size_t end = std::min(change.bytes.size(), at + kSectorBytes - (change.at + at) % kSectorBytes);
            if (random() % 2 == 0) carry_out({change.at + at, change.bytes.substr(at, end - at)}, node.synced);
            at = end;
          }
        }
    }
    node.content = node.synced;
    node.unsynced.clear();
    node.name_lasts = true;
  }

  void drop_name(const std::string& path) {
    const auto found = names.find(path);
    if (found == names.end()) return;
    if (found->second->name_lasts) removed[path] = found->second;
    names.erase(found);
  }

  void sync_folder() {
    if (ignores_syncs) return;
    removed.clear();
    for (const auto& [path, node] : names) node->name_lasts = true;
  }

  // --- SQLite's side ---

  static State& of(sqlite3_vfs* vfs) { return *static_cast<State*>(vfs->pAppData); }
  static State& of(sqlite3_file* file) { return *static_cast<State*>(self(file).disk); }

  static int open(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* flags_out) {
    State& disk = of(vfs);
    const std::lock_guard lock(disk.mutex);
    file->pMethods = nullptr;
    const std::string path = name == nullptr ? std::string() : name;
    const auto found = disk.names.find(path);
    NodePtr node;
    if (name != nullptr && found != disk.names.end()) {
      node = found->second;
    } else {
      if (name != nullptr && (flags & SQLITE_OPEN_CREATE) == 0) return SQLITE_CANTOPEN;
      if (disk.change(SQLITE_CANTOPEN).code != SQLITE_OK) return SQLITE_CANTOPEN;
      node = std::make_shared<Node>();
      if (name != nullptr) disk.names[path] = node;
    }
    File* opened = new (file) File{};
    opened->base.pMethods = &kMethods;
    opened->disk = &disk;
    opened->node = std::move(node);
    opened->path = path;
    opened->syncs_folder =
        (flags & SQLITE_OPEN_CREATE) != 0 && (flags & (SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_WAL)) != 0;
    opened->delete_on_close = (flags & SQLITE_OPEN_DELETEONCLOSE) != 0;
    if (flags_out != nullptr) *flags_out = flags;
    return SQLITE_OK;
  }

  static int remove(sqlite3_vfs* vfs, const char* name, int and_sync) {
    State& disk = of(vfs);
    const std::lock_guard lock(disk.mutex);
    if (!disk.names.contains(name)) return SQLITE_IOERR_DELETE_NOENT;
    if (const Verdict verdict = disk.change(SQLITE_IOERR_DELETE); verdict.code != SQLITE_OK) return verdict.code;
    disk.drop_name(name);
    if (and_sync != 0) disk.sync_folder();
    return SQLITE_OK;
  }

  static int access(sqlite3_vfs* vfs, const char* name, int what, int* out) {
    State& disk = of(vfs);
    const std::lock_guard lock(disk.mutex);
    const auto found = disk.names.find(name);
    *out = found != disk.names.end() && (what != SQLITE_ACCESS_EXISTS || !found->second->content.empty());
    return SQLITE_OK;
  }

  static int full_path(sqlite3_vfs*, const char* name, int size, char* out) {
    sqlite3_snprintf(size, out, "%s", name);
    return SQLITE_OK;
  }

  static int close(sqlite3_file* file) {
    State& disk = of(file);
    const std::lock_guard lock(disk.mutex);
    release(self(file), SQLITE_LOCK_NONE);
    unmap(self(file));
    if (self(file).delete_on_close) disk.drop_name(self(file).path);
    self(file).~File();
    return SQLITE_OK;
  }

  static int read(sqlite3_file* file, void* to, int size, sqlite3_int64 at) {
    const std::lock_guard lock(of(file).mutex);
    const std::string& content = self(file).node->content;
    const std::size_t from = std::min(content.size(), static_cast<std::size_t>(at));
    const std::size_t bytes = std::min(content.size() - from, static_cast<std::size_t>(size));
    std::memcpy(to, content.data() + from, bytes);
    if (bytes == static_cast<std::size_t>(size)) return SQLITE_OK;
    std::memset(static_cast<char*>(to) + bytes, 0, static_cast<std::size_t>(size) - bytes);
    return SQLITE_IOERR_SHORT_READ;
  }

  static void write_down(Node& node, Change change) {
    carry_out(change, node.content);
    node.unsynced.push_back(std::move(change));
  }

  static int write(sqlite3_file* file, const void* data, int size, sqlite3_int64 at) {
    State& disk = of(file);
    const std::lock_guard lock(disk.mutex);
    const Verdict verdict = disk.change(SQLITE_IOERR_WRITE);
    const auto bytes = static_cast<std::size_t>(verdict.code == SQLITE_OK ? size : verdict.part ? size / 2 : 0);
    if (bytes > 0)
      write_down(*self(file).node,
                 {static_cast<std::uint64_t>(at), std::string(static_cast<const char*>(data), bytes)});
    return verdict.code;
  }

  static int truncate(sqlite3_file* file, sqlite3_int64 size) {
    State& disk = of(file);
    const std::lock_guard lock(disk.mutex);
    const Verdict verdict = disk.change(SQLITE_IOERR_TRUNCATE);
    if (verdict.code == SQLITE_OK) write_down(*self(file).node, {static_cast<std::uint64_t>(size), {}, true});
    return verdict.code;
  }

  static int sync(sqlite3_file* file, int) {
    State& disk = of(file);
    const std::lock_guard lock(disk.mutex);
    const Verdict verdict = disk.change(SQLITE_IOERR_FSYNC);
    Node& node = *self(file).node;
    if (verdict.code != SQLITE_OK) {
      if (!disk.dead) node.unsynced.clear();
      return verdict.code;
    }
    if (disk.ignores_syncs) return SQLITE_OK;
    for (const Change& change : node.unsynced) carry_out(change, node.synced);
    node.unsynced.clear();
    if (std::exchange(self(file).syncs_folder, false)) disk.sync_folder();
    return SQLITE_OK;
  }

  static int file_size(sqlite3_file* file, sqlite3_int64* size) {
    const std::lock_guard lock(of(file).mutex);
    *size = static_cast<sqlite3_int64>(self(file).node->content.size());
    return SQLITE_OK;
  }

  static int lock(sqlite3_file* file, int level) {
    const std::lock_guard guard(of(file).mutex);
    File& own = self(file);
    Node& node = *own.node;
    if (own.level >= level) return SQLITE_OK;
    const auto others = [&own](const void* holder) { return holder != nullptr && holder != &own; };
    if (others(node.exclusive)) return SQLITE_BUSY;
    if (own.level == SQLITE_LOCK_NONE) {
      if (others(node.pending)) return SQLITE_BUSY;
      ++node.shared;
      own.level = SQLITE_LOCK_SHARED;
    }
    if (level == SQLITE_LOCK_SHARED) return SQLITE_OK;
    if (others(node.reserved) || others(node.pending)) return SQLITE_BUSY;
    node.reserved = &own;
    own.level = SQLITE_LOCK_RESERVED;
    if (level == SQLITE_LOCK_RESERVED) return SQLITE_OK;
    node.pending = &own;
    own.level = SQLITE_LOCK_PENDING;
    if (node.shared > 1) return SQLITE_BUSY;
    node.exclusive = &own;
    own.level = SQLITE_LOCK_EXCLUSIVE;
    return SQLITE_OK;
  }

  static void release(File& own, int level) {
    Node& node = *own.node;
    if (own.level <= level) return;
    for (const void** holder : {&node.reserved, &node.pending, &node.exclusive})
      if (*holder == &own) *holder = nullptr;
    if (level == SQLITE_LOCK_NONE) --node.shared;
    own.level = level;
  }
  static int unlock(sqlite3_file* file, int level) {
    const std::lock_guard guard(of(file).mutex);
    release(self(file), level);
    return SQLITE_OK;
  }
  static int check_reserved(sqlite3_file* file, int* out) {
    const std::lock_guard guard(of(file).mutex);
    *out = self(file).node->reserved != nullptr;
    return SQLITE_OK;
  }

  static int shm_map(sqlite3_file* file, int region, int size, int extend, void volatile** out) {
    const std::lock_guard guard(of(file).mutex);
    File& own = self(file);
    Node& node = *own.node;
    if (!own.maps_shm) ++node.shm_users;
    own.maps_shm = true;
    *out = nullptr;
    if (!node.shm.contains(region)) {
      if (extend == 0) return SQLITE_OK;
      node.shm[region].resize(static_cast<std::size_t>(size) / sizeof(std::uint64_t));
    }
    *out = node.shm[region].data();
    return SQLITE_OK;
  }

  static int shm_lock(sqlite3_file* file, int first, int count, int flags) {
    const std::lock_guard guard(of(file).mutex);
    File& own = self(file);
    Node& node = *own.node;
    const bool shared = (flags & SQLITE_SHM_SHARED) != 0;
    if ((flags & SQLITE_SHM_UNLOCK) != 0) {
      for (int slot = first; slot < first + count; ++slot) shm_release(own, slot, shared);
      return SQLITE_OK;
    }
    for (int slot = first; slot < first + count; ++slot) {
      const bool mine = (own.shm_shared >> slot & 1) != 0;
      if (node.shm_exclusive[slot] != nullptr && node.shm_exclusive[slot] != &own) return SQLITE_BUSY;
      if (!shared && node.shm_shared[slot] > (mine ? 1 : 0)) return SQLITE_BUSY;
    }
    for (int slot = first; slot < first + count; ++slot) {
      unsigned& held = shared ? own.shm_shared : own.shm_exclusive;
      if ((held >> slot & 1) != 0) continue;
      held |= 1u << slot;
      if (shared)
        ++node.shm_shared[slot];
      else
        node.shm_exclusive[slot] = &own;
    }
    return SQLITE_OK;
  }

  static void shm_release(File& own, int slot, bool shared) {
    unsigned& held = shared ? own.shm_shared : own.shm_exclusive;
    if ((held >> slot & 1) == 0) return;
    held &= ~(1u << slot);
    if (shared)
      --own.node->shm_shared[slot];
    else
      own.node->shm_exclusive[slot] = nullptr;
  }

  static void unmap(File& own) {
    if (!own.maps_shm) return;
    own.maps_shm = false;
    for (int slot = 0; slot < kShmSlots; ++slot) {
      shm_release(own, slot, true);
      shm_release(own, slot, false);
    }
    if (--own.node->shm_users == 0) own.node->shm.clear();
  }
  static int shm_unmap(sqlite3_file* file, int) {
    const std::lock_guard guard(of(file).mutex);
    unmap(self(file));
    return SQLITE_OK;
  }

  static const sqlite3_io_methods kMethods;
};

// What SQLite is told of the device is what its own file layer says of a disk: bytes beside a write are safe.
const sqlite3_io_methods SimDisk::State::kMethods{
    .iVersion = 2,
    .xClose = close,
    .xRead = read,
    .xWrite = write,
    .xTruncate = truncate,
    .xSync = sync,
    .xFileSize = file_size,
    .xLock = lock,
    .xUnlock = unlock,
    .xCheckReservedLock = check_reserved,
    .xFileControl = [](sqlite3_file*, int, void*) { return SQLITE_NOTFOUND; },
    .xSectorSize = [](sqlite3_file*) { return 4096; },
    .xDeviceCharacteristics = [](sqlite3_file*) { return SQLITE_IOCAP_POWERSAFE_OVERWRITE; },
    .xShmMap = shm_map,
    .xShmLock = shm_lock,
    .xShmBarrier =
        [](sqlite3_file* file) {
          const std::lock_guard guard(of(file).mutex);  // a barrier to every other user of the file
        },
    .xShmUnmap = shm_unmap,
    .xFetch = nullptr,
    .xUnfetch = nullptr,
};

SimDisk::SimDisk(std::uint32_t seed) : state_(std::make_unique<State>(seed)) {
  sqlite3_initialize();
  State& disk = *state_;
  disk.inner = sqlite3_vfs_find(nullptr);
  disk.vfs = *disk.inner;  // randomness, time and sleep are the inner one's
  disk.vfs.zName = "lumenflow-sim";
  disk.vfs.szOsFile = sizeof(File);
  disk.vfs.pAppData = state_.get();
  disk.vfs.xOpen = &State::open;
  disk.vfs.xDelete = &State::remove;
  disk.vfs.xAccess = &State::access;
  disk.vfs.xFullPathname = &State::full_path;
  sqlite3_vfs_register(&disk.vfs, 1);
}

void SimDisk::use() { sqlite3_vfs_register(&state_->vfs, 1); }

SimDisk::~SimDisk() { sqlite3_vfs_unregister(&state_->vfs); }

void SimDisk::die_after(std::uint64_t changes) {
  const std::lock_guard lock(state_->mutex);
  state_->dies_at = state_->changes + changes;
}

void SimDisk::spare() {
  const std::lock_guard lock(state_->mutex);
  state_->dies_at.reset();
}

bool SimDisk::dead() const {
  const std::lock_guard lock(state_->mutex);
  return state_->dead;
}

std::uint64_t SimDisk::changes() const {
  const std::lock_guard lock(state_->mutex);
  return state_->changes;
}

void SimDisk::restart_process() {
  const std::lock_guard lock(state_->mutex);
  state_->dead = false;
  state_->dies_at.reset();
  state_->fault = Fault::kNone;
}

void SimDisk::cut_power() {
  restart_process();
  const std::lock_guard lock(state_->mutex);
  std::erase_if(state_->names,
                [this](const auto& name) { return !name.second->name_lasts && state_->random() % 2 == 0; });
  for (const auto& [path, node] : state_->removed)
    if (!state_->names.contains(path) && state_->random() % 2 == 0) state_->names[path] = node;
  state_->removed.clear();
  for (const auto& [path, node] : state_->names) state_->survive(*node);
}

void SimDisk::fail(Fault fault, std::uint64_t after, std::uint64_t count) {
  const std::lock_guard lock(state_->mutex);
  state_->fault = fault;
  state_->fails_from = state_->changes + after;
  state_->fails_until = state_->fails_from + count;
}

void SimDisk::ignore_syncs(bool ignored) {
  const std::lock_guard lock(state_->mutex);
  state_->ignores_syncs = ignored;
}

std::string SimDisk::read(const std::string& path) const {
  const std::lock_guard lock(state_->mutex);
  const auto found = state_->names.find(path);
  return found == state_->names.end() ? std::string() : found->second->content;
}

void SimDisk::write(const std::string& path, std::string content) {
  const std::lock_guard lock(state_->mutex);
  auto node = std::make_shared<Node>();
  node->content = node->synced = std::move(content);
  node->name_lasts = true;
  state_->names[path] = std::move(node);
}

void SimDisk::remove(const std::string& path) {
  const std::lock_guard lock(state_->mutex);
  state_->names.erase(path);
}

}  // namespace lumenflow::crash
