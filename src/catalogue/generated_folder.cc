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

Result<std::vector<std::string>> write_generated(Files& to, const std::string& folder, const Catalogue& catalogue,
                                                 const Lock* before) {
  LUMENFLOW_TRY(to.make_directories(folder));
  struct Writing {
    std::string path;
    std::future<Result<bool>> done;
  };
  std::vector<Writing> under_way;
  for (const std::string_view name : kFilesBesideLock) {
    std::string path = join_path(folder, name);
    auto done = std::async(std::launch::async, [&to, &catalogue, before, name, path] {
      return write_changed(to, path, render(name, catalogue, before));
    });
    under_way.push_back({std::move(path), std::move(done)});
  }
  const std::string lock = render_lock(catalogue, before);
  std::vector<std::string> written;
  Status status;
  for (Writing& each : under_way) {
    const Result<bool> changed = each.done.get();
    if (!changed.ok() && status.ok()) status = changed.error();
    if (changed.ok() && *changed) written.push_back(std::move(each.path));
  }
  LUMENFLOW_TRY(std::move(status));
  std::string path = join_path(folder, kLockFile);
  LUMENFLOW_TRY_ASSIGN(const bool changed, write_changed(to, path, lock));
  if (changed) written.push_back(std::move(path));
  return written;
}

std::string differences(const Files& there, const std::string& folder, const Catalogue& catalogue, const Lock* before) {
  const auto differs = [&](std::string_view name) {
    const GeneratedFile file{std::string(name), render(name, catalogue, before)};
    const Result<std::string> found = there.read(join_path(folder, name), kGeneratedBytesMax);
    return found.ok() ? difference(file, *found) : file.name + ": is missing\n";
  };
  std::vector<std::future<std::string>> others;
  for (const std::string_view name : kFilesBesideLock) others.push_back(std::async(std::launch::async, differs, name));
  std::string out = differs(kLockFile);
  for (std::future<std::string>& each : others) out += each.get();
  return out;
}

}  // namespace lumenflow::catalogue
