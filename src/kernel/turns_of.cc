// What packs ask about turns, brought to the strand.
#include <utility>

#include "kernel/call_context.h"

namespace lumenflow::kernel {

// A step that fails has changed nothing.
template <class T, class Step>
Result<T> TurnsOf::on_strand(const Step& step) {
  std::optional<Result<T>> answer;
  const Status status = state_.transact(call_, [&](pack::Store&) -> Status {
    answer = step(state_.scope.services);
    return answer->ok() ? Status() : Status(answer->error());
  });
  if (!status.ok()) return status.error();
  return *std::move(answer);
}

Result<pack::Turn> TurnsOf::open(const pack::TurnOpening& opening) {
  return on_strand<pack::Turn>([&](HostServices& services) { return services.open_turn(call_, opening); });
}

Result<std::vector<pack::OfferedTool>> TurnsOf::tools() {
  return on_strand<std::vector<pack::OfferedTool>>(
      [&](HostServices& services) { return services.tools_of_turn(call_); });
}

Result<pack::TurnRecord> TurnsOf::look(std::string_view turn_id) {
  return on_strand<pack::TurnRecord>(
      [&](HostServices& services) { return services.look_at_turn(state_.scope.pack_id, turn_id); });
}

Result<pack::Invoked> TurnsOf::outcome(std::string_view receipt_id) {
  return on_strand<pack::Invoked>([&](HostServices& services) { return services.outcome_in_turn(receipt_id); });
}

Status TurnsOf::go_on(std::string_view session_id, std::string_view tool, json::Value input,
                      std::string_view idempotency_key) {
  LUMENFLOW_TRY_ASSIGN(Call call, on_strand<Call>([&](HostServices& services) {
                         return services.call_in_session(state_.scope.pack_id, session_id, tool, std::move(input),
                                                         idempotency_key);
                       }));
  return state_.scope.services.submit_alone(std::move(call));
}

Status TurnsOf::forget(std::string_view session_id, const HostServices::Change& change) {
  return state_.transact(call_, [&](pack::Store& store) -> Status {
    LUMENFLOW_TRY(change(store));
    return state_.scope.services.forget_session(state_.scope.pack_id, session_id);
  });
}

}  // namespace lumenflow::kernel
