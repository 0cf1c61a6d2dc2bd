// One call or delivery in a pack's process: what a HostContext offers, as requests to the host.
//
// Borrows the connection and the registration. One thread.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lumenflow/pack.h"
#include "lumenflow/process.h"
#include "sdk/connection.h"

namespace lumenflow::sdk {

using namespace pack;  // the interface that all of this implements

class Run final : public Store, public ProcessRun {
 public:
  // `readings`: the protocol's `context`, whose `now` and `ulid` are recorded; the machine's where it has none.
  Run(Connection& connection, const Registration& registration, std::string id, const json::Value& readings);

  const std::string& id() const { return id_; }
  const json::Value& config() const { return registration_.config(); }
  const std::string& workspace_root() const { return workspace_root_; }
  std::int64_t now_ms() const { return now_ms_; }
  std::string new_ulid();
  bool has_tool(std::string_view name) const;
  bool cancelled() const { return connection_.is_cancelled(id_); }
  Status emit(std::string_view kind, json::Value payload, EmitOptions options);
  Result<Emitted> emit_now(std::string_view kind, json::Value payload, EmitOptions options);
  Result<HttpResponse> fetch(const HttpRequest& request);
  Status check_fetch(const HttpRequest& request) const;
  Result<ProgramEnd> run_program(const ProgramRequest& request);

  Result<std::optional<json::Value>> get(std::string_view key) override;
  Status put(std::string_view key, json::Value value) override;
  Status erase(std::string_view key) override;
  Result<std::vector<StoreItem>> scan(std::string_view prefix, std::string_view after, std::size_t limit) override;
  Result<std::vector<StoreItem>> scan_descending(std::string_view prefix, std::string_view before,
                                                 std::size_t limit) override;

  Result<json::Value> invoke(std::string_view tool, json::Value input,
                             std::optional<std::string> idempotency_key) override;
  Result<json::Value> tasks(std::string_view step, json::Value input,
                            std::optional<std::string> idempotency_key) override;
  // The same with all that became of the call.
  Result<Invoked> invoked(std::string_view tool, json::Value input, std::optional<std::string> idempotency_key);
  Result<Invoked> task_step(std::string_view step, json::Value input, std::optional<std::string> idempotency_key);
  bool may_ask(std::string_view method) const;
  Result<std::vector<json::Value>> ask_caller(const std::vector<Question>& questions);
  Result<bool> was_handled(std::string_view kind, std::string_view replay_key) override;
  void progress(double fraction, std::string_view message) override;
  void log(std::string_view level, std::string_view message, json::Value fields) override;

 private:
  Result<json::Value> ask(std::string_view method, json::Object params, const Connection::Heard& heard = {});
  Result<Invoked> ask_call(std::string_view method, json::Object params, std::optional<std::string> key);

  Connection& connection_;
  const Registration& registration_;
  std::string id_;
  std::string workspace_root_;
  std::int64_t now_ms_;
  std::string ulid_;               // the next one
  std::vector<std::string> asks_;  // what the caller can be asked
};

// Makes a ToolContext or a HandlerContext of a run.
template <class Base>
class RunContext : public Base {
 public:
  explicit RunContext(Run& run) : run_(run) {}
  Run& run() const { return run_; }

  const std::string& workspace_root() const override { return run_.workspace_root(); }
  const json::Value& config() const override { return run_.config(); }
  std::int64_t now_ms() const override { return run_.now_ms(); }
  std::string new_ulid() override { return run_.new_ulid(); }
  bool has_tool(std::string_view name_or_alias) const override { return run_.has_tool(name_or_alias); }
  bool cancelled() const override { return run_.cancelled(); }
  Store& store() override { return run_; }
  Status emit(std::string_view kind, json::Value payload, EmitOptions options) override {
    return run_.emit(kind, std::move(payload), std::move(options));
  }
  Result<Emitted> emit_now(std::string_view kind, json::Value payload, EmitOptions options) override {
    return run_.emit_now(kind, std::move(payload), std::move(options));
  }
  Status transact(const std::function<Status(Store&)>&) override {
    return Error(ErrorCode::kMethodNotAllowed, "a pack in a process of its own commits with its result alone");
  }
  Result<HttpResponse> fetch(const HttpRequest& request) override { return run_.fetch(request); }
  Status check_fetch(const HttpRequest& request) const override { return run_.check_fetch(request); }
  // One after the other: the protocol knows one at a time.
  std::vector<Result<ProgramEnd>> run_programs(const std::vector<ProgramRequest>& requests, std::size_t) override {
    std::vector<Result<ProgramEnd>> ends;
    for (const ProgramRequest& request : requests) ends.push_back(run_.run_program(request));
    return ends;
  }
  Result<Invoked> invoke(std::string_view tool, json::Value input, std::optional<std::string> key) override {
    return run_.invoked(tool, std::move(input), std::move(key));
  }
  Result<Invoked> tasks(std::string_view step, json::Value input, std::optional<std::string> key) override {
    return run_.task_step(step, std::move(input), std::move(key));
  }
  void progress(double fraction, std::string_view message) override { run_.progress(fraction, message); }
  void log(std::string_view level, std::string_view message, json::Value fields) override {
    run_.log(level, message, std::move(fields));
  }
  bool may_ask(std::string_view method) const override { return run_.may_ask(method); }
  Result<std::vector<json::Value>> ask(const std::vector<Question>& questions) override {
    return run_.ask_caller(questions);
  }
  bool notify_operator(std::string_view) override { return false; }
  void wake(std::string_view, std::int64_t) override {}  // without timers, which are refused, there is nothing to wake
  void watch(std::vector<Trigger>) override {}

 private:
  Run& run_;
};

}  // namespace lumenflow::sdk
