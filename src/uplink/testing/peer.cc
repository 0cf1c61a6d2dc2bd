#include "uplink/testing/peer.h"

#include <algorithm>
#include <span>

#include "lumenflow/json.h"

namespace lumenflow::uplink::testing {
namespace {

std::optional<Refusal> refusal_of(const PeerFaults& faults) {
  if (faults.busy) return Refusal{Error(ErrorCode::kRateLimited, "too many"), std::chrono::milliseconds(700)};
  if (faults.expired) return Refusal{Error(ErrorCode::kTokenExpired, "renew it"), {}};
  return std::nullopt;
}

}  // namespace

HelloAnswer Peer::hello(const Hello& hello, const PeerFaults& faults) {
  HelloAnswer answer;
  answer.refusal = refusal_of(faults);
  if (answer.refusal) return answer;
  answer.welcome.log_id = faults.wrong_log ? "log-of-another" : log_id_;
  answer.welcome.session = ++session_;
  for (const StreamAt& base : hello.bases) {
    const auto known = places_.find(base.stream);
    const auto begun =
        event::begin_stream(known == places_.end() ? std::nullopt : std::optional(known->second), base.place);
    event::StreamPlace place = places_[base.stream] = begun.place;
    if (faults.forgets && place.queue_seq > 0) place.seq = place.queue_seq = 0;
    answer.welcome.streams.push_back({base.stream, place});
  }
  return answer;
}

SendAnswer Peer::send(const Batch& batch, const PeerFaults& faults) {
  SendAnswer answer;
  answer.refusal = refusal_of(faults);
  if (!answer.refusal && (batch.session != session_ || faults.wrong_after))
    answer.refusal = Refusal{Error(ErrorCode::kConflict, "a conversation that is over"), {}};
  if (answer.refusal) return answer;
  std::vector<std::string_view> events(batch.events.begin(), batch.events.end());
  const std::uint64_t last_seq =
      static_cast<std::uint64_t>(json::integer_or(*json::parse(batch.events.back()), "seq", 0));
  if (faults.acks_lost || faults.acks_beyond) {
    answer.batch.acked_seq = last_seq + (faults.acks_beyond ? 1'000'000 : 0);
    return answer;
  }
  if (faults.half) events.resize((events.size() + 1) / 2);
  const auto poison = std::find_if(events.begin(), events.end(),
                                   [](std::string_view text) { return text.find(kPoison) != std::string_view::npos; });
  std::string poisoned;
  if (poison != events.end()) {
    poisoned = *poison;
    poisoned.replace(poisoned.find(R"("payload":{)"), 11, R"("payload_":{)");
    *poison = poisoned;
  }
  event::StreamPlace& place = places_[batch.stream];
  const event::Intake intake =
      event::take_batch({log_id_, "ws-42"}, place, {batch.log_id, batch.stream, batch.after, events});
  if (intake.refused) {
    answer.refusal = Refusal{*intake.refused, {}};
    return answer;
  }
  place = intake.place;
  for (const event::TakenEvent& taken : intake.taken)
    if (taken.kind != event::TakenEvent::Kind::kDropped)
      arrived_[batch.stream].push_back({taken.seq, taken.queue_seq, taken.kind == event::TakenEvent::Kind::kTombstone});
  duplicates_ += intake.duplicates;
  answer.batch = {intake.accepted, intake.duplicates, intake.rejected, place.seq};
  return answer;
}

HeartbeatAnswer Peer::heartbeat(std::uint64_t session, const PeerFaults& faults) const {
  if (const auto refusal = refusal_of(faults)) return {refusal};
  if (session != session_) return {Refusal{Error(ErrorCode::kConflict, "a conversation that is over"), {}}};
  return {};
}

FetchAnswer Peer::fetch(const Fetch& fetch, const PeerFaults& faults) const {
  if (const auto refusal = refusal_of(faults)) return {refusal, {}};
  if (fetch.session != session_) return {Refusal{Error(ErrorCode::kConflict, "a conversation that is over"), {}}, {}};
  FetchAnswer answer{{}, {"down-a", {}}};
  // What is given again, or from the start, is to make no difference.
  std::uint64_t from = fetch.durable.log_id == "down-a" ? fetch.durable.position : 0;
  if (faults.half) from -= std::min<std::uint64_t>(from, 3);
  for (std::uint64_t at = from; at < said_.size() && answer.batch.items.size() < 7; ++at)
    answer.batch.items.push_back({at + 1, said_[at]});
  return answer;
}

}  // namespace lumenflow::uplink::testing
