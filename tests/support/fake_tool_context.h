// One call's context for tests of packs: a memory store, a clock that stands still, ids that count up.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lumenflow/pack.h"
#include "pack/programs.h"
#include "support/memory_store.h"

namespace lumenflow::testing {

class FakeToolContext final : public pack::ToolContext {
 public:
  struct Emitted {
    std::string kind;
    json::Value payload;
    pack::EmitOptions options;
  };

  explicit FakeToolContext(MemoryStore& memory) : memory_(memory) {}

  std::string receipt = "rcpt-1";
  std::string caller = "ws-1:local:ana";
  std::string tool_name;
  std::string root = "/workspace";
  std::int64_t clock_ms = 1'772'366'400'000;  // 2026-03-01T12:00:00Z
  bool is_cancelled = false;
  pack::HostedRun* run = nullptr;  // what the context says of its host
  std::vector<Emitted> emitted;
  json::Value section;                       // of lumenflow.yaml
  std::set<std::string, std::less<>> tools;  // that active packs have
  std::vector<std::string> notices;          // what the operator was shown
  bool has_terminal = true;
  pack::Programs* programs = nullptr;  // null: none is run
  std::vector<pack::HttpRequest> fetched;
  std::function<Result<pack::HttpResponse>(const pack::HttpRequest&)> web;  // empty: any request is answered with 200
  Status fetch_verdict;
  std::function<Result<pack::Invoked>(std::string_view, const json::Value&)> others;  // the tools of other packs
  std::vector<std::string> logged, notes;
  std::vector<std::pair<double, std::string>> progressed;
  std::vector<std::pair<std::string, std::int64_t>> wakes;
  std::vector<pack::Trigger> triggers;

  const std::string& receipt_id() const override { return receipt; }
  const std::string& subject() const override { return caller; }
  const std::string& tool() const override { return tool_name; }
  const std::string& workspace_root() const override { return root; }
  std::int64_t now_ms() const override { return clock_ms; }
  std::string new_ulid() override {
    std::string ulid(26, '0');
    put_base32(ulid, 10, static_cast<std::uint64_t>(clock_ms));
    put_base32(ulid, 26, ++ulids_);
    return ulid;
  }
  pack::HostedRun* hosted() override { return run; }
  pack::Store& store() override { return memory_; }
  Status emit(std::string_view kind, json::Value payload, pack::EmitOptions options = {}) override {
    emitted.push_back({std::string(kind), std::move(payload), std::move(options)});
    return {};
  }
  Result<pack::Emitted> emit_now(std::string_view kind, json::Value payload, pack::EmitOptions options = {}) override {
    emitted.push_back({std::string(kind), std::move(payload), std::move(options)});
    return pack::Emitted{"event-" + std::to_string(emitted.size()), "2026-01-01T00:00:00.000Z", emitted.size()};
  }
  bool cancelled() const override { return is_cancelled; }
  const json::Value& config() const override { return section; }
  bool has_tool(std::string_view name) const override { return tools.contains(name); }
  // As the host does it: what a failed change wrote and emitted is gone.
  Status transact(const std::function<Status(pack::Store&)>& change) override {
    const auto before = memory_.contents;
    const std::size_t events_before = emitted.size();
    Status status = change(memory_);
    if (status.ok()) return status;
    memory_.contents = before;
    emitted.resize(events_before);
    return status;
  }
  Status check_fetch(const pack::HttpRequest& request) const override {
    checked_allowlist = request.allowlist;
    return fetch_verdict.ok() ? Status() : Status(fetch_verdict.error());
  }
  Result<pack::HttpResponse> fetch(const pack::HttpRequest& request) override {
    fetched.push_back(request);
    return web ? web(request) : Result<pack::HttpResponse>(pack::HttpResponse{200, {}});
  }
  std::vector<Result<pack::ProgramEnd>> run_programs(const std::vector<pack::ProgramRequest>& requests,
                                                     std::size_t at_once) override {
    if (programs != nullptr && run != nullptr) return programs->run(root, *run, requests, at_once);
    return {requests.size(), Error(ErrorCode::kSandboxUnavailable, "a fake context runs no programs")};
  }
  bool notify_operator(std::string_view line) override {
    if (has_terminal) notices.emplace_back(line);
    return has_terminal;
  }
  Result<pack::Invoked> invoke(std::string_view tool, json::Value input, std::optional<std::string> = {}) override {
    if (!others) return Error(ErrorCode::kInvalidRequest, "nothing else is there to be called");
    return others(tool, input);
  }
  Result<pack::Invoked> tasks(std::string_view step, json::Value input, std::optional<std::string> key = {}) override {
    return invoke("kernel:task_" + std::string(step), std::move(input), std::move(key));
  }
  void progress(double fraction, std::string_view message) override { progressed.emplace_back(fraction, message); }
  void note(std::string_view name, const json::Value& data) override {
    notes.push_back(std::string(name) + " " + json::serialize(data));
  }
  void log(std::string_view, std::string_view message, json::Value = json::Object{}) override {
    logged.emplace_back(message);
  }
  void watch(std::vector<pack::Trigger> watched) override { triggers = std::move(watched); }
  void wake(std::string_view timer, std::int64_t at_ms) override { wakes.emplace_back(timer, at_ms); }

  mutable std::vector<std::string> checked_allowlist;  // of the last check

 private:
  static void put_base32(std::string& text, std::size_t end, std::uint64_t value) {
    for (; value != 0; value /= 32) text[--end] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"[value % 32];
  }

  MemoryStore& memory_;
  std::uint64_t ulids_ = 0;
};

}  // namespace lumenflow::testing
