#include "uplink/carry_out.h"

#include <utility>
#include <variant>

namespace lumenflow::uplink {

void carry_out(Action action, Link& link, OutboxKeeper& keeper, const PostTask& post_to) {
  const auto post = [box = post_to](auto hear) {
    return [box, hear](auto answer) {
      box([hear, answer = std::move(answer)](Engine& engine, Millis at) { hear(engine, answer, at); });
    };
  };
  const auto kept = [box = post_to](std::uint64_t id) {
    return [box, id](const Status& status) {
      box([id, status](Engine& engine, Millis at) { engine.kept(id, status, at); });
    };
  };
  if (const auto* hello = std::get_if<SayHello>(&action)) {
    link.hello(hello->hello, post([id = hello->id](Engine& engine, const HelloAnswer& answer, Millis at) {
                 engine.heard_hello(id, answer, at);
               }));
  } else if (const auto* send = std::get_if<SendBatch>(&action)) {
    link.send(send->batch, post([id = send->id](Engine& engine, const SendAnswer& answer, Millis at) {
                engine.heard_batch(id, answer, at);
              }));
  } else if (const auto* beat = std::get_if<SendHeartbeat>(&action)) {
    link.heartbeat(beat->session, post([id = beat->id](Engine& engine, const HeartbeatAnswer& answer, Millis at) {
                     engine.heard_heartbeat(id, answer, at);
                   }));
  } else if (const auto* ask = std::get_if<AskForMore>(&action)) {
    link.fetch(ask->fetch, post([id = ask->id](Engine& engine, const FetchAnswer& answer, Millis at) {
                 engine.heard_fetch(id, answer, at);
               }));
  } else if (const auto* rebind = std::get_if<SayRebind>(&action)) {
    link.rebind(post(
        [id = rebind->id](Engine& engine, const Status& status, Millis at) { engine.heard_rebind(id, status, at); }));
  } else if (const auto* forked = std::get_if<SayForked>(&action)) {
    link.forked(forked->log_id, forked->reason,
                post([id = forked->id](Engine& engine, const Status& status, Millis at) {
                  engine.heard_forked(id, status, at);
                }));
  } else if (const auto* received = std::get_if<KeepReceived>(&action)) {
    keeper.receive(*received->batch, kept(received->id));
  } else if (const auto* rebase = std::get_if<KeepRebase>(&action)) {
    keeper.rebase(rebase->anew, kept(rebase->id));
  } else if (const auto* ack = std::get_if<KeepAcknowledged>(&action)) {
    keeper.acknowledge(ack->stream, ack->to, kept(ack->id));
  } else if (const auto* dead = std::get_if<KeepDeadLetter>(&action)) {
    keeper.dead_letter(dead->stream, dead->position, dead->reason, kept(dead->id));
  } else if (const auto* settle = std::get_if<KeepSettlement>(&action)) {
    keeper.settle(settle->settlement, kept(settle->id));
  }
}

}  // namespace lumenflow::uplink
