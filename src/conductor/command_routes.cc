// The workspace's half of commands: GET /v2/commands, asked by cursor, and what came of each.
#include <utility>

#include "conductor/authenticator.h"
#include "conductor/commands.h"
#include "conductor/context.h"
#include "conductor/device_decision.h"
#include "conductor/live_stream.h"
#include "conductor/uplinks.h"
#include "conductor/views.h"

namespace lumenflow::conductor {
namespace {

constexpr std::chrono::milliseconds kWaitMax{60'000};

json::Value item_of(const CommandItem& item) {
  const Result<json::Value> envelope = json::parse(item.text);
  return json::Object{{"position", item.position.value()}, {"event", envelope.ok() ? *envelope : json::Value()}};
}

// A question that waits until something is there, its time is over, or somebody else asks.
class LongPoll final : public CommandWaiter, public std::enable_shared_from_this<LongPoll> {
 public:
  LongPoll(Context& context, ExchangePtr exchange, Position after)
      : context_(context), exchange_(std::move(exchange)), after_(after) {}

  void start(std::chrono::milliseconds wait) {
    if (answer_if_any()) return;
    if (wait.count() == 0) return answer({});
    context_.uplinks->wait(workspace(), shared_from_this());
    context_.after(wait, [weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->answer({});
    });
    watch();
  }
  void look() override { answer_if_any(); }
  void replace(const Error& why) override {
    if (std::exchange(answered_, true)) return;
    refuse(context_, exchange_, why);
  }

 private:
  const std::string& workspace() const { return exchange_->principal.workspace; }
  bool answer_if_any() {
    const auto items = context_.commands->waiting(workspace(), after_);
    if (items.ok() && items->empty()) return false;
    if (items.ok())
      answer(*items);
    else
      replace(items.error());
    return true;
  }
  void answer(const std::vector<CommandItem>& items) {
    if (std::exchange(answered_, true)) return;
    context_.uplinks->done_waiting(workspace(), this);
    json::Array list;
    for (const CommandItem& item : items) list.push_back(item_of(item));
    // It need not be durable before they are: forgotten, they are given out again under another log_id.
    if (!items.empty()) (void)context_.commands->give_out(workspace(), items.back().position);
    const auto log_id = context_.commands->log_id(workspace());
    if (!log_id.ok()) return exchange_->fail(log_id.error());
    exchange_->send_json(json::Object{{"log_id", *log_id}, {"items", std::move(list)}});
  }
  // A token that is revoked waits no longer.
  void watch() {
    context_.after(std::chrono::milliseconds(500), [weak = weak_from_this()] {
      const auto self = weak.lock();
      if (self == nullptr || self->answered_) return;
      const Status holds = self->context_.authenticator->still_holds(self->exchange_->principal);
      if (holds.ok()) return self->watch();
      self->context_.uplinks->done_waiting(self->workspace(), self.get());
      self->replace(holds.error());
    });
  }

  Context& context_;
  const ExchangePtr exchange_;
  const Position after_;
  bool answered_ = false;
};

// The same as a stream that goes on.
class CommandStream final : public CommandWaiter {
 public:
  explicit CommandStream(std::shared_ptr<LiveStream> stream) : stream_(std::move(stream)) {}
  void look() override { stream_->look(); }
  void replace(const Error& why) override { stream_->end_with(why); }

 private:
  const std::shared_ptr<LiveStream> stream_;  // shared with the connection
};

void stream_commands(Context& context, const ExchangePtr& exchange, Position after) {
  const std::string workspace = exchange->principal.workspace;
  const auto read = [&context, workspace](Position at) -> Result<StreamPage> {
    LUMENFLOW_TRY_ASSIGN(const auto items, context.commands->waiting(workspace, at));
    StreamPage page;
    page.last = at;
    for (const CommandItem& item : items) {
      page.items.push_back({item.position, "command", json::serialize(item_of(item))});
      page.last = item.position;
    }
    if (!items.empty()) LUMENFLOW_TRY(context.commands->give_out(workspace, page.last));
    page.more = items.size() >= kCommandsPerFetch;
    return page;
  };
  const auto stream =
      std::make_shared<LiveStream>(context, exchange->principal, exchange->stream(http::sse_head()), after, read);
  context.uplinks->wait(workspace, std::make_shared<CommandStream>(stream));
  stream->start();
}

void fetch_commands(const ExchangePtr& exchange, Context& context) {
  const std::string& workspace = exchange->principal.workspace;
  const auto session = exchange->query_number("session", 0, 0, UINT64_MAX);
  const auto asked = stream_position(*exchange, Position(0));
  const auto wait = parse_duration(exchange->query("wait").value_or("0s"));
  if (!session.ok()) return refuse(context, exchange, session.error());
  if (!asked.ok()) return refuse(context, exchange, asked.error());
  if (!wait.ok() || *wait > kWaitMax)
    return refuse(context, exchange, Error(ErrorCode::kInvalidRequest, "'wait' must be a duration up to 60s"));
  if (const Status live = context.uplinks->check(workspace, *session); !live.ok())
    return refuse(context, exchange, live.error());
  const auto own = context.commands->log_id(workspace);
  if (!own.ok()) return exchange->fail(own.error());
  const auto after = context.commands->resume(workspace, exchange->query("log_id").value_or(*own), *asked);
  if (!after.ok()) return refuse(context, exchange, after.error());
  context.uplinks->of(workspace).seen = context.clock.now();
  context.ledger.when_durable([&context, exchange, after = *after, wait = *wait](const Status& done) {
    if (!done.ok()) return exchange->fail(done.error());
    if (wants_stream(*exchange)) return stream_commands(context, exchange, after);
    std::make_shared<LongPoll>(context, exchange, after)->start(wait);
  });
}

// A decision that this conductor passed on, and that the workspace took: the list of approvals says whose it was. The
// call that decides is done also where it refused to decide.
Status note_decision(Context& context, const std::string& workspace, const json::Value& state) {
  const json::Value* success = state.at_pointer("/result/success");
  if (json::string_or(state, "kind", "") != "conductor:approval_resolved" ||
      json::string_or(state, "state", "") != "done" || state.find("error") != nullptr ||
      (success != nullptr && *success == json::Value(false)))
    return {};
  LUMENFLOW_TRY_ASSIGN(
      const json::Value entry,
      context.ledger.entry_at(Position(static_cast<std::uint64_t>(json::integer_or(state, "position", 0)))));
  const json::Value* decision = entry.at_pointer("/command/payload");
  return decision == nullptr ? Status() : context.views->decided(workspace, *decision);
}

// One report, into this turn's batch; a device's own token is taken out of it. The session is no condition: what was
// carried out is told by whoever knows it.
Result<DeviceReport> take_report(Context& context, const std::string& workspace, const std::string& id,
                                 json::Value& report) {
  const auto asked = context.commands->show(workspace, id, Position(0));
  const bool of_device = asked.ok() && json::string_or(*asked, "kind", "") == "conductor:device_requested";
  const std::string token = of_device ? take_workspace_token(report) : std::string();
  LUMENFLOW_TRY_ASSIGN(json::Value state, context.commands->report(workspace, id, report));
  LUMENFLOW_TRY(note_decision(context, workspace, state));
  return DeviceReport{workspace, std::move(state), token};
}

json::Object state_of(const DeviceReport& report) {
  return {{"command_id", json::string_or(report.command, "command_id", "")},
          {"state", json::string_or(report.command, "state", "")}};
}

void report_result(const ExchangePtr& exchange, Context& context) {
  auto body = body_of(context, exchange);
  if (!body) return;
  const std::string workspace = exchange->principal.workspace, id(exchange->path("command_id"));
  const auto report = take_report(context, workspace, id, *body);
  if (!report.ok()) return refuse(context, exchange, report.error());
  context.ledger.when_durable([&context, exchange, report = *report](const Status& durable) {
    if (!durable.ok()) return exchange->fail(durable.error());
    // Before the answer: the workspace says it again until it has one, and then no more.
    decide_device(context, report, [exchange, answer = state_of(report)](const Status& decided) {
      if (!decided.ok()) return exchange->fail(decided.error());
      exchange->send_json(json::Value(answer));
    });
  });
}

// What is wrong with one report, and not with the conductor.
bool is_verdict(ErrorCode code) {
  return code == ErrorCode::kNotFound || code == ErrorCode::kConflict || code == ErrorCode::kInvalidRequest;
}

struct Reports {
  std::vector<DeviceReport> taken;
  json::Array rejected;
  std::size_t decided = 0;  // of those that were taken
};

// One device after the other; then the answer.
void decide_and_answer(Context& context, const ExchangePtr& exchange, const std::shared_ptr<Reports>& reports) {
  if (reports->decided < reports->taken.size()) {
    const DeviceReport& report = reports->taken[reports->decided++];
    return decide_device(context, report, [&context, exchange, reports](const Status& decided) {
      if (!decided.ok()) return exchange->fail(decided.error());
      decide_and_answer(context, exchange, reports);
    });
  }
  json::Array reported;
  for (const DeviceReport& report : reports->taken) reported.push_back(state_of(report));
  exchange->send_json(json::Object{{"reported", std::move(reported)}, {"rejected", std::move(reports->rejected)}});
}

void report_results(const ExchangePtr& exchange, Context& context) {
  auto body = body_of(context, exchange);
  if (!body) return;
  const std::string workspace = exchange->principal.workspace;
  json::Value* list = body->as_object().find("reports");
  const bool is_list = list != nullptr && list->is_array() && !list->as_array().empty();
  if (!is_list || list->as_array().size() > kCommandsPerFetch)
    return refuse(
        context, exchange,
        Error(ErrorCode::kInvalidRequest, "'reports' must be a list of 1 to " + std::to_string(kCommandsPerFetch) +
                                              " of {command_id, state, receipt_id?, result?, error?}"));
  const auto reports = std::make_shared<Reports>();  // shared by what waits for the disk and for records
  for (json::Value& item : list->as_array()) {
    const std::string id(item.is_object() ? json::string_or(item, "command_id", "") : std::string_view());
    auto taken = take_report(context, workspace, id, item);
    if (taken.ok()) {
      reports->taken.push_back(*std::move(taken));
      continue;
    }
    const Error& why = taken.error();
    if (!is_verdict(why.code())) return exchange->fail(why);  // the Log's: nothing of this turn is kept
    note_refusal(context, *exchange, why);
    reports->rejected.push_back(
        json::Object{{"command_id", id}, {"code", name(why.code())}, {"message", std::string(why.message())}});
  }
  context.ledger.when_durable([&context, exchange, reports](const Status& durable) {
    if (!durable.ok()) return exchange->fail(durable.error());
    decide_and_answer(context, exchange, reports);
  });
}

}  // namespace

void add_command_routes(Routes& routes, Context& context) {
  routes.add({.pattern = "/v2/commands",
              .id = "fetch_commands",
              .summary = "What waits for the workspace; as JSON, waiting up to `wait`, or as server-sent events",
              .answers = {{200, "CommandBatch"}},
              .stream_item = "CommandItem",
              .who = kWorkspaces,
              .parameters = {{"session", "integer", "the lease, as hello gave it"},
                             {"after", "integer", "everything up to this position is durable in the workspace"},
                             {"log_id", "string", "of the Log that the position is of"},
                             {"wait", "string", "a duration, 60s at most; default: none"},
                             {"Last-Event-ID", "string", "goes before `after`", true}}},
             [&context](const ExchangePtr& exchange) { fetch_commands(exchange, context); });
  routes.add({.method = http::Method::kPost,
              .pattern = "/v2/commands/{command_id}/result",
              .id = "report_result",
              .summary = "What came of a command; saying it again is fine",
              .request = "CommandReport",
              .answers = {{200, "ReportedCommand"}},
              .who = kWorkspaces},
             [&context](const ExchangePtr& exchange) { report_result(exchange, context); });
  routes.add({.method = http::Method::kPost,
              .pattern = "/v2/commands/results",
              .id = "report_results",
              .summary = "What came of many commands, a verdict for each; saying it again is fine",
              .request = "CommandReports",
              .answers = {{200, "ReportedCommands"}},
              .who = kWorkspaces},
             [&context](const ExchangePtr& exchange) { report_results(exchange, context); });
}

}  // namespace lumenflow::conductor
