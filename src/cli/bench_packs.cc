// What a warm call of a pack that is a process costs over one of a builtin pack: the same path, the same commits, and
// lines to a confined child and back. The limit beside it is the same bytes through two pipes and an echo.
#include "cli/bench_packs.h"

#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <iostream>
#include <string>
#include <utility>

#include "base/executor.h"
#include "cli/code_host.h"
#include "hosts/message.h"
#include "sidecar/workspace.h"

namespace lumenflow::cli {
namespace {

using Stopwatch = std::chrono::steady_clock;

constexpr std::string_view kBuiltinTool = "bench-plain:read", kProcessTool = "bench-process:read";
constexpr int kWarmUp = 200, kCalls = 3'000;
constexpr double kBudgetUs = 150;
// As a call of kProcessTool and its answer are as lines.
constexpr std::size_t kRequestBytes = 330, kAnswerBytes = 72;

std::string manifest(std::string_view id, const std::string& runtime) {
  return "id: " + std::string(id) + "\nversion: 1.0.0\nruntime: " + runtime + "\ntools:\n  - name: '" +
         std::string(id) + ":read'\n    required_scopes: [{type: path, pattern: 'bench/**', access: read}]\n";
}

void register_plain(pack::Registration& registration) {
  registration.tool(std::string(kBuiltinTool), {}, [](pack::ToolContext&, const json::Value&) -> pack::ToolResult {
    return pack::ToolOutput{json::Object{{"ok", true}}, {}};
  });
}

const pack::BuiltinPack& plain_pack() {
  static const std::string text = manifest("bench-plain", "{type: builtin}");
  static const pack::BuiltinPack pack{"bench-plain", {{"manifest.yaml", text}}, register_plain};
  return pack;
}

// Two pipes and a process that sends `answer` bytes for each `request` bytes.
class Echo {
 public:
  Echo() {
    if (::pipe(to_.data()) != 0 || ::pipe(from_.data()) != 0) return;
    child_ = ::fork();
    if (child_ == 0) serve();
    ::close(to_[0]);
    ::close(from_[1]);
  }
  ~Echo() {
    if (child_ <= 0) return;
    ::kill(child_, SIGKILL);
    ::waitpid(child_, nullptr, 0);
    ::close(to_[1]);
    ::close(from_[0]);
  }
  Echo(const Echo&) = delete;
  Echo& operator=(const Echo&) = delete;

  bool round_trip() {
    std::array<char, kRequestBytes> request{};
    if (child_ <= 0 || ::write(to_[1], request.data(), request.size()) != static_cast<ssize_t>(request.size()))
      return false;
    pollfd answer{from_[0], POLLIN, 0};  // as whoever also waits for a cancellation must
    std::array<char, kAnswerBytes> bytes{};
    return ::poll(&answer, 1, -1) == 1 && ::read(from_[0], bytes.data(), bytes.size()) > 0;
  }

 private:
  [[noreturn]] void serve() const {
    ::close(to_[1]);
    ::close(from_[0]);
    std::array<char, kRequestBytes> bytes{};
    while (::read(to_[0], bytes.data(), bytes.size()) > 0 && ::write(from_[1], bytes.data(), kAnswerBytes) > 0) {
    }
    ::_exit(0);
  }

  std::array<int, 2> to_{-1, -1}, from_{-1, -1};
  pid_t child_ = -1;
};

class PacksBench {
 public:
  PacksBench(Context& context, std::string root) : context_(context), root_(std::move(root)), code_(root_) {
    auto credential = std::make_shared<kernel::Credential>();
    credential->subject = Subject("bench:local:bench");
    credential->scopes = {"workspace"};
    credential_ = std::move(credential);
  }
  ~PacksBench() {
    workspace_.reset();
    executor_.finish();
  }
  PacksBench(const PacksBench&) = delete;
  PacksBench& operator=(const PacksBench&) = delete;

  Status open() {
    LUMENFLOW_TRY(sidecar::init_workspace(context_.files, root_,
                                          {.id = "bench", .production = false, .operator_passphrase = {}}));
    const std::string folder = join_path(root_, "packs/bench-process");
    LUMENFLOW_TRY(context_.files.make_directories(folder, 0755));
    LUMENFLOW_TRY(context_.files.write_atomic(
        join_path(folder, "manifest.yaml"),
        manifest("bench-process", "{type: process, command: ['" + context_.program + "', bench-pack]}")));
    LUMENFLOW_TRY(context_.files.write_atomic(
        sidecar::WorkspacePaths(root_).config,
        "id: bench\nsandbox: best-effort\npacks: [{id: bench-plain}, {id: bench-process, source: local, path: "
        "packs/bench-process}]\n"));
    sidecar::WorkspacePorts ports{context_.files, context_.clock, context_.random, executor_};
    ports.load_code = code_.loader();
    LUMENFLOW_TRY_ASSIGN(workspace_, sidecar::Workspace::open(ports, root_, {&plain_pack()}, {}));
    if (workspace_->diagnostics().has_errors())
      return Error(ErrorCode::kInternal,
                   "the bench's pack does not run\n" + pack::render_text(workspace_->diagnostics(), false));
    return {};
  }

  // In us.
  Result<double> call(std::string_view tool) {
    kernel::Call call;
    call.tool = tool;
    call.input = json::Object{};
    call.credential = credential_;
    const Stopwatch::time_point start = Stopwatch::now();
    LUMENFLOW_TRY_ASSIGN(const kernel::CallResult result, workspace_->call_and_wait(std::move(call)));
    const double us = std::chrono::duration<double, std::micro>(Stopwatch::now() - start).count();
    if (result.outcome != journal::Outcome::kSuccess)
      return Error(ErrorCode::kInternal, "a call of " + std::string(tool) + " failed: " + result.body);
    return us;
  }

 private:
  Context& context_;
  const std::string root_;
  CodeHost code_;  // before whatever runs what it loads
  ThreadPoolExecutor executor_{2, 64};
  std::shared_ptr<const kernel::Credential> credential_;  // shared by every call, as a connection's is
  std::unique_ptr<sidecar::Workspace> workspace_;
};

struct Latencies {
  std::vector<double> builtin, process, added, limit;  // us; added: of each turn
};

// In turns, so that whatever the machine does besides happens to all three.
Status measure(Bench& bench, Echo& echo, Latencies& out) {
  PacksBench packs(bench.context, bench.scratch.sub("packs"));
  LUMENFLOW_TRY(packs.open());
  const int calls = bench.operations(kCalls);
  for (int i = 0; i < kWarmUp + calls; ++i) {
    LUMENFLOW_TRY_ASSIGN(const double builtin, packs.call(kBuiltinTool));
    LUMENFLOW_TRY_ASSIGN(const double process, packs.call(kProcessTool));
    const Stopwatch::time_point start = Stopwatch::now();
    if (!echo.round_trip()) return Error(ErrorCode::kIo, "the echo behind two pipes does not answer");
    const double limit = std::chrono::duration<double, std::micro>(Stopwatch::now() - start).count();
    if (i < kWarmUp) continue;
    out.builtin.push_back(builtin);
    out.process.push_back(process);
    out.added.push_back(process - builtin);
    out.limit.push_back(limit);
  }
  return {};
}

}  // namespace

Status bench_packs(Bench& bench) {
  Echo echo;  // before there are threads: it forks
  Latencies found;
  LUMENFLOW_TRY(measure(bench, echo, found));
  const auto say = [&](const std::string& name, double share, std::optional<Budget> budget) {
    bench.figures.push_back({"packs.builtin_call." + name, percentile(found.builtin, share), "us", "", {}, {}});
    bench.figures.push_back({"packs.process_call." + name, percentile(found.process, share), "us", "", {}, {}});
    bench.figures.push_back({"packs.process_call_added." + name, percentile(found.added, share), "us",
                             "two pipes and an echo", percentile(found.limit, share), budget});
  };
  say("p50", 0.5, value_at_most(kBudgetUs));
  say("p99", 0.99, {});
  return {};
}

int run_bench_pack(Context& context) {
  std::string line;
  while (std::getline(context.in, line)) {
    const Result<hosts::Message> message = hosts::parse_message(line);
    if (!message.ok()) return fail(context, message.error());
    json::Value result = json::Object{};
    if (message->method == "pack/initialize")
      result = json::Object{{"protocol", 1},
                            {"tools", json::Array{kProcessTool}},
                            {"handlers", json::Array{}},
                            {"offers", json::Array{}}};
    else if (message->method == "tool/call")
      result = json::Object{{"success", true}, {"data", json::Object{{"ok", true}}}};
    if (!message->id.is_null()) context.out << hosts::answer_line(message->id, result) << std::flush;
    if (message->method == "pack/shutdown") break;
  }
  return 0;
}

}  // namespace lumenflow::cli
