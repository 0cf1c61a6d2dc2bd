// What enters the kernel from outside the strand, in one ordered queue.
#pragma once

#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <variant>

#include "journal/inbound.h"
#include "journal/outbox.h"
#include "kernel/call.h"
#include "kernel/call_context.h"
#include "kernel/host_services.h"
#include "kernel/kernel_tool.h"
#include "kernel/running_call.h"
#include "kernel/subscriptions.h"
#include "kernel/timers.h"
#include "lumenflow/pack.h"

namespace lumenflow::kernel {

using CallPtr = std::shared_ptr<RunningCall>;  // the strand's, shared with the thread that runs the tool

struct CallArrived {
  Call call;
  Completion done;
};

struct ToolReturned {
  CallPtr call;  // shared with the strand's table
  std::unique_ptr<LazySnapshot> snapshot;
  std::unique_ptr<CallContext> context;           // after what it reads from
  std::optional<pack::ToolResult> result;         // nothing: the tool threw
  std::optional<Result<KernelControl>> prepared;  // by a kernel tool: what is to be done on the strand
  std::uint64_t task = 0;                         // names it on the tape, as below
};

struct CancelAsked {
  ReceiptId receipt;
  Subject by;
  std::function<void(const Status&)> done = {};
};

struct DrainAsked {
  std::function<void()> idle;
};

// A change of the pack's store that commits by itself, while the thread that asked waits.
struct Transaction {
  HostState* state;
  CallPtr call;  // null for a timer and a delivery
  const HostServices::Change* change;
  pack::Emitted* emitted;                      // may be null; written before `done` is set
  std::shared_ptr<std::promise<Status>> done;  // shared by the one who waits and the batch
};

struct TimerReturned {
  TimerPtr timer;                                  // shared with the strand's list
  std::shared_ptr<const pack::Registry> registry;  // shared: what runs comes from there, over a reload
  const pack::LoadedPack* pack = nullptr;
  const pack::RegisteredTimer* code = nullptr;
  std::unique_ptr<LazySnapshot> snapshot;
  std::unique_ptr<TimerContext> context;  // after what it reads from
  Result<std::optional<std::int64_t>> next_ms{std::optional<std::int64_t>()};
  std::uint64_t task = 0;
};

// A piece of the journal was read for a pack's handlers.
struct EventsRead {
  EventRead read;
  std::uint64_t task = 0;
};

struct ReplayKeyMade {
  DeliveryPtr delivery;  // shared with the strand's queue
  Result<std::string> key;
  std::uint64_t task = 0;
};

struct HandlerReturned {
  DeliveryPtr delivery;  // shared with the strand's queue
  std::unique_ptr<LazySnapshot> snapshot;
  std::unique_ptr<DeliveryContext> context;  // after what it reads from
  Status status;
  std::uint64_t task = 0;
};

// A change of the outbox's bookkeeping, from whoever carries events away.
struct OutboxChange {
  std::function<Status(journal::Outbox&)> change;
  std::function<void(const Status&)> done;
};

// A change of the journal's housekeeping: no call, and nothing that the kernel keeps in memory.
struct JournalChange {
  std::function<Status(log::Log&)> change;
  std::function<void(const Status&)> done;
};

// What the other side of the uplink had for the workspace.
struct EventsReceived {
  journal::InboundBatch batch;
  std::function<void(const Status&)> done;
};

// Commands may be there to be carried out.
struct CommandsDue {};

// What is to be said of a call to whoever approves it was worked out, or refused.
struct Summarised {
  CallPtr call;  // that waits for it
  CallResult result;
};

// The journal says what became of a batch that it was handed.
struct BatchEnded {
  std::uint64_t number;
  Status status;
};

using Ingress =
    std::variant<CallArrived, ToolReturned, CancelAsked, DrainAsked, BatchEnded, Transaction, TimerReturned, EventsRead,
                 ReplayKeyMade, HandlerReturned, OutboxChange, JournalChange, EventsReceived, CommandsDue, Summarised>;

// On its way to the strand.
struct Entering {
  Ingress item;
  std::uint64_t own = 0;  // the number of one that the strand made itself; 0: it came from outside
};

// What an executor was given, where a replay runs it instead.
struct PostedTask {
  std::function<void()> run;
  HostState* state = nullptr;  // the run's own; null: it has none
  CallPtr call;                // null: of no call
};

}  // namespace lumenflow::kernel
