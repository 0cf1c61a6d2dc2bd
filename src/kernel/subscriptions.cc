#include "kernel/subscriptions.h"

#include <algorithm>
#include <utility>

#include "journal/inbound.h"
#include "journal/tables.h"
#include "log/cursor.h"

namespace lumenflow::kernel {
namespace {

constexpr std::size_t kQueueEventsMax = 256;
constexpr std::size_t kQueueBytesMax = 4u << 20;

}  // namespace

std::string handler_cursor(std::string_view pack_id) { return "handler/" + std::string(pack_id); }

std::string handler_cursor(std::string_view pack_id, std::string_view stream) {
  return handler_cursor(pack_id).append("/").append(stream);
}

std::string Delivery::id() const { return "dlv-" + pack_id + "-" + std::to_string(at.value()); }

bool Subscriptions::Queue::full() const { return waiting.size() >= kQueueEventsMax || bytes >= kQueueBytesMax; }

bool Subscriptions::Queue::due(std::chrono::nanoseconds now) const {
  return running == nullptr && (!redriven.empty() || (!waiting.empty() && not_before <= now));
}

std::string automation_reader(std::string_view pack_id, std::string_view automation_id) {
  return std::string("automation:").append(pack_id).append(1, ':').append(automation_id);
}

std::string watch_reader(std::string_view pack_id) { return std::string("watch:").append(pack_id); }

Subscriptions::Subscriptions(std::shared_ptr<const pack::Registry> registry, Automations automations)
    : registry_(std::move(registry)), automations_(std::move(automations)), packs_(bind()) {}

std::map<std::string, Subscriptions::Pack, std::less<>> Subscriptions::bind() const {
  std::map<std::string, Pack, std::less<>> packs;
  const auto add = [&packs](std::string id, const pack::LoadedPack* loaded) -> Pack& {
    Pack& pack = packs[std::move(id)];
    pack.pack = loaded;
    return pack;
  };
  const auto automate = [&add](const pack::LoadedPack* loaded, const pack::Automation& automation) {
    const std::string_view owner = loaded == nullptr ? std::string_view() : loaded->manifest.id;
    Pack& pack = add(automation_reader(owner, automation.id), loaded);
    pack.automation = &automation;
    pack.handlers.emplace(automation.on, nullptr);
  };
  for (const auto& loaded : registry_->packs()) {
    if (!loaded->handlers.empty()) {
      Pack& pack = add(loaded->manifest.id, loaded.get());
      for (const pack::RegisteredHandler& handler : loaded->handlers) pack.handlers.emplace(handler.kind, &handler);
    }
    for (const pack::Automation& automation : loaded->automations)
      if (!automation.on_bus) automate(loaded.get(), automation);
    if (const auto watched = watched_.find(loaded->manifest.id); watched != watched_.end()) {
      Pack& pack = add(watch_reader(loaded->manifest.id), loaded.get());
      for (const pack::RegisteredHandler& handler : watched->second) pack.handlers.emplace(handler.kind, &handler);
    }
  }
  if (automations_ != nullptr)
    for (const pack::Automation& automation : *automations_) automate(nullptr, automation);
  return packs;
}

Status Subscriptions::rebind(std::shared_ptr<const pack::Registry> registry, Automations automations, log::Log& log) {
  const auto kind = [](const auto& each) -> const std::string& { return each.first; };
  registry_ = std::move(registry);
  automations_ = std::move(automations);
  std::map<std::string, Pack, std::less<>> before = std::exchange(packs_, bind());
  Status status;
  for (auto& [id, pack] : packs_) {
    const auto found = before.find(id);
    if (found != before.end() && std::ranges::equal(found->second.handlers, pack.handlers, {}, kind, kind)) {
      found->second.handlers = std::move(pack.handlers);
      found->second.pack = pack.pack;
      found->second.automation = pack.automation;
      pack = std::move(found->second);
      continue;
    }
    if (found != before.end()) pack.queues = std::move(found->second.queues);
    if (Status at_cursors = load(id, pack, log); status.ok()) status = std::move(at_cursors);
  }
  return status;  // on a fault everything is loaded again
}

Status Subscriptions::watch(const std::string& pack_id, std::vector<pack::Trigger> triggers, log::Log& log) {
  std::vector<pack::RegisteredHandler> handlers;
  for (pack::Trigger& trigger : triggers)
    handlers.push_back({.kind = std::move(trigger.kind),
                        .traits = {.idempotent = true, .store_only = true, .bounded = true},
                        .handler = std::move(trigger.handler),
                        .replay_key = {}});
  if (handlers.empty())
    watched_.erase(pack_id);
  else
    watched_[pack_id] = std::move(handlers);
  return rebind(registry_, automations_, log);
}

Status Subscriptions::load(log::Log& log) {
  durable_ = Position(log.head().size);
  for (auto& [id, pack] : packs_) LUMENFLOW_TRY(load(id, pack, log));
  return {};
}

Status Subscriptions::load(const std::string& id, Pack& pack, log::Log& log) {
  log::Cursor cursor(log, handler_cursor(id));
  LUMENFLOW_TRY_ASSIGN(std::optional<Position> base, cursor.stored());
  if (!base) {  // the first time: from now on
    base = Position(log.next_position().value() - 1);
    LUMENFLOW_TRY(cursor.create(*base));
  }
  pack.generation = ++generation_;
  pack.base = pack.read_to = pack.high = *base;
  pack.wanted_until = std::max(durable_, Position(log.next_position().value() - 1));
  pack.interested = pack.reading = false;

  std::map<std::string, Queue, std::less<>> before = std::exchange(pack.queues, {});
  for (auto& [stream, queue] : before)
    if (queue.running != nullptr) pack.queues[stream].running = std::move(queue.running);
  const std::string prefix = handler_cursor(id, "");
  LUMENFLOW_TRY_ASSIGN(const auto attempts, log.tables().scan(journal::kAttemptsTable, prefix, "", SIZE_MAX));
  for (const log::KeyValue& row : attempts) {
    const auto value = journal::decode_attempts(row.value);
    if (!value) return Error(ErrorCode::kJournalDamaged, "the attempts of " + row.key + " are malformed");
    Queue& queue = pack.queues[row.key.substr(prefix.size())];
    queue.first = value->at;
    queue.attempts_of_first = static_cast<int>(value->attempts);
  }
  LUMENFLOW_TRY_ASSIGN(const auto streams, log.tables().scan(journal::kStreamsTable, "", "", SIZE_MAX));
  LUMENFLOW_TRY_ASSIGN(std::vector<std::string> names, journal::inbound_streams(log.tables()));
  for (const log::KeyValue& stream : streams) names.push_back(stream.key);
  for (const std::string& name : names) {
    LUMENFLOW_TRY_ASSIGN(const Position done, log::Cursor(log, handler_cursor(id, name)).position());
    Queue& queue = pack.queues[name];
    queue.done = queue.queued_to = std::max(done, pack.base);
  }
  return {};
}

// --- what to read ---

void Subscriptions::emitted(std::string_view kind) {
  for (auto& [id, pack] : packs_) pack.interested = pack.interested || pack.handlers.contains(kind);
}

void Subscriptions::sealed(Position end) {
  for (auto& [id, pack] : packs_)
    if (std::exchange(pack.interested, false)) pack.wanted_until = end;
}

void Subscriptions::durable(Position end) {
  durable_ = std::max(durable_, end);
  for (auto& [id, pack] : packs_) {
    // What is not for this pack is not read, unless it stands before something that is.
    if (pack.reading || pack.read_to < pack.wanted_until) continue;
    pack.read_to = std::max(pack.read_to, durable_);
    pack.high = std::max(pack.high, pack.read_to);
  }
}

bool Subscriptions::Queue::reopens() const {
  return overflow_from && waiting.size() <= kQueueEventsMax / 2 && bytes <= kQueueBytesMax / 2;
}

bool Subscriptions::has_reads() const {
  return std::ranges::any_of(packs_, [this](const auto& each) {
    const Pack& pack = each.second;
    return !pack.reading && (pack.read_to < std::min(pack.wanted_until, durable_) ||
                             std::ranges::any_of(pack.queues, [](const auto& item) { return item.second.reopens(); }));
  });
}

bool Subscriptions::reopen_overflow(Pack& pack) {
  for (auto& [stream, queue] : pack.queues) {
    if (!queue.reopens()) continue;
    pack.read_to = *std::exchange(queue.overflow_from, std::nullopt);
    return true;
  }
  return false;
}

std::vector<EventRead> Subscriptions::take_reads() {
  std::vector<EventRead> reads;
  for (auto& [id, pack] : packs_) {
    if (pack.reading) continue;
    const bool behind = pack.read_to < std::min(pack.wanted_until, durable_);
    if (!behind && !reopen_overflow(pack)) continue;
    pack.reading = true;
    EventRead read;
    read.pack_id = id;
    read.generation = pack.generation;
    read.after = pack.read_to;
    for (const auto& [kind, handler] : pack.handlers) read.kinds.push_back(kind);
    reads.push_back(std::move(read));
  }
  return reads;
}

void Subscriptions::read(EventRead read) {
  const auto found = packs_.find(read.pack_id);
  if (found == packs_.end() || read.generation != found->second.generation) return;
  Pack& pack = found->second;
  pack.reading = false;
  if (!read.read_to.ok()) return;
  for (DeliveryPtr& delivery : read.found) {
    delivery->generation = pack.generation;
    delivery->pack_id = read.pack_id;
    take_in(pack, std::move(delivery));
  }
  pack.read_to = *read.read_to;
  const bool overflows =
      std::ranges::any_of(pack.queues, [](const auto& each) { return each.second.overflow_from.has_value(); });
  if (overflows) pack.read_to = std::max(pack.read_to, pack.high);  // the others have seen all up to there
  pack.high = std::max(pack.high, pack.read_to);
}

void Subscriptions::take_in(Pack& pack, DeliveryPtr delivery) {
  const auto [entry, added] = pack.queues.try_emplace(delivery->event.stream);
  Queue& queue = entry->second;
  if (added) queue.done = queue.queued_to = pack.base;
  if (delivery->at <= queue.queued_to || queue.overflow_from) return;
  if (queue.full()) {
    queue.overflow_from = Position(delivery->at.value() - 1);
    return;
  }
  if (delivery->at == queue.first) delivery->attempts = queue.attempts_of_first;
  queue.queued_to = delivery->at;
  queue.bytes += delivery->bytes;
  queue.waiting.push_back(std::move(delivery));
}

// --- what to run ---

Status Subscriptions::redrive(std::string_view pack_id, DeliveryPtr delivery) {
  const auto found = packs_.find(pack_id);
  const auto handler = found == packs_.end() ? decltype(found->second.handlers.end()){}
                                             : found->second.handlers.find(delivery->event.kind);
  if (found == packs_.end() || handler == found->second.handlers.end())
    return Error(ErrorCode::kNotFound,
                 "the pack '" + std::string(pack_id) + "' has no handler of " + delivery->event.kind);
  delivery->generation = found->second.generation;
  delivery->pack_id = found->first;
  delivery->redriven = true;
  found->second.queues[delivery->event.stream].redriven.push_back(std::move(delivery));
  return {};
}

DeliveryPtr Subscriptions::take_due(std::chrono::nanoseconds now) {
  for (auto& [id, pack] : packs_)
    for (auto& [stream, queue] : pack.queues) {
      if (!queue.due(now)) continue;
      queue.running = queue.redriven.empty() ? queue.waiting.front() : queue.redriven.front();
      queue.running->launched = now;
      queue.running->registry = registry_;
      queue.running->automations = automations_;
      queue.running->automation = pack.automation;
      queue.running->pack = pack.pack;
      queue.running->handler = pack.handlers.find(queue.running->event.kind)->second;
      return queue.running;
    }
  return nullptr;
}

bool Subscriptions::has_due(std::chrono::nanoseconds now) const {
  for (const auto& [id, pack] : packs_)
    for (const auto& [stream, queue] : pack.queues)
      if (queue.due(now)) return true;
  return false;
}

Subscriptions::Queue& Subscriptions::queue_of(const Delivery& delivery) {
  return packs_.find(delivery.pack_id)->second.queues.find(delivery.event.stream)->second;
}

bool Subscriptions::still_wanted(const Delivery& delivery) {
  const auto pack = packs_.find(delivery.pack_id);
  if (pack == packs_.end()) return false;  // no more
  if (pack->second.generation == delivery.generation) return true;
  const auto queue = pack->second.queues.find(delivery.event.stream);
  if (queue != pack->second.queues.end() && queue->second.running.get() == &delivery) queue->second.running = nullptr;
  return false;
}

void Subscriptions::dealt_with(const Delivery& delivery) {
  Queue& queue = queue_of(delivery);
  if (delivery.redriven) {
    queue.running = nullptr;
    queue.redriven.pop_front();
    return;
  }
  queue.done = delivery.at;
  queue.bytes -= delivery.bytes;
  queue.not_before = std::chrono::nanoseconds(0);
  queue.running = nullptr;
  queue.waiting.pop_front();
}

void Subscriptions::try_again(const Delivery& delivery, std::chrono::nanoseconds at) {
  Queue& queue = queue_of(delivery);
  queue.not_before = at;
  queue.running = nullptr;
}

// --- cursors, and what others ask ---

Position Subscriptions::safe_base(const Pack& pack) {
  Position base = std::min(pack.high, pack.read_to);  // behind it while it reads again
  for (const auto& [stream, queue] : pack.queues) {
    if (!queue.waiting.empty())
      base = std::min(base, Position(queue.waiting.front()->at.value() - 1));
    else if (queue.overflow_from)
      base = std::min(base, *queue.overflow_from);
  }
  return base;
}

std::vector<std::pair<std::string, Position>> Subscriptions::take_cursor_moves(std::uint64_t lag) {
  std::vector<std::pair<std::string, Position>> moves;
  for (auto& [id, pack] : packs_) {
    const Position base = safe_base(pack);
    if (base.value() < pack.base.value() + std::max<std::uint64_t>(lag, 1)) continue;
    pack.base = base;
    moves.emplace_back(handler_cursor(id), base);
  }
  return moves;
}

std::optional<std::chrono::nanoseconds> Subscriptions::next_retry() const {
  std::optional<std::chrono::nanoseconds> next;
  for (const auto& [id, pack] : packs_)
    for (const auto& [stream, queue] : pack.queues)
      if (queue.running == nullptr && !queue.waiting.empty())
        next = next ? std::min(*next, queue.not_before) : queue.not_before;
  return next;
}

bool Subscriptions::any_running() const {
  return std::ranges::any_of(packs_, [](const auto& each) {
    return std::ranges::any_of(each.second.queues, [](const auto& queue) { return queue.second.running != nullptr; });
  });
}

void Subscriptions::cancel_running() {
  for (auto& [id, pack] : packs_)
    for (auto& [stream, queue] : pack.queues)
      if (queue.running != nullptr) queue.running->cancelled.ask();
}

std::vector<DeliveryPtr> Subscriptions::overdue(std::chrono::nanoseconds before) const {
  std::vector<DeliveryPtr> found;
  for (const auto& [id, pack] : packs_)
    for (const auto& [stream, queue] : pack.queues)
      if (queue.running != nullptr && queue.running->automation == nullptr && queue.running->launched < before &&
          !queue.running->cancelled.asked())
        found.push_back(queue.running);
  return found;
}

std::vector<Subscriptions::Backlog> Subscriptions::backlogs() const {
  std::vector<Backlog> out;
  for (const auto& [id, pack] : packs_)
    for (const auto& [stream, queue] : pack.queues) out.push_back({id, stream, queue.waiting.size()});
  return out;
}

}  // namespace lumenflow::kernel
