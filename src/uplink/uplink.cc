#include "uplink/uplink.h"

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "base/logging.h"
#include "uplink/carry_out.h"
#include "uplink/outbox_files.h"

namespace lumenflow::uplink {
namespace {

constexpr Millis kFilesEvery{900};  // so that they are never older than a second

// What reaches the thread from outside. Outlives the uplink in callbacks that come late.
class Mailbox {
 public:
  using Task = EngineTask;
  void post(Task task) {
    const std::lock_guard lock(mutex_);
    tasks_.push_back(std::move(task));
    changed_.notify_one();
  }
  void ring() {
    const std::lock_guard lock(mutex_);
    rung_ = true;
    changed_.notify_one();
  }
  struct Mail {
    std::deque<Task> tasks;
    bool rung = false;
  };
  Mail wait(std::chrono::nanoseconds most) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, most, [this] { return rung_ || !tasks_.empty(); });
    return {std::exchange(tasks_, {}), std::exchange(rung_, false)};
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Task> tasks_;
  bool rung_ = false;
};

}  // namespace

class Uplink::Impl {
 public:
  Impl(const UplinkParts& parts, EngineLimits limits)
      : parts_(parts),
        source_(make_journal_source(parts.log)),
        engine_(*source_, parts.random, limits),
        files_(parts.files, parts.log, parts.outbox_folder),
        mailbox_(std::make_shared<Mailbox>()) {}

  Status start() {
    LUMENFLOW_TRY(engine_.start(now()));
    publish();
    thread_ = std::thread([this] { run(); });
    return {};
  }

  void stop(std::chrono::milliseconds wait) {
    if (!thread_.joinable()) return;
    mailbox_->post([this, wait](Engine& engine, Millis at) {
      stopping_at_ = at + wait;
      engine.settle_all();
    });
    thread_.join();
  }

  void consent(std::string log_id, std::function<void(const Result<std::string>&)> done) {
    mailbox_->post([this, log_id = std::move(log_id), done = std::move(done)](Engine& engine, Millis at) {
      if (const Status begun = engine.consent(log_id, at); !begun.ok()) return done(begun.error());
      consented_.push_back(done);
    });
  }

  void run_beside_link(std::function<void()> work) {
    mailbox_->post([work = std::move(work)](Engine&, Millis) { work(); });
  }

  Result<UplinkStatus> status() const {
    UplinkStatus status;
    {
      const std::lock_guard lock(state_mutex_);
      status.engine = state_;
    }
    LUMENFLOW_TRY_ASSIGN(const OutboxView view, source_->view());
    LUMENFLOW_TRY_ASSIGN(const auto tables, parts_.log.snapshot());
    for (const auto& [stream, row] : view.streams) {
      status.pending_events += row.events;
      status.pending_bytes += row.bytes;
      LUMENFLOW_TRY_ASSIGN(const auto first, journal::pending_events(*tables, stream, Position(), 1));
      if (!first.empty() && (!status.oldest || first.front().event.emitted_at < *status.oldest))
        status.oldest = first.front().event.emitted_at;
    }
    LUMENFLOW_TRY_ASSIGN(const auto letters, journal::outbox_dead_letter_counts(*tables));
    for (const auto& [stream, count] : letters) status.dead_letters += count;
    return status;
  }

 private:
  Millis now() const { return std::chrono::duration_cast<Millis>(parts_.clock.monotonic()); }

  void run() {
    parts_.log.wait(Position(0), [box = mailbox_] { box->ring(); });
    while (!stopping_at_ || (engine_.keeping() && now() < *stopping_at_)) {
      Mailbox::Mail mail = mailbox_->wait(nap());
      if (mail.rung) {
        // Asked again before anything is read: what comes meanwhile rings again.
        parts_.log.wait(Position(source_->end()), [box = mailbox_] { box->ring(); });
      }
      for (const Mailbox::Task& task : mail.tasks) task(engine_, now());
      if (!stopping_at_) engine_.step(now());
      for (Action& action : engine_.take_actions())
        carry_out(std::move(action), parts_.link, parts_.keeper,
                  [box = mailbox_](EngineTask task) { box->post(std::move(task)); });
      if (!engine_.consenting()) answer_consents();
      show();
      publish();
    }
  }

  void answer_consents() {
    if (consented_.empty()) return;
    const EngineState state = engine_.state();
    const Result<std::string> goes_on_as =
        state.connection == Connection::kForked
            ? Result<std::string>(Error(ErrorCode::kJournalUnavailable, "it is still forked: " + state.last_error))
            : Result<std::string>(state.log_id);
    for (const auto& done : std::exchange(consented_, {})) done(goes_on_as);
  }

  // Until something is due; a link that answered at once has left its answers in the mailbox.
  std::chrono::nanoseconds nap() const {
    if (stopping_at_) return std::max(Millis(0), *stopping_at_ - now());
    Millis until = kFilesEvery;
    if (const auto wake = engine_.next_wake()) until = std::min(until, *wake - now());
    return std::max(until, Millis(0));
  }

  // The files show a backlog while there is one to look at, and its end.
  void show() {
    const Millis at = now();
    if (parts_.outbox_folder.empty() || at < shown_at_ + kFilesEvery) return;
    const Connection connection = engine_.state().connection;
    if (connection == Connection::kOff || (connection == Connection::kConnected && shown_connected_)) return;
    shown_at_ = at;
    const bool connected = connection == Connection::kConnected;
    if (connected && !nothing_pending()) return;  // it is draining; its end is shown
    if (const Status written = files_.refresh(); !written.ok()) {
      write_log(LogLevel::kWarn, "uplink", "the outbox's files cannot be written",
                {{"error", written.error().to_string()}});
      return;
    }
    shown_connected_ = connected;
  }

  bool nothing_pending() const {
    const Result<OutboxView> view = source_->view();
    if (!view.ok()) return false;
    for (const auto& [stream, row] : view->streams)
      if (row.events != 0) return false;
    return true;
  }

  void publish() {
    EngineState state = engine_.state();
    if (state.connection != Connection::kConnected) shown_connected_ = false;
    const std::lock_guard lock(state_mutex_);
    if (state.connection != state_.connection)
      write_log(state.connection == Connection::kForked ? LogLevel::kError : LogLevel::kInfo, "uplink",
                "the uplink's connection changed",
                {{"connection", std::string(name(state.connection))}, {"error", state.last_error}});
    state_ = std::move(state);
  }

  const UplinkParts parts_;
  std::unique_ptr<Source> source_;
  Engine engine_;  // the thread's, once that runs
  OutboxFiles files_;
  std::shared_ptr<Mailbox> mailbox_;
  std::thread thread_;
  std::vector<std::function<void(const Result<std::string>&)>> consented_;  // who waits to hear that it is done
  std::optional<Millis> stopping_at_;
  Millis shown_at_{-1'000'000};
  bool shown_connected_ = false;
  mutable std::mutex state_mutex_;
  EngineState state_;
};

Result<std::unique_ptr<Uplink>> Uplink::start(const UplinkParts& parts, EngineLimits limits) {
  auto impl = std::make_unique<Impl>(parts, limits);
  LUMENFLOW_TRY(impl->start());
  return std::unique_ptr<Uplink>(new Uplink(std::move(impl)));
}

Uplink::Uplink(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Uplink::~Uplink() { stop(); }
void Uplink::stop(std::chrono::milliseconds wait) { impl_->stop(wait); }
void Uplink::consent(std::string log_id, std::function<void(const Result<std::string>&)> done) {
  impl_->consent(std::move(log_id), std::move(done));
}
void Uplink::run_beside_link(std::function<void()> work) { impl_->run_beside_link(std::move(work)); }
Result<UplinkStatus> Uplink::status() const { return impl_->status(); }

}  // namespace lumenflow::uplink
