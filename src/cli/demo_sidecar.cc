#include "cli/demo_sidecar.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <filesystem>
#include <ostream>

#include "cli/commands.h"
#include "cli/demo_child.h"
#include "cli/session.h"

namespace lumenflow::cli {

DemoSidecar::~DemoSidecar() {
  process_.reset();
  std::error_code ignored;
  if (!root_.empty()) std::filesystem::remove_all(root_, ignored);
}

Status DemoSidecar::start(std::string_view scopes, const Furnish& furnish) {
  LUMENFLOW_TRY(prepare());
  if (furnish) LUMENFLOW_TRY(furnish(root_));
  LUMENFLOW_TRY(launch());
  return mint(scopes);
}

Status DemoSidecar::prepare() {
  LUMENFLOW_TRY_ASSIGN(root_, make_demo_folder());
  context_.workspace = root_;
  say("a demo workspace in " + root_);
  Context context = talking_on(context_, say_);
  if (run_init(context, {.id = "demo", .production = false, .passphrase_file = {}}) != 0)
    return Error(ErrorCode::kInternal, "lumenflow init failed");
  return {};
}

Status DemoSidecar::launch() {
  LUMENFLOW_TRY_ASSIGN(
      DemoChild child,
      start_demo_child(context_, "sidecar", {"--workspace", root_, "up", "--json", "--listen", "127.0.0.1:0"}));
  process_ = std::move(child.process);
  url_ = std::move(child.url);
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
  // The children have process groups of their own, which a terminal's Ctrl-C does not reach.
  boost::asio::io_context io(1);
  boost::asio::signal_set signals(io, SIGINT, SIGTERM);
  bool asked = false;
  signals.async_wait([&asked](const boost::system::error_code& error, int) { asked = !error; });
  say("it stays up; try:  curl -H \"Authorization: Bearer $TOKEN\" " + url_ + "/tools   (Ctrl-C ends it)");
  say_ << "TOKEN=" << token_ << std::endl;
  while (!asked) {
    if (process_->wait(std::chrono::milliseconds(0)).ok()) return {};
    io.run_for(std::chrono::milliseconds(1000));
  }
  return stop_and_verify();
}

Status DemoSidecar::stop_and_verify() {
  LUMENFLOW_TRY(stop_demo_child(*process_, "sidecar"));
  say("the sidecar has drained; now the journal is proved from the disk alone:");
  Context context = talking_on(context_, say_);
  if (run_audit_verify(context, {}) != 0) return Error(ErrorCode::kJournalDamaged, "the journal does not verify");
  return {};
}

void DemoSidecar::say(const std::string& text) { say_ << "* " << text << std::endl; }

}  // namespace lumenflow::cli
