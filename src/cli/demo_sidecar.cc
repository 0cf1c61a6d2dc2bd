#include "cli/demo_sidecar.h"

#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <ostream>

#include "cli/commands.h"
#include "cli/session.h"

namespace lumenflow::cli {
namespace {

constexpr std::chrono::milliseconds kReadyTime{20'000}, kStopTime{20'000};

// The same context, talking on another stream.
Context talking_on(const Context& context, std::ostream& out) {
  return {.files = context.files,
          .clock = context.clock,
          .random = context.random,
          .in = context.in,
          .out = out,
          .err = context.err,
          .out_is_terminal = context.out_is_terminal,
          .colour = context.colour,
          .program = context.program,
          .workspace = context.workspace,
          .builtin_packs = context.builtin_packs};
}

}  // namespace

DemoSidecar::~DemoSidecar() {
  process_.reset();
  std::error_code ignored;
  if (!root_.empty()) std::filesystem::remove_all(root_, ignored);
}

Status DemoSidecar::start(std::string_view scopes) {
  LUMENFLOW_TRY(prepare());
  LUMENFLOW_TRY(launch());
  return mint(scopes);
}

Status DemoSidecar::prepare() {
  std::string pattern = (std::filesystem::temp_directory_path() / "lumenflow-demo-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) return Error(ErrorCode::kIo, "no folder for the demo workspace");
  root_ = context_.workspace = pattern;
  say("a demo workspace in " + root_);
  Context context = talking_on(context_, say_);
  if (run_init(context, {.id = "demo", .production = false, .passphrase_file = {}}) != 0)
    return Error(ErrorCode::kInternal, "lumenflow init failed");
  return {};
}

Status DemoSidecar::launch() {
  ProcessOptions options;
  options.command = {context_.program, "--workspace", root_, "up", "--json", "--listen", "127.0.0.1:0"};
  for (const char* name : {"PATH", "HOME", "XDG_RUNTIME_DIR", "TMPDIR"})
    if (const char* value = std::getenv(name)) options.environment.push_back(std::string(name) + "=" + value);
  LUMENFLOW_TRY_ASSIGN(process_, PosixProcesses().start(options));
  LUMENFLOW_TRY_ASSIGN(const std::optional<std::string> line, process_->read_line(kReadyTime));
  if (!line) return Error(ErrorCode::kInternal, "the sidecar ended before it was ready");
  LUMENFLOW_TRY_ASSIGN(const json::Value ready, json::parse(*line));
  url_ = json::string_or(ready, "url", "");
  say("the sidecar answers on " + url_);
  return {};
}

Status DemoSidecar::mint(std::string_view scopes) {
  LUMENFLOW_TRY_ASSIGN(const std::unique_ptr<Session> session, Session::open(context_));
  const json::Value input = json::Object{{"subject", "demo:visitor"}, {"scope", scopes}, {"ttl_seconds", 3600}};
  LUMENFLOW_TRY_ASSIGN(const json::Value result, session->call_kernel("kernel:token_mint", input, ""));
  const json::Value* token = result.at_pointer("/data/token");
  if (token == nullptr) return Error(ErrorCode::kInternal, "no token was minted: " + json::serialize(result));
  token_ = token->as_string();
  say("a token for demo:visitor with the scopes " + std::string(scopes));
  return {};
}

Status DemoSidecar::stay_up() {
  say("it stays up; try:  curl -H \"Authorization: Bearer $TOKEN\" " + url_ + "/tools   (Ctrl-C ends it)");
  say_ << "TOKEN=" << token_ << std::endl;
  while (!process_->wait(std::chrono::milliseconds(1000)).ok()) {
  }
  return {};
}

Status DemoSidecar::stop_and_verify() {
  process_->signal_group(SIGTERM);
  LUMENFLOW_TRY_ASSIGN(const ProcessExit exit, process_->wait(kStopTime));
  if (exit.code != 0) return Error(ErrorCode::kInternal, "the sidecar ended with " + std::to_string(exit.code));
  say("the sidecar has drained; now the journal is proved from the disk alone:");
  Context context = talking_on(context_, say_);
  if (run_audit_verify(context, {}) != 0) return Error(ErrorCode::kJournalDamaged, "the journal does not verify");
  return {};
}

void DemoSidecar::say(const std::string& text) { say_ << "* " << text << std::endl; }

}  // namespace lumenflow::cli
