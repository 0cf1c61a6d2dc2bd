// A journal with its outbox and a strand of its own, small: emits, and keeps the books as the kernel would.
//
// emit() and the keeper's calls may come from different threads.
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "base/check.h"
#include "journal/entry.h"
#include "journal/outbox.h"
#include "journal/tables.h"
#include "uplink/keeper.h"

namespace lumenflow::uplink::testing {

class Workspace final : public OutboxKeeper {
 public:
  explicit Workspace(std::unique_ptr<log::Log> log) : log_(std::move(log)), outbox_(*log_), inbound_(*log_, "ws-42") {
    LUMENFLOW_CHECK(inbound_.load().ok() && outbox_.load().ok() && outbox_.enable(Position(0)).ok());
    commit();
  }

  log::Log& log() { return *log_; }

  // So many events in one commit, each one a row of its own.
  void emit(event::EventClass event_class, std::size_t count = 1, const std::string& payload = R"({"n":1})") {
    const std::lock_guard lock(mutex_);
    for (std::size_t i = 0; i < count; ++i) {
      event::BuildOptions options;
      options.timestamp = kNoon;
      for (std::size_t b = 0; b < 8; ++b) options.entropy[b] = static_cast<std::uint8_t>(head_.seq >> (8 * b));
      event::Stamp stamp{"ws-42", "sidecar", ++head_.seq, {}, kNoon, {}, {}};
      if (event_class == event::EventClass::kQueue) stamp.queue_seq = ++head_.queue_seq;
      const std::string entry = journal::encode_event(
          event::build_from_canonical("acme-demo:thing_done", payload, options), stamp, event_class);
      const std::size_t bytes = entry.size();
      const Position at = *log_->append({{entry}, {}});
      if (stamp.queue_seq) LUMENFLOW_CHECK(outbox_.add("sidecar", at, {head_.seq, head_.queue_seq, bytes, kNoon}).ok());
    }
    LUMENFLOW_CHECK(log_->put(journal::kStreamsTable, "sidecar", journal::encode(head_)).ok());
    commit();
  }

  void acknowledge(const std::string& stream, Position to, Done done) override {
    done(write([&] { return outbox_.acknowledge(stream, to); }));
  }
  void dead_letter(const std::string& stream, Position position, const std::string& reason, Done done) override {
    done(write([&] { return outbox_.dead_letter(stream, position, reason); }));
  }
  void settle(const Settlement& settlement, Done done) override {
    done(write([&] { return outbox_.settle(settlement.stream, settlement.mark, settlement.dropped); }));
  }
  void rebase(bool anew, Done done) override {
    done(write([&]() -> Status {
      LUMENFLOW_TRY(outbox_.rebase());
      return anew ? log_->rename(log_->head().log_id + "-anew") : Status();
    }));
  }
  void receive(const journal::InboundBatch& batch, Done done) override {
    done(write([&]() -> Status {
      LUMENFLOW_TRY(inbound_.take(batch, kNoon));
      return {};
    }));
  }
  std::uint64_t pending() {
    const std::lock_guard lock(mutex_);
    return outbox_.events();
  }

  static constexpr Timestamp kNoon{1'772'366'400'000};

 private:
  template <class Change>
  Status write(const Change& change) {
    const std::lock_guard lock(mutex_);
    LUMENFLOW_TRY(change());
    LUMENFLOW_TRY(outbox_.flush());
    return log_->commit();
  }
  void commit() { LUMENFLOW_CHECK(outbox_.flush().ok() && log_->commit().ok()); }

  std::mutex mutex_;
  std::unique_ptr<log::Log> log_;
  journal::Outbox outbox_;
  journal::Inbound inbound_;
  journal::StreamHead head_;
};

}  // namespace lumenflow::uplink::testing
