// The ingress queue on tape: each item as it enters the strand, and back.
#include <algorithm>
#include <utility>

#include "base/encoding.h"
#include "kernel/kernel.h"
#include "kernel/secret_keeper.h"
#include "kernel/taped_strand.h"

namespace lumenflow::kernel {
namespace {

using bus::FactKind;
using bus::FactReader;
using bus::FactWriter;

template <class... Ts>
struct Overloaded : Ts... {
  using Ts::operator()...;
};
template <class... Ts>
Overloaded(Ts...) -> Overloaded<Ts...>;

constexpr std::uint64_t kItemsMax = 1'000'000;  // of one step

void write_event(FactWriter& out, const Delivery& delivery) {
  const pack::Event& event = delivery.event;
  out.number(delivery.at.value());
  for (const std::string_view text :
       {std::string_view(event.kind), std::string_view(event.event_id), std::string_view(event.timestamp),
        std::string_view(event.from), std::string_view(event.stream), std::string_view(delivery.traceparent)})
    out.text(text);
  out.number(event.seq);
  out.number(delivery.bytes);
  out.text(json::serialize(event.payload));
}

DeliveryPtr read_event(FactReader& in) {
  auto delivery = std::make_shared<Delivery>();  // shared: see DeliveryPtr
  delivery->at = Position(in.number());
  pack::Event& event = delivery->event;
  event.kind = in.text();
  event.event_id = in.text();
  event.timestamp = in.text();
  event.from = in.text();
  event.stream = in.text();
  delivery->traceparent = in.text();
  event.seq = in.number();
  delivery->bytes = in.number();
  if (Result<json::Value> payload = json::parse(in.text(), {.depth_max = 256}); payload.ok())
    event.payload = *std::move(payload);
  return delivery;
}

// Its text without what looks like a credential: nobody needs it to say the same again.
std::string shown(const std::string& message) {
  auto masked = failure_without_secrets(message);
  return masked ? *std::move(masked) : message;
}

void write_shown(FactWriter& out, const Status& status) {
  write_status(out, status.ok() ? Status() : Status(Error(status.error().code(), shown(status.error().message()))));
}

// Of an executor's task that was handed out before the recording began: nothing waits for it.
std::uint64_t task_of(const Ingress& item) {
  return std::visit(
      []<class Item>(const Item& each) -> std::uint64_t {
        if constexpr (requires { each.task; })
          return each.task;
        else if constexpr (requires { each.state->task; })
          return each.state->task;
        else
          return UINT64_MAX;
      },
      item);
}

// What could not be prepared is an answer like others.
bool brings_a_reload(Ingress& item) {
  auto* returned = std::get_if<ToolReturned>(&item);
  if (returned == nullptr || !returned->prepared) return false;
  if (returned->prepared->ok()) return true;
  returned->result = refused_preparation(returned->prepared->error());
  returned->prepared.reset();
  return false;
}

}  // namespace

// --- recording ---

void TapedStrand::write_items(std::vector<Entering>& batch) {
  if (std::ranges::any_of(batch, [](Entering& entering) { return brings_a_reload(entering.item); })) {
    const std::uint64_t next = kernel_.in_flight_.empty() ? kernel_.next_batch_ : kernel_.in_flight_.front().number;
    stop("the configuration or the packs were loaded anew: what follows is a recording of its own",
         {"after tick " + std::to_string(next - 1) +
          ": the reload, and the ends of calls that were under way when it came"});
    if (const auto reloaded = std::exchange(reloaded_, {})) reloaded();
    if (waits()) batch = hold_back(std::move(batch));  // what came with it belongs to the next file
    return;
  }
  std::erase_if(batch, [this](const Entering& entering) { return task_of(entering.item) < first_task_; });
  kernel_.tape_.fact(FactKind::kStep).number(batch.size());
  for (Entering& entering : batch) {
    if (entering.own != 0)
      kernel_.tape_.fact(FactKind::kOwnItem).number(entering.own);
    else
      write_item(entering.item);
  }
}

// A name that somebody made up may hold anything; those of tools do not.
void TapedStrand::write_call(const CallArrived& arrived) {
  FactWriter& out = kernel_.tape_.fact(FactKind::kCall);
  const Call& call = arrived.call;
  const Credential& who = *call.credential;
  const bool known = kernel_.options_.registry->find(call.tool) != nullptr || kernel_.kernel_tools_.contains(call.tool);
  const auto write_choice = [&](const std::string& chosen) {
    out.text(choice_without_secrets(chosen, kernel_.options_.redaction_key));
  };
  known ? out.text(call.tool) : write_choice(call.tool);
  out.text(who.subject.str());
  out.text(who.on_behalf_of);
  out.number(who.scopes.size());
  for (const std::string& scope : who.scopes) out.text(scope);
  out.text(who.token_id);
  who.expires_at ? out.difference(who.expires_at->ms) : out.none();
  out.flag(who.operator_key);
  out.number(static_cast<std::uint64_t>(call.surface));
  call.idempotency_key.empty() ? out.text({}) : write_choice(call.idempotency_key);
  out.text(call.traceparent);
  out.number(call.command.value());
  call.outer == nullptr ? out.none() : out.text(call.outer->receipt.str());
  out.text(call.session);
  out.text(call.turn);
  out.flag(call.goes_on);
}

void TapedStrand::write_item(Ingress& item) {
  std::visit(Overloaded{
                 [&](const CallArrived& arrived) { write_call(arrived); },
                 [&](const ToolReturned& returned) {
                   FactWriter& out = kernel_.tape_.fact(FactKind::kToolReturned);
                   out.number(returned.task);
                   write_tool(*returned.call, returned.context->state(), returned.result, returned.context->isolation(),
                              out);
                 },
                 [&](const CancelAsked& asked) {
                   FactWriter& out = kernel_.tape_.fact(FactKind::kCancel);
                   out.text(asked.receipt.str());
                   out.text(asked.by.str());
                   out.flag(static_cast<bool>(asked.done));
                 },
                 [&](const DrainAsked&) { kernel_.tape_.fact(FactKind::kDrain); },
                 [&](const BatchEnded& ended) {
                   FactWriter& out = kernel_.tape_.fact(FactKind::kBatchEnded);
                   out.number(ended.number);
                   write_status(out, ended.status);
                 },
                 [&](const Transaction& transaction) {
                   FactWriter& out = kernel_.tape_.fact(FactKind::kTransaction);
                   out.number(transaction.state->task);
                   out.flag(transaction.emitted != nullptr);
                 },
                 [&](const TimerReturned& returned) {
                   FactWriter& out = kernel_.tape_.fact(FactKind::kTimerReturned);
                   out.number(returned.task);
                   write_wishes(returned.context->state(), out);
                   write_shown(out, returned.next_ms.ok() ? Status() : Status(returned.next_ms.error()));
                   if (returned.next_ms.ok()) *returned.next_ms ? out.difference(**returned.next_ms) : out.none();
                 },
                 [&](const EventsRead& read) {
                   FactWriter& out = kernel_.tape_.fact(FactKind::kEventsRead);
                   out.number(read.task);
                   write_status(out, read.read.read_to.ok() ? Status() : Status(read.read.read_to.error()));
                   if (!read.read.read_to.ok()) return;
                   out.number(read.read.read_to->value());
                   out.number(read.read.found.size());
                   for (const DeliveryPtr& delivery : read.read.found) write_event(out, *delivery);
                 },
                 [&](const ReplayKeyMade& made) {
                   FactWriter& out = kernel_.tape_.fact(FactKind::kReplayKeyMade);
                   out.number(made.task);
                   write_shown(out, made.key.ok() ? Status() : Status(made.key.error()));
                   if (made.key.ok()) out.text(*made.key);
                 },
                 [&](const HandlerReturned& returned) {
                   FactWriter& out = kernel_.tape_.fact(FactKind::kHandlerReturned);
                   out.number(returned.task);
                   write_state(returned.context->state(), out);
                   write_shown(out, returned.status);
                 },
                 [&](const OutboxChange&) { kernel_.tape_.fact(FactKind::kOutboxChange); },
                 [&](const JournalChange&) { kernel_.tape_.fact(FactKind::kJournalChange); },
                 [&](const EventsReceived& received) {
                   FactWriter& out = kernel_.tape_.fact(FactKind::kEventsReceived);
                   out.text(received.batch.log_id);
                   out.number(received.batch.items.size());
                   for (const journal::InboundItem& each : received.batch.items) {
                     out.number(each.position);
                     out.text(each.text);
                   }
                 },
                 [&](const CommandsDue&) { kernel_.tape_.fact(FactKind::kCommandsDue); },
                 [&](const Summarised&) {},  // the strand's own
             },
             item);
}

// --- replaying ---

std::vector<Entering> TapedStrand::replayed_items() {
  FactReader& in = kernel_.tape_.expect(FactKind::kStep);
  const std::uint64_t count = in.number();
  kernel_.tape_.check();
  if (count > kItemsMax) kernel_.tape_.differs("a step has more items than there can be");
  std::vector<Entering> batch;
  for (std::uint64_t i = 0; i < count; ++i) batch.push_back({replayed_item(), 0});
  return batch;
}

void TapedStrand::replay_configuration() {
  const Tape::OnStrand strand(kernel_.tape_);
  const std::string hash(kernel_.tape_.expect(FactKind::kConfiguration).text());
  kernel_.tape_.check();
  kernel_.configuration_on_disk(hash);
}

PostedTask& TapedStrand::replayed_task(std::uint64_t number) {
  const auto found = tasks_.find(number);
  if (found == tasks_.end()) kernel_.tape_.differs("something comes back that the kernel has not asked for");
  return found->second;
}

// Its own code, up to where it would call a pack: what came of that is what the tape has next.
Ingress TapedStrand::run_replayed(std::uint64_t number) {
  kernel_.tape_.check();
  const PostedTask task = std::move(replayed_task(number));
  tasks_.erase(number);
  {
    const Tape::Aside off_the_strand;
    task.run();
  }
  kernel_.tape_.check();
  if (!return_) kernel_.tape_.differs("what was handed out brings nothing back");
  return *std::exchange(return_, std::nullopt);
}

Ingress TapedStrand::replayed_call() {
  FactReader& in = kernel_.tape_.expect(FactKind::kCall);
  CallArrived arrived;
  Call& call = arrived.call;
  auto who = std::make_shared<Credential>();  // shared: see Call::credential
  call.tool = in.text();
  who->subject = Subject(std::string(in.text()));
  who->on_behalf_of = in.text();
  const std::uint64_t scopes = in.number();
  for (std::uint64_t i = 0; i < scopes && !in.failed(); ++i) who->scopes.emplace_back(in.text());
  who->token_id = in.text();
  if (!in.take_none()) who->expires_at = Timestamp{in.difference()};
  who->operator_key = in.flag();
  const std::uint64_t surface = in.number();
  call.idempotency_key = in.text();
  call.traceparent = in.text();
  call.command = Position(in.number());
  const std::optional<std::string> outer = in.optional_text();
  call.session = in.text();
  call.turn = in.text();
  call.goes_on = in.flag();
  kernel_.tape_.check();
  if (surface > static_cast<std::uint64_t>(Surface::kPack)) kernel_.tape_.differs("a call comes in where none can");
  call.surface = static_cast<Surface>(surface);
  call.credential = std::move(who);
  if (outer) call.outer = kernel_.scope_within(ReceiptId(*outer), kernel_.running_.find(ReceiptId(*outer)));
  return arrived;
}

Ingress TapedStrand::replayed_item() {
  if (kernel_.tape_.comes(FactKind::kCall)) return replayed_call();
  for (const FactKind kind : {FactKind::kToolReturned, FactKind::kTimerReturned, FactKind::kEventsRead,
                              FactKind::kReplayKeyMade, FactKind::kHandlerReturned})
    if (kernel_.tape_.comes(kind)) return run_replayed(kernel_.tape_.expect(kind).number());
  if (kernel_.tape_.comes(FactKind::kOwnItem)) {
    const std::uint64_t number = kernel_.tape_.expect(FactKind::kOwnItem).number();
    kernel_.tape_.check();
    const auto found = own_.find(number);
    if (found == own_.end()) kernel_.tape_.differs("the kernel has not asked itself for what it had asked for");
    Ingress item = std::move(found->second);
    own_.erase(found);
    return item;
  }
  if (kernel_.tape_.comes(FactKind::kTransaction)) {
    FactReader& in = kernel_.tape_.expect(FactKind::kTransaction);
    const std::uint64_t number = in.number();
    const bool emits = in.flag();
    kernel_.tape_.check();
    const PostedTask& task = replayed_task(number);
    return Transaction{task.state, task.call, nullptr, emits ? &emitted_ : nullptr,
                       std::make_shared<std::promise<Status>>()};
  }
  const auto nothing = [](const Status&) {};
  if (kernel_.tape_.comes(FactKind::kCancel)) {
    FactReader& in = kernel_.tape_.expect(FactKind::kCancel);
    CancelAsked asked;
    asked.receipt = ReceiptId(std::string(in.text()));
    asked.by = Subject(std::string(in.text()));
    if (in.flag()) asked.done = nothing;
    kernel_.tape_.check();
    return asked;
  }
  if (kernel_.tape_.comes(FactKind::kDrain)) return kernel_.tape_.expect(FactKind::kDrain), DrainAsked{[] {}};
  if (kernel_.tape_.comes(FactKind::kOutboxChange))
    return kernel_.tape_.expect(FactKind::kOutboxChange), OutboxChange{nullptr, nothing};
  if (kernel_.tape_.comes(FactKind::kJournalChange))
    return kernel_.tape_.expect(FactKind::kJournalChange), JournalChange{nullptr, nothing};
  if (kernel_.tape_.comes(FactKind::kCommandsDue)) return kernel_.tape_.expect(FactKind::kCommandsDue), CommandsDue{};
  if (kernel_.tape_.comes(FactKind::kEventsReceived)) {
    FactReader& in = kernel_.tape_.expect(FactKind::kEventsReceived);
    EventsReceived received;
    received.batch.log_id = in.text();
    const std::uint64_t count = in.number();
    for (std::uint64_t i = 0; i < count && !in.failed(); ++i) {
      const std::uint64_t position = in.number();
      received.batch.items.push_back({position, std::string(in.text())});
    }
    received.done = nothing;
    kernel_.tape_.check();
    return received;
  }
  FactReader& in = kernel_.tape_.expect(FactKind::kBatchEnded);
  BatchEnded ended{in.number(), {}};
  ended.status = read_status(in);
  kernel_.tape_.check();
  return ended;
}

Result<std::optional<std::int64_t>> TapedStrand::replayed_timer(HostState& state) {
  FactReader& in = kernel_.tape_.values();
  replayed_wishes(state);
  if (Status status = read_status(in); !status.ok()) return std::move(status).error();
  if (in.take_none()) return std::optional<std::int64_t>();
  return std::optional(in.difference());
}

void TapedStrand::replayed_events(EventRead& read) {
  FactReader& in = kernel_.tape_.values();
  if (Status status = read_status(in); !status.ok()) {
    read.read_to = std::move(status).error();
    return;
  }
  read.read_to = Position(in.number());
  const std::uint64_t count = in.number();
  for (std::uint64_t i = 0; i < count && !in.failed(); ++i) read.found.push_back(read_event(in));
}

Result<std::string> TapedStrand::replayed_key() {
  FactReader& in = kernel_.tape_.values();
  if (Status status = read_status(in); !status.ok()) return std::move(status).error();
  return std::string(in.text());
}

}  // namespace lumenflow::kernel
