#include "log/faulty_vfs.h"

#include <sqlite3.h>

#include <new>

namespace lumenflow::log {
namespace {

// In front of the real file, which follows it in the memory that SQLite gives us.
struct File {
  sqlite3_file base;
  DiskFaults* faults;
  bool is_database;
  sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
};
static_assert(sizeof(File) % 8 == 0);

File* self(sqlite3_file* file) { return reinterpret_cast<File*>(file); }
sqlite3_file* real(sqlite3_file* file) { return self(file)->real(); }

// The fault that this operation meets.
int fault(sqlite3_file* file) {
  DiskFaults& faults = *self(file)->faults;
  const int kind = faults.kind;
  if (kind == DiskFaults::kNone || (faults.only_database && !self(file)->is_database)) return DiskFaults::kNone;
  return faults.operations_left-- > 0 ? DiskFaults::kNone : kind;
}

int write(sqlite3_file* file, const void* data, int size, sqlite3_int64 offset) {
  switch (fault(file)) {
    case DiskFaults::kFull:
      return SQLITE_FULL;
    case DiskFaults::kError:
      return SQLITE_IOERR_WRITE;
    case DiskFaults::kTorn:
      (void)real(file)->pMethods->xWrite(real(file), data, size / 2, offset);
      return SQLITE_IOERR_WRITE;
    default:
      return real(file)->pMethods->xWrite(real(file), data, size, offset);
  }
}

int sync(sqlite3_file* file, int flags) {
  if (fault(file) != DiskFaults::kNone) return SQLITE_IOERR_FSYNC;
  return real(file)->pMethods->xSync(real(file), flags);
}

const sqlite3_io_methods kMethods{
    .iVersion = 3,
    .xClose = [](sqlite3_file* f) { return real(f)->pMethods->xClose(real(f)); },
    .xRead = [](sqlite3_file* f, void* to, int n,
                sqlite3_int64 at) { return real(f)->pMethods->xRead(real(f), to, n, at); },
    .xWrite = write,
    .xTruncate = [](sqlite3_file* f, sqlite3_int64 size) { return real(f)->pMethods->xTruncate(real(f), size); },
    .xSync = sync,
    .xFileSize = [](sqlite3_file* f, sqlite3_int64* size) { return real(f)->pMethods->xFileSize(real(f), size); },
    .xLock = [](sqlite3_file* f, int level) { return real(f)->pMethods->xLock(real(f), level); },
    .xUnlock = [](sqlite3_file* f, int level) { return real(f)->pMethods->xUnlock(real(f), level); },
    .xCheckReservedLock = [](sqlite3_file* f, int* out) { return real(f)->pMethods->xCheckReservedLock(real(f), out); },
    .xFileControl = [](sqlite3_file* f, int op,
                       void* arg) { return real(f)->pMethods->xFileControl(real(f), op, arg); },
    .xSectorSize = [](sqlite3_file* f) { return real(f)->pMethods->xSectorSize(real(f)); },
    .xDeviceCharacteristics = [](sqlite3_file* f) { return real(f)->pMethods->xDeviceCharacteristics(real(f)); },
    .xShmMap = [](sqlite3_file* f, int page, int size, int extend,
                  void volatile** out) { return real(f)->pMethods->xShmMap(real(f), page, size, extend, out); },
    .xShmLock = [](sqlite3_file* f, int at, int n,
                   int flags) { return real(f)->pMethods->xShmLock(real(f), at, n, flags); },
    .xShmBarrier = [](sqlite3_file* f) { real(f)->pMethods->xShmBarrier(real(f)); },
    .xShmUnmap = [](sqlite3_file* f, int remove) { return real(f)->pMethods->xShmUnmap(real(f), remove); },
    .xFetch = [](sqlite3_file* f, sqlite3_int64 at, int n,
                 void** out) { return real(f)->pMethods->xFetch(real(f), at, n, out); },
    .xUnfetch = [](sqlite3_file* f, sqlite3_int64 at,
                   void* page) { return real(f)->pMethods->xUnfetch(real(f), at, page); },
};

}  // namespace

struct FaultyVfs::Vfs {
  sqlite3_vfs vfs;
  sqlite3_vfs* inner;
  DiskFaults* faults;

  static int open(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* flags_out) {
    Vfs* own = static_cast<Vfs*>(vfs->pAppData);
    const bool database = (flags & SQLITE_OPEN_MAIN_DB) != 0;
    File* opened = new (file) File{{nullptr}, own->faults, database};
    const int code = own->inner->xOpen(own->inner, name, opened->real(), flags, flags_out);
    if (opened->real()->pMethods != nullptr) opened->base.pMethods = &kMethods;
    return code;
  }
};

FaultyVfs::FaultyVfs(DiskFaults& faults) : vfs_(std::make_unique<Vfs>()) {
  sqlite3_initialize();
  vfs_->inner = sqlite3_vfs_find(nullptr);
  vfs_->faults = &faults;
  vfs_->vfs = *vfs_->inner;  // the rest of its functions take no notice of whose they are
  vfs_->vfs.zName = "lumenflow-faulty";
  vfs_->vfs.szOsFile = static_cast<int>(sizeof(File)) + vfs_->inner->szOsFile;
  vfs_->vfs.pAppData = vfs_.get();
  vfs_->vfs.xOpen = &Vfs::open;
  sqlite3_vfs_register(&vfs_->vfs, 1);
}

FaultyVfs::~FaultyVfs() { sqlite3_vfs_unregister(&vfs_->vfs); }

}  // namespace lumenflow::log
