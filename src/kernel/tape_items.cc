// The ingress queue on tape: each item as it enters the strand, and back.
#include <algorithm>
#include <utility>

#include "base/encoding.h"
#include "kernel/kernel.h"
#include "kernel/secret_keeper.h"

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

std::string shown_choice(const std::string& text, const std::string& key) {
  auto masked = input_without_secrets(text, key);
  return masked ? *std::move(masked) : text;
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

bool brings_a_reload(const Ingress& item) {
  const auto* returned = std::get_if<ToolReturned>(&item);
  return returned != nullptr && returned->prepared.has_value();
}

}  // namespace

// --- recording ---

void Kernel::tape_items(std::vector<Entering>& batch) {
  if (std::ranges::any_of(batch, [](const Entering& entering) { return brings_a_reload(entering.item); }))
    return stop_recording("the configuration or the packs were loaded anew; record again from here on");
  std::erase_if(batch, [this](const Entering& entering) { return task_of(entering.item) < first_task_; });
  tape_.fact(FactKind::kStep).number(batch.size());
  for (Entering& entering : batch) {
    if (entering.own != 0)
      tape_.fact(FactKind::kOwnItem).number(entering.own);
    else
      tape_item(entering.item);
  }
}

void Kernel::tape_call(const CallArrived& arrived) {
  FactWriter& out = tape_.fact(FactKind::kCall);
  const Call& call = arrived.call;
  const Credential& who = *call.credential;
  out.text(shown_choice(call.tool, options_.redaction_key));
  out.text(who.subject.str());
  out.text(who.on_behalf_of);
  out.number(who.scopes.size());
  for (const std::string& scope : who.scopes) out.text(scope);
  out.text(who.token_id);
  who.expires_at ? out.difference(who.expires_at->ms) : out.none();
  out.flag(who.operator_key);
  out.number(static_cast<std::uint64_t>(call.surface));
  out.text(shown_choice(call.idempotency_key, options_.redaction_key));
  out.text(call.traceparent);
  out.number(call.command.value());
  call.outer == nullptr ? out.none() : out.text(call.outer->receipt.str());
  out.text(call.session);
  out.text(call.turn);
  out.flag(call.goes_on);
}

void Kernel::tape_item(Ingress& item) {
  std::visit(Overloaded{
                 [&](const CallArrived& arrived) { tape_call(arrived); },
                 [&](const ToolReturned& returned) {
                   FactWriter& out = tape_.fact(FactKind::kToolReturned);
                   out.number(returned.task);
                   tape_tool(*returned.call, returned.context->state(), returned.result, returned.context->isolation(),
                             out);
                 },
                 [&](const CancelAsked& asked) {
                   FactWriter& out = tape_.fact(FactKind::kCancel);
                   out.text(asked.receipt.str());
                   out.text(asked.by.str());
                   out.flag(static_cast<bool>(asked.done));
                 },
                 [&](const DrainAsked&) { tape_.fact(FactKind::kDrain); },
                 [&](const BatchEnded& ended) {
                   FactWriter& out = tape_.fact(FactKind::kBatchEnded);
                   out.number(ended.number);
                   write_status(out, ended.status);
                 },
                 [&](const Transaction& transaction) {
                   FactWriter& out = tape_.fact(FactKind::kTransaction);
                   out.number(transaction.state->task);
                   out.flag(transaction.emitted != nullptr);
                 },
                 [&](const TimerReturned& returned) {
                   FactWriter& out = tape_.fact(FactKind::kTimerReturned);
                   out.number(returned.task);
                   tape_wishes(returned.context->state(), out);
                   write_shown(out, returned.next_ms.ok() ? Status() : Status(returned.next_ms.error()));
                   if (!returned.next_ms.ok()) return;
                   *returned.next_ms ? out.difference(**returned.next_ms) : out.none();
                 },
                 [&](const EventsRead& read) {
                   FactWriter& out = tape_.fact(FactKind::kEventsRead);
                   out.number(read.task);
                   write_status(out, read.read.read_to.ok() ? Status() : Status(read.read.read_to.error()));
                   if (!read.read.read_to.ok()) return;
                   out.number(read.read.read_to->value());
                   out.number(read.read.found.size());
                   for (const DeliveryPtr& delivery : read.read.found) write_event(out, *delivery);
                 },
                 [&](const ReplayKeyMade& made) {
                   FactWriter& out = tape_.fact(FactKind::kReplayKeyMade);
                   out.number(made.task);
                   write_shown(out, made.key.ok() ? Status() : Status(made.key.error()));
                   if (made.key.ok()) out.text(*made.key);
                 },
                 [&](const HandlerReturned& returned) {
                   FactWriter& out = tape_.fact(FactKind::kHandlerReturned);
                   out.number(returned.task);
                   tape_state(returned.context->state(), out);
                   write_shown(out, returned.status);
                 },
                 [&](const OutboxChange&) { tape_.fact(FactKind::kOutboxChange); },
                 [&](const JournalChange&) { tape_.fact(FactKind::kJournalChange); },
                 [&](const EventsReceived& received) {
                   FactWriter& out = tape_.fact(FactKind::kEventsReceived);
                   out.text(received.batch.log_id);
                   out.number(received.batch.items.size());
                   for (const journal::InboundItem& each : received.batch.items) {
                     out.number(each.position);
                     out.text(each.text);
                   }
                 },
                 [&](const CommandsDue&) { tape_.fact(FactKind::kCommandsDue); },
             },
             item);
}

// --- replaying ---

std::vector<Entering> Kernel::replayed_items() {
  FactReader& in = tape_.expect(FactKind::kStep);
  const std::uint64_t count = in.number();
  tape_.check();
  if (count > kItemsMax) tape_.differs("a step has more items than there can be");
  std::vector<Entering> batch;
  for (std::uint64_t i = 0; i < count; ++i) batch.push_back({replayed_item(), 0});
  return batch;
}

void Kernel::replay_configuration() {
  const Tape::OnStrand strand(tape_);
  const std::string hash(tape_.expect(FactKind::kConfiguration).text());
  tape_.check();
  configuration_on_disk(hash);
}

PostedTask& Kernel::replayed_task(std::uint64_t number) {
  const auto found = replayed_tasks_.find(number);
  if (found == replayed_tasks_.end()) tape_.differs("something comes back that the kernel has not asked for");
  return found->second;
}

// Its own code, up to where it would call a pack: what came of that is what the tape has next.
Ingress Kernel::run_replayed(std::uint64_t number) {
  tape_.check();
  const PostedTask task = std::move(replayed_task(number));
  replayed_tasks_.erase(number);
  {
    const Tape::Aside off_the_strand;
    task.run();
  }
  tape_.check();
  if (!replayed_return_) tape_.differs("what was handed out brings nothing back");
  return *std::exchange(replayed_return_, std::nullopt);
}

Ingress Kernel::replayed_call() {
  FactReader& in = tape_.expect(FactKind::kCall);
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
  tape_.check();
  if (surface > static_cast<std::uint64_t>(Surface::kPack)) tape_.differs("a call comes in where none can");
  call.surface = static_cast<Surface>(surface);
  call.credential = std::move(who);
  if (outer) call.outer = scope_within(ReceiptId(*outer), running_.find(ReceiptId(*outer)));
  return arrived;
}

Ingress Kernel::replayed_item() {
  if (tape_.comes(FactKind::kCall)) return replayed_call();
  for (const FactKind kind : {FactKind::kToolReturned, FactKind::kTimerReturned, FactKind::kEventsRead,
                              FactKind::kReplayKeyMade, FactKind::kHandlerReturned})
    if (tape_.comes(kind)) return run_replayed(tape_.expect(kind).number());
  if (tape_.comes(FactKind::kOwnItem)) {
    const std::uint64_t number = tape_.expect(FactKind::kOwnItem).number();
    tape_.check();
    const auto found = replayed_own_.find(number);
    if (found == replayed_own_.end()) tape_.differs("the kernel has not asked itself for what it had asked for");
    Ingress item = std::move(found->second);
    replayed_own_.erase(found);
    return item;
  }
  if (tape_.comes(FactKind::kTransaction)) {
    FactReader& in = tape_.expect(FactKind::kTransaction);
    const std::uint64_t number = in.number();
    const bool emits = in.flag();
    tape_.check();
    const PostedTask& task = replayed_task(number);
    return Transaction{task.state, task.call, nullptr, emits ? &replayed_emitted_ : nullptr,
                       std::make_shared<std::promise<Status>>()};
  }
  const auto nothing = [](const Status&) {};
  if (tape_.comes(FactKind::kCancel)) {
    FactReader& in = tape_.expect(FactKind::kCancel);
    CancelAsked asked;
    asked.receipt = ReceiptId(std::string(in.text()));
    asked.by = Subject(std::string(in.text()));
    if (in.flag()) asked.done = nothing;
    tape_.check();
    return asked;
  }
  if (tape_.comes(FactKind::kDrain)) return tape_.expect(FactKind::kDrain), DrainAsked{[] {}};
  if (tape_.comes(FactKind::kOutboxChange))
    return tape_.expect(FactKind::kOutboxChange), OutboxChange{nullptr, nothing};
  if (tape_.comes(FactKind::kJournalChange))
    return tape_.expect(FactKind::kJournalChange), JournalChange{nullptr, nothing};
  if (tape_.comes(FactKind::kCommandsDue)) return tape_.expect(FactKind::kCommandsDue), CommandsDue{};
  if (tape_.comes(FactKind::kEventsReceived)) {
    FactReader& in = tape_.expect(FactKind::kEventsReceived);
    EventsReceived received;
    received.batch.log_id = in.text();
    const std::uint64_t count = in.number();
    for (std::uint64_t i = 0; i < count && !in.failed(); ++i) {
      const std::uint64_t position = in.number();
      received.batch.items.push_back({position, std::string(in.text())});
    }
    received.done = nothing;
    tape_.check();
    return received;
  }
  FactReader& in = tape_.expect(FactKind::kBatchEnded);
  BatchEnded ended{in.number(), {}};
  ended.status = read_status(in);
  tape_.check();
  return ended;
}

Result<std::optional<std::int64_t>> Kernel::replayed_timer(HostState& state) {
  FactReader& in = tape_.values();
  replayed_wishes(state);
  if (Status status = read_status(in); !status.ok()) return std::move(status).error();
  if (in.take_none()) return std::optional<std::int64_t>();
  return std::optional(in.difference());
}

void Kernel::replayed_events(EventRead& read) {
  FactReader& in = tape_.values();
  if (Status status = read_status(in); !status.ok()) {
    read.read_to = std::move(status).error();
    return;
  }
  read.read_to = Position(in.number());
  const std::uint64_t count = in.number();
  for (std::uint64_t i = 0; i < count && !in.failed(); ++i) read.found.push_back(read_event(in));
}

Result<std::string> Kernel::replayed_key() {
  FactReader& in = tape_.values();
  if (Status status = read_status(in); !status.ok()) return std::move(status).error();
  return std::string(in.text());
}

}  // namespace lumenflow::kernel
