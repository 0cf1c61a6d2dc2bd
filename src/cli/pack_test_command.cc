#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <ostream>
#include <system_error>
#include <thread>

#include "base/logging.h"
#include "cli/code_host.h"
#include "cli/commands.h"
#include "cli/pack_folder.h"
#include "conformance/conformance.h"

namespace lumenflow::cli {
namespace {

// Long enough that a time of whole seconds is another.
constexpr std::chrono::milliseconds kClockPause{1'100};

// Gone with all that is in it.
class ScratchFolder {
 public:
  ScratchFolder() : path_((std::filesystem::temp_directory_path() / "lumenflow-pack-test-XXXXXX").string()) {
    made_ = ::mkdtemp(path_.data()) != nullptr;
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  ~ScratchFolder() {
    std::error_code ignored;
    if (made_) std::filesystem::remove_all(path_, ignored);
  }
  bool made() const { return made_; }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
  bool made_ = false;
};

// Under the strongest sandbox that there is.
pack::CodeLoader loader(CodeHost& code) {
  kernel::WorkspaceConfig config;
  config.id = WorkspaceId("ws-conformance");
  config.sandbox = "best-effort";
  return [config = std::move(config), load = code.loader()](const pack::Manifest& manifest, const std::string& folder,
                                                            pack::Registration& registration) {
    return load(config, manifest, folder, registration);
  };
}

Result<std::unique_ptr<conformance::PackUnderTest>> find_pack(const Context& context, const PackTestFlags& flags,
                                                              CodeHost& code) {
  for (const pack::BuiltinPack* pack : context.builtin_packs)
    if (pack->id == flags.id) return conformance::builtin_under_test(*pack);
  LUMENFLOW_TRY_ASSIGN(const std::string found, pack_folder(context, flags.id, flags.folder));
  LUMENFLOW_TRY_ASSIGN(std::string folder, context.files.real_path(found));
  return conformance::folder_under_test(context.files, std::move(folder), loader(code));
}

}  // namespace

int run_pack_test(Context& context, const PackTestFlags& flags) {
  const ScratchFolder scratch;
  if (!scratch.made()) return fail_usage(context, Error(ErrorCode::kIo, "no folder for the test's workspaces"));
  CodeHost code(join_path(scratch.path(), "workspace"));
  const auto pack = find_pack(context, flags, code);
  if (!pack.ok()) return fail_usage(context, pack.error());
  conformance::Options options;
  options.folder = scratch.path();
  options.seed = flags.seed;
  options.let_time_pass = [] { std::this_thread::sleep_for(kClockPause); };
  // What the kernel says of crashes and failing tools is what the run provokes; the report tells what matters.
  if (std::getenv("LUMENFLOW_LOG") == nullptr) configure_logging(LogLevel::kOff, LogFormat::kText);
  const Result<conformance::Report> report = run_conformance(**pack, options);
  if (!report.ok()) return fail_usage(context, report.error());
  if (flags.format == "junit")
    context.out << render_junit(*report);
  else if (flags.format == "tap")
    context.out << render_tap(*report);
  else
    context.out << render_text(*report, context.colour);
  return report->passed() ? 0 : 1;
}

}  // namespace lumenflow::cli
