#include <unistd.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <mutex>
#include <ostream>

#include "base/executor.h"
#include "base/files.h"
#include "base/logging.h"
#include "base/private_memory.h"
#include "base/ulid.h"
#include "cli/code_host.h"
#include "cli/commands.h"
#include "cli/diagnostics_output.h"
#include "cli/surfaces.h"
#include "lumenflow/json.h"
#include "sidecar/sidecar.h"

namespace lumenflow::cli {
namespace {

// Most of what runs there waits for the disk, and those that wait together are synced together.
constexpr std::size_t kSidecarThreads = 32, kSidecarQueueMax = 4096;

void print_ready(Context& context, const sidecar::Ready& ready, bool json) {
  if (json) {
    context.out << json::serialize(
                       json::Object{{"ready", true}, {"url", ready.url}, {"socket", ready.socket}, {"pid", ::getpid()}})
                << std::endl;
    return;
  }
  context.out << "ready" << (ready.url.empty() ? "" : " on " + ready.url) << "\n";
  if (!ready.socket.empty()) context.out << "control socket " << ready.socket << "\n";
  context.out << "stop with Ctrl-C" << std::endl;
}

void configure_log(const kernel::WorkspaceConfig& config) {
  if (std::getenv("LUMENFLOW_LOG") != nullptr) return;  // the environment goes before the file
  configure_logging(parse_log_level(config.log_level).value_or(LogLevel::kInfo),
                    config.log_format == "json" ? LogFormat::kJson : LogFormat::kText);
}

// `record: true`: each life of the sidecar has a file of its own.
Status record_from_start(Context& context, sidecar::Workspace& workspace) {
  if (!workspace.config().record) return {};
  const std::string& folder = workspace.paths().recordings;
  LUMENFLOW_TRY(context.files.make_directories(folder, 0700));
  const std::string name = make_ulid(context.clock.now(), context.random.draw16()).str() + ".lfrec";
  return workspace.recordings().start(workspace.kernel(), join_path(folder, name));
}

}  // namespace

int run_up(Context& context, const UpFlags& flags) {
  const Result<std::string> root = workspace_root(context);
  if (!root.ok()) return fail(context, root.error());
  CodeHost code(*root);
  boost::asio::io_context io(1);
  sidecar::Doorbell doorbell(io);
  ThreadPoolExecutor executor(kSidecarThreads, kSidecarQueueMax);
  std::mutex terminal;
  const auto show = [&](std::string_view line) {
    if (!context.out_is_terminal) return false;
    const std::lock_guard lock(terminal);
    context.out << line << std::endl;
    return true;
  };
  sidecar::WorkspacePorts ports{context.files, context.clock, context.random, executor, show};
  ports.load_code = code.loader();
  ports.programs = code.programs();
  auto workspace = sidecar::Workspace::open(ports, *root, context.builtin_packs, [&doorbell] { doorbell.ring(); });
  if (!workspace.ok() && workspace.error().code() == ErrorCode::kWorkspaceLocked)
    return fail(context, Error(ErrorCode::kWorkspaceLocked,
                               "a sidecar already runs in " + *root + "; stop it, or use it: lumenflow call …"));
  if (!workspace.ok()) return fail(context, workspace.error());
  configure_log((*workspace)->config());
  if ((*workspace)->config().production) hide_memory();

  warn_of(context, (*workspace)->diagnostics());

  sidecar::SidecarOptions options;
  const std::vector<std::string>& surfaces = (*workspace)->config().surfaces;
  options.tcp = std::ranges::find(surfaces, "http") != surfaces.end();
  options.listen = flags.listen;
  options.tls_cert = flags.tls_cert;
  options.tls_key = flags.tls_key;
  options.uplink = true;
  options.housekeeping = true;
  options.surfaces = all_surfaces();
  if ((*workspace)->config().socket) {
    options.socket_path = sidecar::control_socket_path(*root);
    if (Status made = sidecar::make_socket_folder(context.files, options.socket_path); !made.ok())
      return fail(context, made.error());
  }
  const auto sidecar =
      sidecar::make_sidecar(io, **workspace, doorbell, context.clock, context.random, std::move(options));
  boost::asio::signal_set signals(io, SIGTERM, SIGINT);
  signals.async_wait([&](const boost::system::error_code& error, int) {
    if (!error) sidecar->drain([&io] { io.stop(); });
  });
  const Result<sidecar::Ready> ready = sidecar->start();
  if (!ready.ok()) {  // an address that is none or taken, a certificate that cannot be read
    sidecar->drain([&io] { io.stop(); });
    io.run();
    return fail_usage(context, ready.error());
  }
  if (Status recorded = record_from_start(context, **workspace); !recorded.ok()) {
    sidecar->drain([&io] { io.stop(); });
    io.run();
    return fail(context, recorded.error());
  }
  print_ready(context, *ready, flags.json);
  io.run();
  executor.finish();  // a tool that was given up may still run, on what the workspace holds
  if (!ready->socket.empty()) (void)context.files.remove(ready->socket);
  return 0;
}

}  // namespace lumenflow::cli
