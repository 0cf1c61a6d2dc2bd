// A call over one connection, in turns so that whatever the machine does besides happens to all three: over plain HTTP,
// over MCP at the same sidecar, and over plain HTTP at a second sidecar that has mounted the first by its URL.
#include "cli/bench_mcp.h"

#include <chrono>
#include <cstdlib>
#include <utility>

#include "base/process.h"
#include "http/client.h"

namespace lumenflow::cli {
namespace {

using Stopwatch = std::chrono::steady_clock;

constexpr std::string_view kTool = "task:list", kMcpTool = "task__list", kMountedTool = "mounted:task_list";
constexpr int kWarmUps = 100, kTurns = 1'500;
constexpr std::chrono::milliseconds kMcpPatience{30'000};
constexpr const char* kTokenVariable = "BENCH_MCP_TOKEN";

// One workspace, and this program as its sidecar.
class Side {
 public:
  Side(Context& context, std::string root) : context_(context), root_(std::move(root)) {}

  // What it prints on stdout; INTERNAL with it where the command fails.
  Result<std::string> run(std::vector<std::string> arguments) {
    LUMENFLOW_TRY_ASSIGN(const std::unique_ptr<Process> process, start(std::move(arguments)));
    std::string said;
    for (;;) {
      LUMENFLOW_TRY_ASSIGN(const std::optional<std::string> line, process->read_line(kMcpPatience));
      if (!line) break;
      said += (said.empty() ? "" : "\n") + *line;
    }
    LUMENFLOW_TRY_ASSIGN(const ProcessExit exit, process->wait(kMcpPatience));
    if (exit.code != 0) return Error(ErrorCode::kInternal, "a command of the bench failed: " + said);
    return said;
  }

  Status up() {
    LUMENFLOW_TRY_ASSIGN(sidecar_, start({"up", "--listen", "127.0.0.1:0", "--json"}));
    LUMENFLOW_TRY_ASSIGN(const std::optional<std::string> line, sidecar_->read_line(kMcpPatience));
    if (!line) return Error(ErrorCode::kInternal, "a sidecar of the bench ended before it was ready");
    LUMENFLOW_TRY_ASSIGN(const json::Value ready, json::parse(*line));
    url_ = json::string_or(ready, "url", "");
    LUMENFLOW_TRY_ASSIGN(token_, run({"token", "mint", "--ttl", "12h"}));
    http::ClientOptions options;
    options.base_url = url_;
    client_.emplace(std::move(options));
    return {};
  }

  void give(const std::string& token) { environment_.push_back(std::string(kTokenVariable) + "=" + token); }
  const std::string& url() const { return url_; }
  const std::string& token() const { return token_; }

  // In us.
  Result<double> call(std::string path, std::string body, std::vector<std::pair<std::string, std::string>> headers) {
    http::ClientRequest request;
    request.method = http::Method::kPost;
    request.path = std::move(path);
    request.body = std::move(body);
    request.headers = std::move(headers);
    request.headers.emplace_back("Authorization", "Bearer " + token_);
    const auto start = Stopwatch::now();
    LUMENFLOW_TRY_ASSIGN(const http::ClientResponse answer, client_->send(request));
    const double us = std::chrono::duration<double, std::micro>(Stopwatch::now() - start).count();
    const bool good = answer.status == 200 && answer.body.find("\"error\"") == std::string::npos;
    if (!good) return Error(ErrorCode::kInternal, "a call of the bench failed: " + answer.body.substr(0, 500));
    return us;
  }

 private:
  Result<std::unique_ptr<Process>> start(std::vector<std::string> arguments) {
    ProcessOptions options;
    options.command = {context_.program, "--workspace", root_};
    options.command.insert(options.command.end(), arguments.begin(), arguments.end());
    options.environment = environment_;
    for (const char* variable : {"PATH", "HOME", "XDG_RUNTIME_DIR", "TMPDIR"})
      if (const char* value = std::getenv(variable)) options.environment.push_back(std::string(variable) + "=" + value);
    return PosixProcesses().start(options);
  }

  Context& context_;
  const std::string root_;
  std::vector<std::string> environment_;
  std::unique_ptr<Process> sidecar_;
  std::string url_, token_;
  std::optional<http::Client> client_;
};

std::string mcp_body() {
  const json::Value meta =
      json::Object{{"io.modelcontextprotocol/protocolVersion", "2026-07-28"},
                   {"io.modelcontextprotocol/clientInfo", json::Object{{"name", "bench"}, {"version", "1"}}},
                   {"io.modelcontextprotocol/clientCapabilities", json::Object{}}};
  const json::Value params = json::Object{{"name", kMcpTool}, {"arguments", json::Object{}}, {"_meta", meta}};
  return json::serialize(json::Object{{"jsonrpc", "2.0"}, {"id", 1}, {"method", "tools/call"}, {"params", params}});
}

Status open(Side& direct, Side& mount) {
  LUMENFLOW_TRY(direct.run({"init", "--id", "bench-direct"}));
  LUMENFLOW_TRY(direct.run({"pack", "add", "sidekick"}));
  LUMENFLOW_TRY(direct.up());
  mount.give(direct.token());
  LUMENFLOW_TRY(mount.run({"init", "--id", "bench-mount"}));
  return {};
}

}  // namespace

Status bench_mcp(Bench& bench) {
  Side direct(bench.context, bench.scratch.sub("mcp-direct"));
  const std::string folder = bench.scratch.sub("mcp-mount");
  Side mount(bench.context, folder);
  LUMENFLOW_TRY(open(direct, mount));
  const std::string place = direct.url().substr(direct.url().find("//") + 2);
  const std::string network = "\nnetwork: {posture: allowlist, allowlist_entries: ['" + place + "']}\n";
  LUMENFLOW_TRY_ASSIGN(const std::string before, bench.context.files.read(folder + "/lumenflow.yaml", 1u << 20));
  LUMENFLOW_TRY(bench.context.files.write_atomic(folder + "/lumenflow.yaml", before + network));
  LUMENFLOW_TRY(mount.run({"pack", "import-mcp", "--allow-private", "--bearer-env", kTokenVariable, "--id", "mounted",
                           direct.url() + "/mcp"}));
  LUMENFLOW_TRY(mount.up());
  const std::vector<std::pair<std::string, std::string>> headers{{"Accept", "application/json, text/event-stream"},
                                                                 {"MCP-Protocol-Version", "2026-07-28"},
                                                                 {"Mcp-Method", "tools/call"},
                                                                 {"Mcp-Name", std::string(kMcpTool)}};
  std::vector<double> plain, mcp, mounted, mcp_added, mount_added;
  const int turns = bench.operations(kTurns), warm_ups = bench.operations(kWarmUps);
  for (int i = 0; i < warm_ups + turns; ++i) {
    LUMENFLOW_TRY_ASSIGN(const double by_http, direct.call("/tools/" + std::string(kTool), "{}", {}));
    LUMENFLOW_TRY_ASSIGN(const double by_mcp, direct.call("/mcp", mcp_body(), headers));
    LUMENFLOW_TRY_ASSIGN(const double by_mount, mount.call("/tools/" + std::string(kMountedTool), "{}", {}));
    if (i < warm_ups) continue;
    plain.push_back(by_http);
    mcp.push_back(by_mcp);
    mounted.push_back(by_mount);
    mcp_added.push_back(by_mcp - by_http);
    mount_added.push_back(by_mount - by_http);
  }
  for (const auto& [name, share] : {std::pair("p50", 0.5), std::pair("p99", 0.99)}) {
    const double base = percentile(plain, share);
    bench.figures.push_back({std::string("mcp.http_call.") + name, base, "us", "", {}, {}});
    bench.figures.push_back({std::string("mcp.call.") + name, percentile(mcp, share), "us", "POST /tools", base, {}});
    bench.figures.push_back(
        {std::string("mcp.mounted_call.") + name, percentile(mounted, share), "us", "POST /tools", base, {}});
    bench.figures.push_back({std::string("mcp.call_added.") + name, percentile(mcp_added, share), "us", "", {}, {}});
    bench.figures.push_back(
        {std::string("mcp.mounted_call_added.") + name, percentile(mount_added, share), "us", "", {}, {}});
  }
  return {};
}

}  // namespace lumenflow::cli
