// Stages 9 and 10: the tool runs, and what it says is judged.
#include <utility>

#include "base/logging.h"
#include "journal/tables.h"
#include "kernel/kernel.h"
#include "kernel/taped_strand.h"

namespace lumenflow::kernel {
namespace {

constexpr int kExecutionsMax = 8;  // executions of a store transaction that kept losing to others

// Code that is gone without an answer may have had its effect, unless it can have none or can be asked for it again.
CallEnd end_of(const RunningCall& call, pack::ToolCrash crash) {
  CallEnd end;
  end.stage = 9;
  end.code = crash.code;
  end.decided_by = "host";
  end.message = std::move(crash.message);
  end.no_effect = crash.no_effect;
  if (crash.no_effect || !call.started || call.tool->descriptor.idempotent)
    end.outcome = crash.code == ErrorCode::kToolCrashed ? journal::Outcome::kCrashed : journal::Outcome::kFailure;
  else
    end.outcome = journal::Outcome::kUnknown;
  return end;
}

// What was prepared on the executor, done on the strand.
pack::ToolResult finish(Kernel& kernel, const Result<KernelControl>& prepared, const json::Value& input) {
  if (prepared.ok()) return (*prepared)(kernel, input);
  return refused_preparation(prepared.error());
}

}  // namespace

pack::ToolResult refused_preparation(const Error& error) {
  json::Array details;
  for (const ErrorDetail& detail : error.details())
    details.push_back(json::Object{{"pointer", detail.pointer}, {"reason", detail.reason}});
  return pack::ToolError{std::string(name(error.code())), error.message(), std::move(details)};
}

std::optional<pack::ToolResult> run_handler(const RunningCall& call, CallContext& context);  // tape_code.cc

void Kernel::run_on_strand(const CallPtr& call) {
  CallContext context(call, scope_of(call->pack_id, call->tool->pack, *call->registry), ports_.log.tables(), nullptr,
                      ports_.random.draw16());
  const auto kernel_tool =
      call->pack_id == "kernel" ? kernel_tools_.find(call->tool->descriptor.name) : kernel_tools_.end();
  if (kernel_tool != kernel_tools_.end() && kernel_tool->second->control)
    judge(call, context, kernel_tool->second->control(*this, call->call.input));
  else if (kernel_tool != kernel_tools_.end() && kernel_tool->second->decide)
    judge(call, context, kernel_tool->second->decide(*this, call->call));
  else
    judge(call, context, taped_->run_tool(*call, context));
  take_wishes(context.state());
}

// After the commit that recorded the start, so that the tool's reads see all that was durable then.
void Kernel::launch(const CallPtr& call) {
  if (call->cancelled->asked()) return;  // ended before it began
  call->store_version = durable_store_versions_[std::string(call->pack_id)];
  // The task owns what the tool uses: the call's immutable half stays alive over a cancellation or a timeout.
  auto work = std::make_shared<ToolReturned>();
  work->call = call;
  work->snapshot = std::make_unique<LazySnapshot>(ports_.log);
  work->context = std::make_unique<CallContext>(call, scope_of(call->pack_id, call->tool->pack, *call->registry),
                                                *work->snapshot, work->snapshot.get(), ports_.random.draw16());
  work->context->hosted_with(call->enforced_scopes);
  work->task = work->context->state().task = next_task_++;
  if (call->tool->pack != nullptr) call->isolation = call->tool->pack->isolation;
  const auto kernel_tool =
      call->pack_id == "kernel" ? kernel_tools_.find(call->tool->descriptor.name) : kernel_tools_.end();
  const KernelPreparation* prepare = kernel_tool == kernel_tools_.end() ? nullptr : &kernel_tool->second->prepare;
  notices_.say(*call, {.kind = CallNotice::Kind::kStarted, .receipt_id = {}, .tool = {}});
  const bool taken = post(call->tool->pack, work->task, &work->context->state(), call, [this, work, prepare] {
    if (tape_.replays()) {
      std::string isolation;
      work->result = taped_->replayed_tool(*work->call, work->context->state(), isolation);
      if (!isolation.empty() && work->context->hosted() != nullptr) work->context->hosted()->held_by(isolation);
    } else if (prepare != nullptr && *prepare)
      work->prepared = (*prepare)(work->call->call.input);
    else
      work->result = run_handler(*work->call, *work->context);
    work->snapshot->release();  // as many are held as tools run, not as results wait for the strand
    enqueue(std::move(*work));
  });
  call->launched = taken;
  if (!taken) enqueue(CancelAsked{call->receipt, Subject("the executor: its queue is full")});
}

void Kernel::returned(ToolReturned returned) {
  if (running_.find(returned.call->receipt) != returned.call) {
    ++counters_.late_results;
    return;
  }
  const CallPtr call = returned.call;
  if (std::string isolation = returned.context->isolation(); !isolation.empty()) call->isolation = std::move(isolation);
  take_wishes(returned.context->state());
  const bool wrote = !returned.context->store_writes().writes().empty();
  if (wrote && !store_reads_still_hold(call->pack_id, call->store_version, returned.context->store_writes())) {
    if (call->tool->traits.store_only && ++call->attempts < kExecutionsMax) {
      open_.launches.push_back(call);  // again, from what is durable then
      return;
    }
    end_call(call, {.stage = 9,
                    .outcome = journal::Outcome::kFailure,
                    .code = ErrorCode::kConflict,
                    .tool_code = {},
                    .decided_by = "store",
                    .message = "what the tool read was changed by others while it ran; try again",
                    .details = {}});
    return;
  }
  if (returned.prepared) returned.result = finish(*this, *returned.prepared, call->call.input);
  judge(call, *returned.context, std::move(returned.result));
}

bool Kernel::store_reads_still_hold(std::string_view pack_id, std::uint64_t launched_at, const CallStore& store) const {
  const auto version = store_versions_.find(std::string(pack_id));
  if (version == store_versions_.end() || version->second == launched_at) return true;
  if (store.read_ranges()) return false;
  for (const auto& [key, text] : store.reads()) {
    const auto now = ports_.log.tables().get(journal::kStoreTable, key);
    if (!now.ok() || *now != text) return false;
  }
  return true;
}

void Kernel::judge(const CallPtr& call, CallContext& context, std::optional<pack::ToolResult> result) {
  CallEnd end;
  end.stage = 9;
  end.outcome = journal::Outcome::kFailure;
  if (!result) {
    pack::ToolCrash crash{ErrorCode::kToolCrashed, "the tool ended without an answer", call->tool->traits.store_only};
    end = end_of(*call, std::move(crash));
    end.decided_by = "tool";
    return end_call(call, std::move(end));
  }
  if (auto* error = std::get_if<pack::ToolError>(&*result)) {
    end.tool_code = std::move(error->code);
    end.decided_by = "tool";
    end.message = std::move(error->message);
    end.details = std::move(error->details);
    return end_call(call, std::move(end));
  }
  if (auto* crash = std::get_if<pack::ToolCrash>(&*result)) return end_call(call, end_of(*call, std::move(*crash)));
  const auto& output = std::get<pack::ToolOutput>(*result);
  end.stage = 10;
  std::vector<ErrorDetail> faults = taped_->output_faults(*call, output.data);
  if (!faults.empty()) {
    json::Array details;
    for (ErrorDetail& fault : faults)
      details.push_back(json::Object{{"pointer", std::move(fault.pointer)}, {"reason", std::move(fault.reason)}});
    end.code = ErrorCode::kInvalidOutput;
    end.decided_by = "output_schema";
    end.message = "the tool's answer does not match the output schema of " + call->tool->descriptor.name;
    end.details = std::move(details);
    return end_call(call, std::move(end));
  }
  for (const PendingEvent& event : context.events()) {
    if (Status status = emitter_.check_key(event, call->arrived); !status.ok()) {
      end.stage = 11;
      end.code = status.error().code();
      end.decided_by = "emitter";
      end.message = status.error().message();
      return end_call(call, std::move(end));
    }
  }
  end.stage = 12;
  end.outcome = journal::Outcome::kSuccess;
  end.decided_by = call->policy;
  end_call(call, std::move(end), &output, &context);
}

// Takes the call out of every table of running ones.
void Kernel::release(const CallPtr& call) {
  if (call->cancelled) call->cancelled->ask();
  if (running_.remove(*call)) end_inner(*call);
}

}  // namespace lumenflow::kernel
