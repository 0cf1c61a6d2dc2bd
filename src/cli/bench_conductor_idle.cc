// Each workspace is a connection that waits for commands, as an uplink does, and a heartbeat now and then.
#include <unistd.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "base/encoding.h"
#include "base/process.h"
#include "base/signing.h"
#include "cli/bench_conductor.h"
#include "cli/bench_memory.h"
#include "conductor/authenticator.h"
#include "conductor/enrollment.h"
#include "conductor/store.h"

namespace lumenflow::cli {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

constexpr int kWorkspaces = 1'000, kQuickWorkspaces = 20;
constexpr std::chrono::seconds kWatched{60}, kQuickWatched{1};
constexpr std::chrono::milliseconds kReady{60'000}, kStop{20'000};
constexpr std::size_t kRecordsPerChange = 100;

struct Enrolled {
  std::string id, token;
};

// As enrolling would leave them; the store must not be in use.
Result<std::vector<Enrolled>> enroll(Bench& bench, const std::string& url, int count) {
  Context& context = bench.context;
  LUMENFLOW_TRY_ASSIGN(const auto store, conductor::open_store(context.files, context.clock, context.random, url));
  LUMENFLOW_TRY_ASSIGN(const P256KeyPair key, generate_p256());
  const Timestamp now = context.clock.now();
  std::vector<Enrolled> all;
  std::vector<conductor::RecordChange> changes;
  for (int i = 0; i < count; ++i) {
    conductor::WorkspaceEnrollment asked;
    asked.workspace_id = "ws-" + std::to_string(i);
    asked.public_pem = key.public_pem;
    asked.log_id = "log-" + std::to_string(i);
    asked.log_key = std::string(32, 'k');
    asked.token = "none";
    asked.token_scopes = {"workspace"};
    LUMENFLOW_TRY_ASSIGN(const conductor::Issued issued,
                         conductor::issue_token(store->keys, asked.workspace_id, {"workspace"}, now, context.random));
    const json::Value record = conductor::workspace_record(asked, issued, store->keys.seal, now, context.random);
    changes.push_back(conductor::token_record(issued));
    changes.push_back({conductor::kWorkspacesTable, asked.workspace_id, 0, json::serialize(record)});
    if (changes.size() >= kRecordsPerChange || i + 1 == count) {
      LUMENFLOW_TRY(store->records->apply(changes));
      changes.clear();
    }
    all.push_back({asked.workspace_id, issued.token});
  }
  store->log->settle();
  return all;
}

// One workspace's connection: says hello, then asks for commands again and again.
class Waiting : public std::enable_shared_from_this<Waiting> {
 public:
  Waiting(asio::io_context& io, Enrolled who, std::size_t& connected, std::string& fault)
      : socket_(io), who_(std::move(who)), connected_(connected), fault_(fault) {}

  void start(const tcp::endpoint& conductor) {
    socket_.async_connect(conductor, [self = shared_from_this()](const boost::system::error_code& error) {
      if (error) return self->give_up("connecting: " + error.message());
      const json::Value hello =
          json::Object{{"hello", json::Object{{"log_id", "log-" + self->who_.id.substr(3)}, {"bases", json::Array{}}}}};
      self->ask("POST /v2/heartbeat", json::serialize(hello));
    });
  }

 private:
  void ask(const std::string& what, const std::string& body) {
    asked_ = what + " HTTP/1.1\r\nHost: conductor\r\nAuthorization: Bearer " + who_.token +
             "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
    asio::async_write(socket_, asio::buffer(asked_), [self = shared_from_this()](const auto& error, std::size_t) {
      if (error) return self->give_up("asking: " + error.message());
      self->read_head();
    });
  }
  void read_head() {
    const auto read = [self = shared_from_this()](const boost::system::error_code& error, std::size_t size) {
      if (error) return self->give_up("reading: " + error.message());
      const std::string head = self->answer_.substr(0, size);
      const std::size_t at = head.find("Content-Length: ");
      if (!head.starts_with("HTTP/1.1 200") || at == std::string::npos)
        return self->give_up("answered " + head.substr(0, head.find('\r')));
      self->answer_.erase(0, size);
      self->read_body(std::strtoul(head.c_str() + at + 16, nullptr, 10));
    };
    asio::async_read_until(socket_, asio::dynamic_buffer(answer_), "\r\n\r\n", read);
  }
  void read_body(std::size_t size) {
    const std::size_t missing = size > answer_.size() ? size - answer_.size() : 0;
    const auto read = [self = shared_from_this()](const boost::system::error_code& error, std::size_t) {
      if (error) return self->give_up("reading: " + error.message());
      self->answered();
    };
    asio::async_read(socket_, asio::dynamic_buffer(answer_), asio::transfer_exactly(missing), read);
  }
  void answered() {
    const Result<json::Value> said = json::parse(answer_);
    answer_.clear();
    if (session_ == 0 && said.ok()) {
      session_ = json::integer_or(*said, "session", 0);
      ++connected_;
    }
    ask("GET /v2/commands?session=" + std::to_string(session_) + "&after=0&wait=30s", "");
  }
  void give_up(std::string why) {
    if (fault_.empty()) fault_ = who_.id + " " + std::move(why);
    socket_.close();
  }

  tcp::socket socket_;
  const Enrolled who_;
  std::size_t& connected_;
  std::string& fault_;
  std::int64_t session_ = 0;
  std::string asked_, answer_;
};

double cpu_seconds(const std::string& pid) {
  std::ifstream stat("/proc/" + pid + "/stat");
  std::string text((std::istreambuf_iterator<char>(stat)), {});
  std::istringstream fields(text.substr(std::min(text.size(), text.rfind(')') + 2)));
  std::vector<std::string> all;
  for (std::string field; fields >> field;) all.push_back(field);
  if (all.size() < 13) return 0;
  const double ticks = std::strtod(all[11].c_str(), nullptr) + std::strtod(all[12].c_str(), nullptr);
  return ticks / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

struct ChildConductor {
  std::unique_ptr<Process> process;
  tcp::endpoint address;
};

Result<ChildConductor> start_conductor(Bench& bench, const std::string& url) {
  ProcessOptions options;
  options.command = {bench.context.program, "conductor", "--listen", "127.0.0.1:0", "--store", url, "--json"};
  for (const char* name : {"PATH", "HOME", "TMPDIR"})
    if (const char* value = std::getenv(name)) options.environment.push_back(std::string(name) + "=" + value);
  ChildConductor running;
  LUMENFLOW_TRY_ASSIGN(running.process, PosixProcesses().start(options));
  LUMENFLOW_TRY_ASSIGN(const std::optional<std::string> line, running.process->read_line(kReady));
  if (!line) return Error(ErrorCode::kInternal, "the conductor ended before it was ready");
  LUMENFLOW_TRY_ASSIGN(const json::Value ready, json::parse(*line));
  const std::string said(json::string_or(ready, "url", ""));
  running.address = {asio::ip::make_address("127.0.0.1"),
                     static_cast<std::uint16_t>(std::strtoul(said.c_str() + said.rfind(':') + 1, nullptr, 10))};
  return running;
}

}  // namespace

Status measure_idle_workspaces(Bench& bench) {
  const int count = bench.quick ? kQuickWorkspaces : kWorkspaces;
  const auto watched = bench.quick ? kQuickWatched : kWatched;
  const std::string url = "sqlite:" + bench.scratch.sub("idle") + "/conductor.db";
  LUMENFLOW_TRY_ASSIGN(const std::vector<Enrolled> workspaces, enroll(bench, url, count));
  LUMENFLOW_TRY_ASSIGN(const ChildConductor running, start_conductor(bench, url));
  const std::string pid = std::to_string(running.process->pid());
  const double empty_mb = resident_mb(pid);

  asio::io_context io;
  std::size_t connected = 0;
  std::string fault;
  for (const Enrolled& who : workspaces) std::make_shared<Waiting>(io, who, connected, fault)->start(running.address);
  const auto give_up = bench.context.clock.monotonic() + kReady;
  while (connected < workspaces.size() && fault.empty() && bench.context.clock.monotonic() < give_up)
    io.run_for(std::chrono::milliseconds(50));
  if (!fault.empty()) return Error(ErrorCode::kInternal, "an idle workspace: " + fault);
  if (connected < workspaces.size()) return Error(ErrorCode::kInternal, "not all workspaces came to be connected");
  const double before = cpu_seconds(pid);
  io.run_for(watched);
  if (!fault.empty()) return Error(ErrorCode::kInternal, "an idle workspace: " + fault);
  const double seconds = static_cast<double>(std::chrono::seconds(watched).count());
  const double share = (cpu_seconds(pid) - before) / seconds * 100;
  const double full_mb = resident_mb(pid);
  running.process->signal_group(SIGTERM);
  LUMENFLOW_TRY(running.process->wait(kStop));
  const std::string name = "conductor.idle_" + std::to_string(count);
  bench.figures.push_back({name + ".resident", full_mb, "MB", "", {}, {}});
  bench.figures.push_back({name + ".each", (full_mb - empty_mb) * 1024 / count, "KB", "", {}, {}});
  bench.figures.push_back({name + ".cpu", share, "% of a core", "", {}, {}});
  return {};
}

}  // namespace lumenflow::cli
