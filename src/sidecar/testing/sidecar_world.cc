#include "sidecar/testing/sidecar_world.h"

#include <gtest/gtest.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "base/executor.h"
#include "base/ulid.h"
#include "http/client.h"
#include "http/testing/documented.h"
#include "sidecar/operator_proof.h"
#include "sidecar/sidecar.h"
#include "sidecar/testing/probe_pack.h"

namespace lumenflow::sidecar {
namespace {

constexpr std::chrono::milliseconds kSilenceMax{20'000};

std::string scratch_folder() {
  std::string pattern = (std::filesystem::temp_directory_path() / "lumenflow-sidecar-XXXXXX").string();
  EXPECT_NE(::mkdtemp(pattern.data()), nullptr);
  return std::filesystem::canonical(pattern).string();
}

// A workspace's files, made once for the process: making keys durable takes longer than most tests.
const std::string& template_workspace() {
  struct Template {
    std::string root = scratch_folder();
    ~Template() {
      std::error_code ignored;
      std::filesystem::remove_all(root, ignored);
    }
  };
  static const Template made;
  static const bool initialised = [] {
    PosixFiles files;
    return init_workspace(files, made.root, {.id = "ws-42", .production = false, .operator_passphrase = {}}).ok();
  }();
  EXPECT_TRUE(initialised);
  return made.root;
}

// What the fixed routes say of themselves, as it is kept; a test holds it against what is served.
http::Documented& documented() {
  static http::Documented description(http::kept("schemas/http/sidecar.openapi.json"));
  return description;
}

// Others' protocols have tests of their own.
bool is_own(std::string_view path) { return !path.starts_with("/mcp") && !path.starts_with("/.well-known/"); }

void expect_documented(http::Method method, const std::string& path, const std::string& sent, const Answer& answer) {
  if (!is_own(path) || method == http::Method::kHead) return;
  http::Exchanged exchanged{method, path, nullptr, answer.status, answer.header("content-type"), answer.body};
  const Result<json::Value> body = json::parse(sent, {.depth_max = 256});
  if (body.ok()) exchanged.body = &*body;
  documented().expect(exchanged);
}

}  // namespace

std::string Answer::header(std::string_view name) const {
  for (const auto& [key, text] : headers)
    if (key == name) return text;
  return {};
}

std::string Answer::code() const {
  const json::Value* error = value.find("error");
  return std::string(json::string_or(error != nullptr ? *error : value, "code", ""));
}

std::string Answer::text(std::string_view pointer) const {
  const json::Value* found = value.at_pointer(pointer);
  const std::string* string = found == nullptr ? nullptr : found->if_string();
  return string == nullptr ? std::string() : *string;
}

struct SidecarWorld::Running {
  boost::asio::io_context io{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work{io.get_executor()};
  Doorbell doorbell{io};
  PosixFiles files;
  SystemClock clock;
  SystemRandom random;
  ThreadPoolExecutor executor{4, 64};
  std::unique_ptr<Workspace> workspace;
  std::unique_ptr<Sidecar> sidecar;
  std::thread thread;

  ~Running() {
    io.stop();
    if (thread.joinable()) thread.join();
    probe_gate().open();  // for a deaf tool that nobody waits for any more
    executor.finish();
  }
};

SidecarWorld::SidecarWorld(WorldOptions options) : options_(std::move(options)), root_(scratch_folder()) {
  probe_gate().shut();
  socket_path_ = join_path(root_, "control.sock");
  const PosixFiles files;
  std::filesystem::copy(template_workspace(), root_, std::filesystem::copy_options::recursive);
  const bool pins = options_.config.find("packs:") != std::string::npos;
  std::ofstream(join_path(root_, "lumenflow.yaml"), std::ios::app)
      << (pins ? "" : "packs: [{id: probe}]\n") << options_.config;
  for (const auto& [path, text] : options_.files) write(path, text);
  keys_ = *load_keys(files, WorkspacePaths(root_).keys);
  const http::TokenClaims mine = claims();
  token_id_ = mine.id;
  token_ = *http::mint_token(mine, keys_.token_private_pem, keys_.token_key_id);
  start();
}

SidecarWorld::~SidecarWorld() {
  running_.reset();
  std::error_code ignored;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root_, ignored))  // copies are read-only
    if (entry.is_directory()) std::filesystem::permissions(entry, std::filesystem::perms::owner_all, ignored);
  std::filesystem::remove_all(root_, ignored);
}

void SidecarWorld::write(const std::string& path, const std::string& text) const {
  const std::filesystem::path full = join_path(root_, path);
  std::filesystem::create_directories(full.parent_path());
  std::ofstream(full, std::ios::binary) << text;
}

void SidecarWorld::start() {
  running_ = std::make_unique<Running>();
  Running& run = *running_;
  WorkspacePorts ports{run.files, run.clock, run.random, run.executor};
  ports.load_code = options_.load_code;
  ports.delivery_pause = std::chrono::milliseconds(1);
  auto workspace = Workspace::open(ports, root_, {&probe_pack()}, [&run] { run.doorbell.ring(); });
  ASSERT_TRUE(workspace.ok()) << workspace.error().to_string();
  run.workspace = *std::move(workspace);
  SidecarOptions options;
  options.listen = "127.0.0.1:" + std::to_string(port_);
  options.socket_path = socket_path_;
  options.heartbeat = options_.heartbeat;
  options.uplink = options_.uplink;
  options.housekeeping = options_.housekeeping;
  options.surfaces = options_.surfaces;
  run.sidecar = make_sidecar(run.io, *run.workspace, run.doorbell, run.clock, run.random, options);
  const Result<Ready> ready = run.sidecar->start();
  ASSERT_TRUE(ready.ok()) << ready.error().to_string();
  port_ = static_cast<std::uint16_t>(std::atoi(ready->url.substr(ready->url.rfind(':') + 1).c_str()));
  run.thread = std::thread([&run] { run.io.run(); });
}

void SidecarWorld::begin_drain() {
  boost::asio::post(running_->io, [&run = *running_] { run.sidecar->drain([&run] { run.io.stop(); }); });
}

void SidecarWorld::wait_until_drained() {
  running_->thread.join();
  running_.reset();
}

http::TokenClaims SidecarWorld::claims() const {
  const SystemClock clock;
  SystemRandom random;
  http::TokenClaims claims;
  claims.issuer = claims.subject = "ws-42";
  claims.audience = "sidecar";
  claims.scopes = {"workspace", "audit:read"};
  claims.issued_at = clock.now() + std::chrono::milliseconds(-1000);
  claims.expires_at = clock.now() + std::chrono::hours(1);
  claims.id = make_ulid(clock.now(), random.draw16()).str();
  return claims;
}

std::string SidecarWorld::token(const std::string& scope, const std::string& subject,
                                std::chrono::milliseconds life) const {
  http::TokenClaims of = claims();
  of.subject = subject;
  of.scopes = {scope};  // joined by spaces when it is minted
  of.expires_at = of.issued_at + life;
  return *http::mint_token(of, keys_.token_private_pem, keys_.token_key_id);
}

Answer SidecarWorld::socket_call(const std::string& tool, const json::Value& input, Headers headers) const {
  http::ClientOptions options;
  options.socket_path = socket_path_;
  http::ClientRequest request;
  request.method = http::Method::kPost;
  request.path = "/kernel/" + tool;
  request.headers = std::move(headers);
  request.body = json::serialize(input);
  const Result<http::ClientResponse> response = http::Client(options).send(request);
  if (!response.ok()) return {};
  return {response->status, {}, response->body, json::parse(response->body).value_or(json::Value())};
}

Answer SidecarWorld::operator_call(const std::string& tool, const json::Value& input) const {
  const PosixFiles files;
  const auto key = unlock_operator_key(files, WorkspacePaths(root_).keys, "");
  const std::string proof =
      *make_operator_proof(*key, "ws-42", "kernel:" + tool, "p" + std::to_string(++proofs_), SystemClock().now());
  return socket_call(tool, input, {{std::string(kOperatorHeader), proof}});
}

Answer SidecarWorld::send(http::Method method, const std::string& path, std::optional<std::string> body,
                          Headers headers) const {
  http::ClientOptions options;
  options.base_url = "http://127.0.0.1:" + std::to_string(port_);
  options.timeout = kSilenceMax;
  http::ClientRequest request;
  request.method = method;
  request.path = path;
  request.body = std::move(body);
  const std::string sent = request.body.value_or("");
  bool authorized = false;
  for (const auto& [name, value] : headers) authorized = authorized || name == "Authorization";
  request.headers = std::move(headers);
  if (!authorized) request.headers.emplace_back("Authorization", "Bearer " + token_);
  const auto response = http::Client(std::move(options)).send(request);
  Answer answer;
  if (!response.ok()) {
    answer.body = response.error().to_string();
    return answer;
  }
  answer.status = response->status;
  answer.headers = response->headers;
  answer.body = response->body;
  if (auto value = json::parse(answer.body, {.depth_max = 256}); value.ok()) answer.value = *std::move(value);
  expect_documented(method, path, sent, answer);
  return answer;
}

Answer SidecarWorld::get(const std::string& path, Headers headers) const {
  return send(http::Method::kGet, path, {}, std::move(headers));
}

Answer SidecarWorld::call(const std::string& tool, const std::string& input, Headers headers) const {
  return send(http::Method::kPost, "/tools/" + tool, input, std::move(headers));
}

std::future<Answer> SidecarWorld::call_later(const std::string& tool, const std::string& input, Headers headers) const {
  return std::async(std::launch::async, [this, tool, input, headers] { return call(tool, input, headers); });
}

http::RawSocket SidecarWorld::connect() const { return http::RawSocket::tcp(port_); }

std::vector<json::Value> SidecarWorld::entries() const {
  std::vector<json::Value> entries;
  for (std::int64_t after = 0;;) {
    const Answer page = get("/audit?limit=1000&after=" + std::to_string(after));
    EXPECT_EQ(page.status, 200) << page.body;
    if (page.status != 200) return entries;
    for (const json::Value& item : page.value.find("items")->as_array()) entries.push_back(*item.find("entry"));
    const json::Value& next = *page.value.find("next");
    if (next.is_null()) return entries;
    after = next.as_integer();
  }
}

json::Value Frame::value() const {
  const auto parsed = json::parse(data);
  return parsed.ok() ? *parsed : json::Value();
}

// HTTP/1.0: the body comes without chunks, until the connection closes.
EventReader::EventReader(http::RawSocket socket, const std::string& request) : socket_(std::move(socket)) {
  EXPECT_TRUE(socket_.send(request));
  const std::string answer = socket_.read_until("\r\n\r\n");
  if (answer.size() > 12) status_ = std::atoi(answer.substr(9, 3).c_str());
  const std::size_t begin = request.find(' ') + 1;
  target_ = request.substr(begin, request.find(' ', begin) - begin);
}

EventReader::EventReader(const SidecarWorld& world, const std::string& query, const std::string& last_event_id)
    : EventReader(world.connect(),
                  "GET /events/stream" + query + " HTTP/1.0\r\nAuthorization: Bearer " + world.token() + "\r\n" +
                      (last_event_id.empty() ? std::string() : "Last-Event-ID: " + last_event_id + "\r\n") + "\r\n") {}

EventReader EventReader::of_call(const SidecarWorld& world, const std::string& tool) {
  return {world.connect(), "POST /tools/" + tool + " HTTP/1.0\r\nAuthorization: Bearer " + world.default_token() +
                               "\r\nAccept: text/event-stream\r\nContent-Length: 0\r\n\r\n"};
}

Frame EventReader::next() {
  Frame frame;
  const std::string text = socket_.read_until("\n\n");
  frame.end = !text.ends_with("\n\n");
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string line = text.substr(at, end - at);
    at = end + 1;
    if (line.starts_with("id: ")) frame.id = line.substr(4);
    if (line.starts_with("event: ")) frame.event = line.substr(7);
    if (line.starts_with("data: ")) frame.data += line.substr(6);
    if (line.starts_with(":")) frame.comment = line;
  }
  const bool is_call = target_.starts_with("/tools/");
  if (!frame.end && !frame.data.empty())
    documented().expect_event(target_, frame.data, is_call ? http::Method::kPost : http::Method::kGet);
  return frame;
}

}  // namespace lumenflow::sidecar
