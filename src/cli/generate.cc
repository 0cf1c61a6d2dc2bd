// lumenflow generate: from the packs' event manifests to typed code, once or whenever they change.
#include <algorithm>
#include <future>
#include <ostream>
#include <thread>
#include <utility>

#include "catalogue/generated_folder.h"
#include "catalogue/plan.h"
#include "cli/commands.h"
#include "cli/diagnostics_output.h"
#include "cli/output.h"
#include "pack/event_types.h"

namespace lumenflow::cli {
namespace {

constexpr std::chrono::milliseconds kWatchPause{200};
constexpr int kWatchDepthMax = 16;

struct GeneratePaths {
  std::string packs, out;
};

GeneratePaths paths_of(const Context& context, const GenerateFlags& flags) {
  GeneratePaths out{flags.packs_root, flags.out};
  if (out.packs.empty()) {
    const Result<std::string> root = workspace_root(context);
    out.packs = root.ok() ? join_path(*root, "packs") : "packs";
  }
  while (out.packs.size() > 1 && out.packs.ends_with('/')) out.packs.pop_back();
  if (out.out.empty()) out.out = join_path(parent_path(out.packs), "catalogue");
  return out;
}

Result<std::vector<catalogue::Declaration>> core_of(const Context& context, const std::string& base,
                                                    catalogue::Faults& faults) {
  if (base.empty()) return catalogue::core_declarations();
  LUMENFLOW_TRY_ASSIGN(std::string text, context.files.read(base));
  const std::string folder = base.find('/') == std::string::npos ? "." : parent_path(base);
  const catalogue::ReadFile read = [&context, folder](std::string_view path) -> Result<std::string> {
    LUMENFLOW_TRY_ASSIGN(const std::string real, resolve_inside(context.files, folder, path));
    return context.files.read(real);
  };
  return catalogue::read_base_list(base, std::move(text), read, faults);
}

// Of the folder that is generated into: nothing where there is none yet.
Result<std::optional<catalogue::LockFile>> lock_at(const Files& files, const std::string& path) {
  Result<std::string> text = files.read(path, catalogue::kGeneratedBytesMax);
  if (text.ok())
    return std::optional<catalogue::LockFile>(std::in_place, catalogue::SourceText{path, *std::move(text)});
  if (text.error().code() == ErrorCode::kNotFound) return std::optional<catalogue::LockFile>();
  return std::move(text).error();
}

// What is to be written; nothing, with the faults, where anything is wrong. An error where it cannot be told.
Result<std::optional<catalogue::Plan>> plan_of(const Context& context, const GenerateFlags& flags,
                                               const GeneratePaths& paths, pack::Diagnostics& found) {
  catalogue::Faults faults;
  catalogue::PlanInput input;
  LUMENFLOW_TRY_ASSIGN(input.core, core_of(context, flags.base, faults));
  input.lock_path = join_path(paths.out, catalogue::kLockFile);
  auto lock = std::async(std::launch::async, [&] { return lock_at(context.files, input.lock_path); });
  LUMENFLOW_TRY_ASSIGN(input.packs, pack::find_event_packs(context.files, paths.packs, found));
  LUMENFLOW_TRY_ASSIGN(input.lock, lock.get());
  // All of them: what a first run left that broke off is no output yet.
  const bool was_generated = std::ranges::all_of(catalogue::kFilesBesideLock, [&](std::string_view name) {
    const auto there = context.files.stat(join_path(paths.out, name));
    return there.ok() && *there;
  });
  if (was_generated) input.generated = join_path(paths.out, catalogue::kFilesBesideLock.front());
  input.remove = flags.remove;
  std::optional<catalogue::Plan> plan = catalogue::plan(std::move(input), faults);
  pack::add_faults(faults, found);
  found.sort();
  if (found.has_errors()) plan.reset();
  return plan;
}

Status write_changed(Context& context, const GeneratePaths& paths, const catalogue::Plan& plan) {
  LUMENFLOW_TRY_ASSIGN(const std::vector<std::string> written,
                       catalogue::write_generated(context.files, paths.out, plan.catalogue, plan.lock()));
  for (const std::string& path : written) context.out << "wrote " << path << "\n";
  const std::size_t count = plan.catalogue.events.size();
  context.out << count << (count == 1 ? " event type" : " event types") << ", hash " << plan.catalogue.hash
              << ", contract " << plan.catalogue.contract_digest << (written.empty() ? ": up to date" : "") << "\n"
              << std::flush;
  return {};
}

int check(const Context& context, const GeneratePaths& paths, const catalogue::Plan& plan) {
  const std::string found = catalogue::differences(context.files, paths.out, plan.catalogue, plan.lock());
  if (found.empty()) return 0;
  print_lines(context.out, found);
  context.out << paths.out << " is not as it would be generated; run `lumenflow generate`\n";
  return 1;
}

int generate_once(Context& context, const GenerateFlags& flags, const GeneratePaths& paths) {
  pack::Diagnostics found;
  const Result<std::optional<catalogue::Plan>> plan = plan_of(context, flags, paths, found);
  if (!plan.ok()) return fail_usage(context, plan.error());
  if (!*plan) {
    print_diagnostics(context, found, flags.format);
    context.out << std::flush;
    return 1;
  }
  if (flags.check) return check(context, paths, **plan);
  const Status written = write_changed(context, paths, **plan);
  return written.ok() ? 0 : fail(context, written.error());
}

// What stands below a path: names, sizes, times and inodes, for whoever waits for a change.
void append_state(const Files& files, const std::string& path, const std::string& besides, int depth,
                  std::string& out) {
  const auto found = files.stat(path);
  if (!found.ok() || !*found || path == besides) return;
  const FileInfo& info = **found;
  out.append(path).append(1, '\0').append(std::to_string(info.size_bytes)).append(1, ' ');
  out.append(std::to_string(info.changed_ns)).append(1, ' ').append(std::to_string(info.inode)).append(1, '\n');
  if (!info.directory || info.symlink || depth == kWatchDepthMax) return;
  if (const auto names = files.list(path); names.ok())
    for (const std::string& name : *names) append_state(files, join_path(path, name), besides, depth + 1, out);
}

std::string state_of(const Context& context, const GenerateFlags& flags, const GeneratePaths& paths) {
  std::string out;
  append_state(context.files, paths.packs, paths.out, 0, out);
  if (!flags.base.empty()) append_state(context.files, flags.base, paths.out, 0, out);
  return out;
}

// Until the process is interrupted or nobody reads any more.
int watch(Context& context, const GenerateFlags& flags, const GeneratePaths& paths) {
  std::string last;
  for (bool first = true; context.out.good(); first = false) {
    std::string state = state_of(context, flags, paths);
    if (first || state != last) {
      last = std::move(state);  // as it was before it is read: what changes meanwhile is seen next time
      const int exit_code = generate_once(context, flags, paths);
      if (exit_code == kExitUsage) return exit_code;
    }
    std::this_thread::sleep_for(kWatchPause);
  }
  return 0;
}

}  // namespace

int run_generate(Context& context, const GenerateFlags& flags) {
  if (flags.check && flags.watch)
    return fail_usage(context, Error(ErrorCode::kInvalidRequest, "--check and --watch do not go together"));
  const GeneratePaths paths = paths_of(context, flags);
  return flags.watch ? watch(context, flags, paths) : generate_once(context, flags, paths);
}

}  // namespace lumenflow::cli
