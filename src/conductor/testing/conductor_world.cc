#include "conductor/testing/conductor_world.h"

#include <gtest/gtest.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "base/encoding.h"
#include "base/executor.h"
#include "base/ulid.h"
#include "conductor/authenticator.h"
#include "conductor/conductor.h"
#include "conductor/operators.h"
#include "event/event.h"
#include "http/testing/documented.h"

namespace lumenflow::conductor {
namespace {

constexpr std::chrono::milliseconds kSilenceMax{30'000};
constexpr const char* kPassphrase = "correct horse battery";

}  // namespace

std::string Answer::header(std::string_view name) const {
  for (const auto& [key, text] : headers)
    if (key == name) return text;
  return {};
}
std::string Answer::code() const { return std::string(json::string_or(value, "code", "")); }
std::string Answer::text(std::string_view pointer) const {
  const json::Value* found = value.at_pointer(pointer);
  const std::string* string = found == nullptr ? nullptr : found->if_string();
  return string == nullptr ? std::string() : *string;
}
std::int64_t Answer::number(std::string_view pointer) const {
  const json::Value* found = value.at_pointer(pointer);
  const std::int64_t* number = found == nullptr ? nullptr : found->if_integer();
  return number == nullptr ? -1 : *number;
}

struct ConductorWorld::Running {
  boost::asio::io_context io{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work{io.get_executor()};
  PosixFiles files;
  SystemRandom random;
  ThreadPoolExecutor executor{4, 4096};
  std::unique_ptr<Store> store;
  std::unique_ptr<Conductor> conductor;
  std::thread thread;

  ~Running() {
    io.stop();
    if (thread.joinable()) thread.join();
    executor.finish();
    store->log->settle();
  }
};

ConductorWorld::ConductorWorld(std::string store) {
  std::string pattern = (std::filesystem::temp_directory_path() / "lumenflow-conductor-XXXXXX").string();
  folder_ = ::mkdtemp(pattern.data());
  url_ = store == "memory" ? store : "sqlite:" + folder_ + "/conductor.db";
  start();
}

ConductorWorld::~ConductorWorld() {
  running_.reset();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void ConductorWorld::start() {
  running_ = std::make_unique<Running>();
  Running& run = *running_;
  auto store = open_store(run.files, clock, run.random, url_);
  ASSERT_TRUE(store.ok()) << store.error().to_string();
  run.store = *std::move(store);
  ConductorOptions options;
  options.listen = "127.0.0.1:" + std::to_string(port_);
  options.sweep = std::chrono::milliseconds(50);
  options.private_hooks = true;
  options.private_sidecars = true;
  run.conductor = make_conductor(run.io, *run.store, run.executor, clock, run.random, options);
  const auto ready = run.conductor->start();
  ASSERT_TRUE(ready.ok()) << ready.error().to_string();
  port_ = static_cast<std::uint16_t>(std::atoi(ready->url.substr(ready->url.rfind(':') + 1).c_str()));
  run.thread = std::thread([&run] { run.io.run(); });
}

void ConductorWorld::stop() {
  Running& run = *running_;
  boost::asio::post(run.io, [&run] { run.conductor->drain([&run] { run.io.stop(); }); });
  run.thread.join();
  run.executor.finish();
  running_.reset();
}

void ConductorWorld::restart(const std::function<void()>& meanwhile) {
  stop();
  if (meanwhile) meanwhile();
  start();
}

Store& ConductorWorld::store() { return *running_->store; }
http::RawSocket ConductorWorld::connect() const { return http::RawSocket::tcp(port_); }

namespace {

// What the program says of itself is the same in every world.
http::Documented& documented(const ConductorWorld& world) {
  static http::Documented description([&world] {
    http::ClientOptions options;
    options.base_url = "http://127.0.0.1:" + std::to_string(world.port());
    http::ClientRequest request;
    request.path = "/openapi.json";
    const auto response = http::Client(std::move(options)).send(request);
    return response.ok() ? *json::parse(response->body) : json::Value();
  }());
  return description;
}

struct Sent {
  std::optional<std::string> body;
  Headers headers;
};

void expect_documented(const ConductorWorld& world, http::Method method, const std::string& path, const Sent& sent,
                       const Answer& answer) {
  http::Exchanged exchanged{method, path, nullptr, answer.status, answer.header("content-type"), answer.body};
  bool plain = sent.body && !sent.body->empty();
  for (const auto& [name, value] : sent.headers)
    plain = plain && name != "Content-Encoding" && (name != "Content-Type" || value == "application/json");
  const Result<json::Value> body = json::parse(plain ? *sent.body : "");
  if (body.ok()) exchanged.body = &*body;
  documented(world).expect(exchanged);
}

}  // namespace

Answer ConductorWorld::send(http::Method method, const std::string& path, std::optional<std::string> body,
                            Headers headers) const {
  http::ClientOptions options;
  options.base_url = "http://127.0.0.1:" + std::to_string(port_);
  options.timeout = kSilenceMax;
  http::ClientRequest request;
  request.method = method;
  request.path = path;
  request.body = std::move(body);
  request.headers = std::move(headers);
  const Sent sent{request.body, request.headers};
  const auto response = http::Client(std::move(options)).send(request);
  Answer answer;
  if (!response.ok()) {
    answer.body = response.error().to_string();
    return answer;
  }
  answer.status = response->status;
  answer.headers = response->headers;
  answer.body = response->body;
  if (auto value = json::parse(answer.body)) answer.value = *std::move(value);
  expect_documented(*this, method, path, sent, answer);
  return answer;
}

Headers ConductorWorld::operator_session(Role role) {
  for (const auto& [of, headers] : sessions_)
    if (of == role) return headers;
  // As signing in would leave it, without the passphrase's cost.
  const std::string name = "op-" + std::string(conductor::name(role));
  static const std::string model = *operator_record("model", kPassphrase, Role::kViewer, clock.now())->value;
  json::Value record = *json::parse(model);
  record.as_object().set("name", name);
  record.as_object().set("role", conductor::name(role));
  SystemRandom random;
  const std::array<std::uint8_t, 16> secret = random.draw16();
  const std::string cookie = to_base64url(as_chars(secret));
  const json::Object session{{"operator", name},
                             {"credential", credential_of(json::serialize(record))},
                             {"expires_ms", (clock.now() + kSessionLife).ms}};
  const std::vector<RecordChange> changes{{kOperatorsTable, name, 0, json::serialize(record)},
                                          {kSessionsTable, session_key(cookie), 0, json::serialize(session)}};
  EXPECT_TRUE(running_->store->records->apply(changes).ok());
  Headers headers{{"Cookie", std::string(kCookie) + "=" + cookie}, {"X-CSRF-Token", csrf_of(cookie)}};
  sessions_.emplace_back(role, headers);
  return headers;
}

std::string ConductorWorld::ticket(const std::string& workspace, const std::string& kind) {
  const json::Object body{{"kind", kind}, {"workspace_id", workspace}};
  const Answer answer = post("/v2/tickets", body, operator_session());
  EXPECT_EQ(answer.status, 201) << answer.body;
  return answer.text("/ticket");
}

std::vector<json::Value> ConductorWorld::audit(const std::string& type) {
  std::vector<json::Value> entries;
  for (std::int64_t after = 0; after >= 0;) {
    const Answer page = get("/v2/audit?limit=1000&after=" + std::to_string(after), operator_session());
    EXPECT_EQ(page.status, 200) << page.body;
    if (page.status != 200) return entries;
    for (const json::Value& item : page.value.find("items")->as_array())
      if (const json::Value& entry = *item.find("entry"); type.empty() || json::string_or(entry, "type", "") == type)
        entries.push_back(entry);
    after = page.number("/next");
  }
  return entries;
}

Workspace::Workspace(ConductorWorld& world, std::string workspace_id)
    : id(std::move(workspace_id)),
      log_id("log-of-" + id),
      key(*generate_p256()),
      log_key(generate_ed25519()),
      world_(world) {}

std::string forge_token(const http::TokenClaims& claims, const P256KeyPair& key) {
  return *http::mint_token(claims, key.private_pem, *p256_thumbprint(key.public_pem));
}

json::Object Workspace::enrollment(const std::string& ticket) const {
  SystemRandom random;
  http::TokenClaims claims;
  claims.issuer = id;
  claims.subject = id + ":conductor";
  claims.audience = "sidecar";
  claims.scopes = {"workspace"};
  claims.issued_at = world_.clock.now();
  claims.expires_at = claims.issued_at + std::chrono::hours(24);
  claims.id = make_ulid(claims.issued_at, random.draw16()).str();
  return {{"ticket", ticket},
          {"kind", "workspace"},
          {"workspace_id", id},
          {"public_key", key.public_pem},
          {"log_id", log_id},
          {"log_key", to_base64(log_key.public_key)},
          {"token", forge_token(claims, key)}};
}

Answer Workspace::enroll() {
  Answer answer = world_.post("/v2/enrollments", enrollment(world_.ticket()));
  EXPECT_EQ(answer.status, 201) << answer.body;
  token = answer.text("/token");
  return answer;
}

Answer Workspace::hello(const std::string& other_log_id) {
  const json::Object body{
      {"hello", json::Object{{"log_id", other_log_id.empty() ? log_id : other_log_id}, {"bases", json::Array{}}}}};
  Answer answer = world_.post("/v2/heartbeat", body, headers());
  if (answer.status == 200) session = answer.number("/session");
  return answer;
}

std::vector<std::string> Workspace::make_events(std::size_t count, const std::string& kind,
                                                const json::Value& payload) {
  std::vector<std::string> events;
  SystemRandom random;
  for (std::size_t i = 0; i < count; ++i) {
    event::BuildOptions options;
    options.timestamp = world_.clock.now();
    options.entropy = random.draw16();
    const auto built = event::build_kernel_event_v2(kind, payload, options);
    event::Stamp stamp;
    stamp.from = id;
    stamp.stream = "sidecar";
    stamp.seq = ++seq_;
    stamp.queue_seq = seq_;
    stamp.emitted_at = options.timestamp;
    events.emplace_back();
    event::append_envelope(*built, stamp, events.back());
  }
  return events;
}

json::Object Workspace::batch(const std::vector<std::string>& events, std::uint64_t after) const {
  json::Array list;
  for (const std::string& text : events) list.push_back(*json::parse(text));
  return {{"session", session},
          {"log_id", log_id},
          {"channel", "sidecar"},
          {"after", json::Object{{"seq", after}, {"queue_seq", after}}},
          {"events", std::move(list)}};
}

Answer Workspace::post_events(const std::vector<std::string>& events, std::uint64_t after) const {
  return world_.post("/v2/events", batch(events, after), headers());
}

Answer Workspace::fetch(std::uint64_t after, const std::string& wait) const {
  return world_.get(
      "/v2/commands?session=" + std::to_string(session) + "&after=" + std::to_string(after) + "&wait=" + wait,
      headers());
}

Answer Workspace::report(const std::string& command_id, const json::Value& report) const {
  return world_.post("/v2/commands/" + command_id + "/result", report, headers());
}

http::TokenClaims Workspace::claims_for(const std::string& audience) const {
  SystemRandom random;
  http::TokenClaims claims;
  claims.issuer = claims.subject = id;
  claims.audience = audience;
  claims.issued_at = world_.clock.now();
  claims.expires_at = claims.issued_at + std::chrono::seconds(60);
  claims.id = make_ulid(world_.clock.now(), random.draw16()).str();
  return claims;
}

std::string Workspace::assertion(std::chrono::milliseconds skew, const std::string& assertion_id) const {
  http::TokenClaims claims = claims_for("renew");
  claims.issued_at = claims.issued_at + skew;
  claims.expires_at = claims.expires_at + skew;
  if (!assertion_id.empty()) claims.id = assertion_id;
  return forge_token(claims, key);
}

Answer Workspace::renew_device(const std::string& device_id, const P256KeyPair& device_key) const {
  http::TokenClaims claims = claims_for("renew");
  claims.issuer = claims.subject = id + ":phone:" + device_id;
  const json::Object body{
      {"workspace_id", id}, {"device_id", device_id}, {"assertion", forge_token(claims, device_key)}};
  return world_.post("/v2/tokens/renew", body);
}

std::vector<json::Value> Workspace::take_commands() {
  std::vector<json::Value> taken;
  for (;;) {
    const Answer answer = fetch(durable_);
    EXPECT_EQ(answer.status, 200) << answer.body;
    const json::Value* items = answer.value.find("items");
    if (items == nullptr || items->as_array().empty()) return taken;
    for (const json::Value& item : items->as_array()) {
      taken.push_back(*item.find("event"));
      durable_ = static_cast<std::uint64_t>(json::integer_or(item, "position", 0));
    }
  }
}

Device pair_device(ConductorWorld& world, Workspace& workspace, const std::string& id, const std::string& scope) {
  Device device{{}, *generate_p256()};
  const std::string ticket = world.ticket(workspace.id, "device");
  const json::Object body{{"ticket", ticket}, {"kind", "device"}, {"workspace_id", workspace.id},
                          {"device_id", id},  {"name", id},       {"public_key", device.key.public_pem}};
  EXPECT_EQ(world.post("/v2/enrollments", body).status, 202);
  const std::vector<json::Value> asked = workspace.take_commands();
  EXPECT_FALSE(asked.empty());
  if (asked.empty()) return device;
  const json::Object accepted{{"state", "done"},
                              {"result", json::Object{{"scope", scope}, {"token", "of-the-workspace"}}}};
  const std::string command(json::string_or(asked.back(), "event_id", ""));
  EXPECT_EQ(workspace.report(command, accepted).status, 200);
  Answer enrolled;
  for (int i = 0; i < 10'000 && enrolled.text("/state") != "accepted"; ++i) {
    world.clock.advance(std::chrono::milliseconds(50));  // strangers are limited by their rate
    enrolled = world.get("/v2/enrollments/" + id, ConductorWorld::bearer(ticket));
  }
  EXPECT_EQ(enrolled.text("/state"), "accepted") << enrolled.body;
  device.headers = ConductorWorld::bearer(workspace.renew_device(id, device.key).text("/token"));
  // What its workspace would look at, the conductor passes on.
  device.headers.emplace_back("LumenFlow-Signature", "as it was made");
  device.headers.emplace_back("LumenFlow-Decided-At", format_rfc3339(world.clock.now()));
  return device;
}

// HTTP/1.0: the body comes without chunks, until the connection closes.
StreamReader::StreamReader(const ConductorWorld& world, const std::string& path, const Headers& headers)
    : world_(world), path_(path), socket_(world.connect()) {
  std::string head = "GET " + path + " HTTP/1.0\r\nAccept: text/event-stream\r\n";
  for (const auto& [name, value] : headers) head += name + ": " + value + "\r\n";
  EXPECT_TRUE(socket_.send(head + "\r\n"));
  const std::string answer = socket_.read_until("\r\n\r\n");
  if (answer.size() > 12) status_ = std::atoi(answer.substr(9, 3).c_str());
}

Frame StreamReader::next() {
  for (;;) {
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
    }
    const bool is_item = !frame.end && !frame.data.empty() && frame.event != "error";
    if (is_item) documented(world_).expect_event(path_, frame.data);
    if (frame.end || !frame.event.empty() || !frame.data.empty()) return frame;
  }
}

}  // namespace lumenflow::conductor
