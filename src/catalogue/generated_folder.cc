#include "catalogue/generated_folder.h"

#include <future>
#include <utility>

namespace lumenflow::catalogue {
namespace {

// Whether it had to be written.
Result<bool> write_changed(Files& to, const std::string& path, const std::string& text) {
  const Result<std::string> there = to.read(path, kGeneratedBytesMax);
  if (there.ok() && *there == text) return false;
  LUMENFLOW_TRY(to.write_atomic(path, text));
  return true;
}

}  // namespace

Result<std::vector<std::string>> write_generated(Files& to, const std::string& folder,
                                                 std::span<const GeneratedFile> files) {
  LUMENFLOW_TRY(to.make_directories(folder));
  struct Writing {
    std::string path;
    std::future<Result<bool>> done;
  };
  std::vector<Writing> under_way;
  const GeneratedFile* lock = nullptr;
  for (const GeneratedFile& file : files) {
    if (file.name == kLockFile) {
      lock = &file;
      continue;
    }
    std::string path = join_path(folder, file.name);
    auto done = std::async(std::launch::async, [&to, &file, path] { return write_changed(to, path, file.text); });
    under_way.push_back({std::move(path), std::move(done)});
  }
  std::vector<std::string> written;
  Status status;
  for (Writing& each : under_way) {
    const Result<bool> changed = each.done.get();
    if (!changed.ok() && status.ok()) status = changed.error();
    if (changed.ok() && *changed) written.push_back(std::move(each.path));
  }
  LUMENFLOW_TRY(std::move(status));
  if (lock == nullptr) return written;
  std::string path = join_path(folder, lock->name);
  LUMENFLOW_TRY_ASSIGN(const bool changed, write_changed(to, path, lock->text));
  if (changed) written.push_back(std::move(path));
  return written;
}

}  // namespace lumenflow::catalogue
