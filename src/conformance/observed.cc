#include "conformance/observed.h"

#include <exception>
#include <optional>
#include <utility>

namespace lumenflow::conformance {
namespace {

constexpr std::string_view kProbeTimer = "conformance-probe";

// Passes everything on, and keeps what was refused.
template <class Interface>
class ObservedHost : public Interface {
 public:
  ObservedHost(Interface& inner, Observed& seen, std::string by) : inner_(inner), seen_(seen), by_(std::move(by)) {}

  const std::string& workspace_root() const override { return inner_.workspace_root(); }
  const json::Value& config() const override { return inner_.config(); }
  std::int64_t now_ms() const override { return inner_.now_ms(); }
  std::string new_ulid() override { return inner_.new_ulid(); }
  bool has_tool(std::string_view name) const override { return inner_.has_tool(name); }
  bool cancelled() const override { return inner_.cancelled(); }
  pack::Store& store() override { return inner_.store(); }
  Status emit(std::string_view kind, json::Value payload, pack::EmitOptions options) override {
    Status status = inner_.emit(kind, std::move(payload), std::move(options));
    if (!status.ok()) note(kind, status.error());
    return status;
  }
  Result<pack::Emitted> emit_now(std::string_view kind, json::Value payload, pack::EmitOptions options) override {
    Result<pack::Emitted> emitted = inner_.emit_now(kind, std::move(payload), std::move(options));
    if (!emitted.ok()) note(kind, emitted.error());
    return emitted;
  }
  Status transact(const std::function<Status(pack::Store&)>& change) override { return inner_.transact(change); }
  Result<pack::HttpResponse> fetch(const pack::HttpRequest& request) override { return inner_.fetch(request); }
  Status check_fetch(const pack::HttpRequest& request) const override { return inner_.check_fetch(request); }
  std::vector<Result<pack::ProgramEnd>> run_programs(const std::vector<pack::ProgramRequest>& requests,
                                                     std::size_t at_once) override {
    return inner_.run_programs(requests, at_once);
  }
  bool notify_operator(std::string_view line) override { return inner_.notify_operator(line); }
  Result<pack::Invoked> invoke(std::string_view tool, json::Value input, std::optional<std::string> key) override {
    return inner_.invoke(tool, std::move(input), std::move(key));
  }
  Result<pack::Invoked> tasks(std::string_view step, json::Value input, std::optional<std::string> key) override {
    return inner_.tasks(step, std::move(input), std::move(key));
  }
  void progress(double fraction, std::string_view message) override { inner_.progress(fraction, message); }
  void say(std::string_view piece) override { inner_.say(piece); }
  void note(std::string_view name, const json::Value& data) override { inner_.note(name, data); }
  void log(std::string_view level, std::string_view message, json::Value fields) override {
    inner_.log(level, message, std::move(fields));
  }
  bool may_ask(std::string_view method) const override { return inner_.may_ask(method); }
  Result<std::vector<json::Value>> ask(const std::vector<pack::Question>& questions) override {
    return inner_.ask(questions);
  }
  pack::Turns* turns() override { return inner_.turns(); }
  void wake(std::string_view timer, std::int64_t at_ms) override { inner_.wake(timer, at_ms); }
  void watch(std::vector<pack::Trigger> triggers) override { inner_.watch(std::move(triggers)); }
  pack::HostedRun* hosted() override { return inner_.hosted(); }

 protected:
  Interface& inner_;

 private:
  void note(std::string_view kind, const Error& error) {
    if (error.code() == ErrorCode::kUnknownKind) seen_.undeclared.push_back({by_, std::string(kind), error.message()});
  }
  Observed& seen_;
  const std::string by_;
};

class ObservedTool final : public ObservedHost<pack::ToolContext> {
 public:
  using ObservedHost::ObservedHost;
  const std::string& receipt_id() const override { return inner_.receipt_id(); }
  const std::string& subject() const override { return inner_.subject(); }
  const std::string& tool() const override { return inner_.tool(); }
  std::string confirmed_recovery() const override { return inner_.confirmed_recovery(); }
  const json::Value* approved_summary() const override { return inner_.approved_summary(); }
  std::string actor() const override { return inner_.actor(); }
  std::string session() const override { return inner_.session(); }
};

class ObservedHandler final : public ObservedHost<pack::HandlerContext> {
 public:
  using ObservedHost::ObservedHost;
  const std::string& delivery_id() const override { return inner_.delivery_id(); }
  int attempt() const override { return inner_.attempt(); }
};

pack::ToolHandler observed_tool(const pack::RegisteredTool& tool, Observed& seen) {
  if (!tool.handler) return {};
  return [tool, &seen](pack::ToolContext& context, const json::Value& input) {
    ++seen.tool_runs[tool.name];
    ObservedTool observed(context, seen, "the tool " + tool.name);
    return tool.handler(observed, input);
  };
}

pack::EventHandler observed_handler(const pack::RegisteredHandler& handler, Observed& seen) {
  if (!handler.handler) return {};
  return [handler, &seen](pack::HandlerContext& context, const pack::Event& event) {
    ++seen.handler_runs[handler.kind];
    ObservedHandler observed(context, seen, "the handler of " + handler.kind);
    Status status = handler.handler(observed, event);
    if (seen.handler_returned) seen.handler_returned();
    return status;
  };
}

// On the strand nothing catches what a rule throws.
pack::InputRule observed_rule(const pack::InputRule& rule, Observed& seen) {
  if (!rule) return {};
  return [rule, &seen](const json::Value& input) -> std::optional<json::Value> {
    try {
      return rule(input);
    } catch (const std::exception& thrown) {
      seen.rule_faults.push_back(thrown.what());
    }
    return std::nullopt;
  };
}

}  // namespace

pack::RegisteredTimer probe_timer(Observed& seen) {
  const auto run = [&seen](pack::HostContext& context) -> Result<std::optional<std::int64_t>> {
    if (const auto probe = std::exchange(seen.probe, nullptr)) probe(context);
    return std::optional<std::int64_t>();
  };
  return {std::string(kProbeTimer), run};
}

void observe(pack::Registration& pack, Observed& seen, pack::Registration& host, std::shared_ptr<Executor> executor) {
  host.status(pack.status());
  host.isolation(pack.isolation());
  if (pack.executor() != nullptr && executor != nullptr) host.runs_on(std::move(executor));
  for (const pack::Intent& intent : pack.intents()) host.intent(intent);
  host.input_rule(observed_rule(pack.input_rule(), seen));
  for (const pack::RegisteredTool& tool : pack.tools()) host.tool(tool.name, tool.traits, observed_tool(tool, seen));
  for (const pack::RegisteredHandler& handler : pack.handlers())
    host.handler(handler.kind, handler.traits, observed_handler(handler, seen), handler.replay_key);
  for (const pack::RegisteredTimer& timer : pack.timers())
    host.timer(timer.name, [timer, &seen](pack::HostContext& context) {
      ObservedHost<pack::HostContext> observed(context, seen, "the timer " + timer.name);
      return timer.handler(observed);
    });
}

}  // namespace lumenflow::conformance
