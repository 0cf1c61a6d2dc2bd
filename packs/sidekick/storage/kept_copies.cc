#include "sidekick/storage/kept_copies.h"

#include <algorithm>
#include <array>
#include <set>
#include <string_view>
#include <utility>

#include "sidekick/storage/store_files.h"

namespace lumenflow::sidekick {
namespace {

constexpr std::size_t kLinesMax = 50;  // of one file; the report has them all

// "tasks.json.corrupt-2", but not its report.
bool is_copy(std::string_view name) {
  return std::ranges::any_of(std::array<std::string_view, 2>{".corrupt-", ".outside-"}, [&](std::string_view why) {
    const std::size_t at = name.rfind(why);
    if (at == std::string_view::npos || at == 0) return false;
    const std::string_view number = name.substr(at + why.size());
    return !number.empty() && number.find_first_not_of("0123456789") == std::string_view::npos;
  });
}

std::set<std::string> folders_with_copies() {
  std::set<std::string> folders{kLogFolder, kAuditFolder};
  for (const Collection collection : kCollections) folders.insert(folder_of(document_path(collection)));
  return folders;
}

// The lines, the last of them with what became of the file.
std::vector<std::string> said(std::vector<std::string> lines, const std::string& fate) {
  if (lines.empty()) return lines;
  if (lines.size() > kLinesMax) {
    lines.back() = "and " + std::to_string(lines.size() - kLinesMax + 1) + " more, which its report names";
    lines.erase(lines.begin() + kLinesMax - 1, lines.end() - 1);
  }
  lines.back() += "; " + fate;
  return lines;
}

std::string kept(const std::string& copy) { return copy + " is kept until somebody takes it away"; }

}  // namespace

void KeptCopies::add(Aside aside) {
  const std::lock_guard lock(mutex_);
  due_.push_back(std::move(aside));
}

Status KeptCopies::keep(Disk& disk) {
  for (;;) {
    Aside aside;
    {
      const std::lock_guard lock(mutex_);
      if (due_.empty()) return {};
      aside = due_.back();
    }
    std::string copy;
    for (int n = 1;; ++n) {
      copy = aside.path + "." + aside.why + "-" + std::to_string(n);
      LUMENFLOW_TRY_ASSIGN(const std::optional<std::string> there, disk.read(copy));
      if (there && *there != aside.content) continue;
      if (there) {  // whole, but perhaps not yet durable
        LUMENFLOW_TRY(disk.remove(copy));
      }
      LUMENFLOW_TRY(write_new(disk, copy, aside.content));
      if (!aside.report.empty()) {
        LUMENFLOW_TRY(disk.remove(copy + ".report"));
        LUMENFLOW_TRY(write_new(disk, copy + ".report", aside.report));
      }
      break;
    }
    const std::lock_guard lock(mutex_);
    known_[copy] = said(std::move(aside.problems), kept(copy));
    due_.pop_back();
  }
}

std::vector<std::string> KeptCopies::problems(Disk& disk) const {
  std::vector<std::string> lines;
  {
    const std::lock_guard lock(mutex_);
    for (const Aside& aside : due_)
      std::ranges::move(said(aside.problems, "it will be copied before anything is written over it"),
                        std::back_inserter(lines));
  }
  for (const std::string& folder : folders_with_copies()) {
    const Result<std::vector<std::string>> names = disk.list(folder);
    if (!names.ok()) continue;  // the store itself says what is wrong with it
    for (const std::string& name : *names)
      if (is_copy(name)) std::ranges::move(known_of(disk, folder + "/" + name), std::back_inserter(lines));
  }
  return lines;
}

// Of a copy that was made before this program began, what its report says first.
std::vector<std::string> KeptCopies::known_of(Disk& disk, const std::string& copy) const {
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = known_.find(copy); found != known_.end() && !found->second.empty()) return found->second;
  }
  const Result<std::optional<std::string>> report = disk.read(copy + ".report");
  std::string line = report.ok() && *report ? (*report)->substr(0, (*report)->find('\n')) + "; " : std::string();
  line += kept(copy);
  const std::lock_guard lock(mutex_);
  return known_[copy] = {std::move(line)};
}

}  // namespace lumenflow::sidekick
