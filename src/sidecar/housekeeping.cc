#include "sidecar/housekeeping.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

#include "base/logging.h"
#include "journal/retain.h"
#include "lumenflow/json.h"
#include "sidecar/backup.h"
#include "sidecar/backup_schedule.h"

namespace lumenflow::sidecar {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kRetentionPauseMax = std::chrono::minutes(10);
constexpr milliseconds kBackupRetry = std::chrono::minutes(10);
constexpr milliseconds kLook = std::chrono::seconds(30);  // how long a change of lumenflow.yaml may stay unseen
constexpr milliseconds kStepPauseMax{100};
constexpr int kPausePerStep = 3;  // times as long as the step took
constexpr std::string_view kFile = "housekeeping.json";

milliseconds retention_of(const kernel::WorkspaceConfig& config, std::string_view part) {
  return milliseconds(json::integer_or(config.retention, part, 0));
}

// Often enough that what is over its retention stays little longer.
milliseconds retention_pause(const kernel::WorkspaceConfig& config) {
  const milliseconds least = std::min(retention_of(config, "inputs_ms"), retention_of(config, "outputs_ms"));
  return std::clamp<milliseconds>(least / 8, milliseconds(250), kRetentionPauseMax);
}

Error stopped() { return Error(ErrorCode::kToolCancelled, "the sidecar is shutting down"); }

json::Value as_json(const HousekeepingStatus& status) {
  json::Object backup{{"failures", status.backup.failures}, {"error", status.backup.error}};
  if (status.backup.last) backup.set("last", format_rfc3339(*status.backup.last));
  if (status.backup.failed) backup.set("failed", format_rfc3339(*status.backup.failed));
  return json::Object{
      {"backup", std::move(backup)},
      {"retention", json::Object{{"held_by", status.retention.held_by}, {"error", status.retention.error}}}};
}

std::optional<Timestamp> time_in(const json::Value& object, std::string_view key) {
  const Result<Timestamp> time = parse_rfc3339(json::string_or(object, key, ""));
  return time.ok() ? std::optional(*time) : std::nullopt;
}

}  // namespace

journal::CutTerms cut_terms(const kernel::WorkspaceConfig& config, Timestamp now) {
  const auto before = [&](std::string_view part) {
    return now - std::max(retention_of(config, part), config.idempotency_window);
  };
  return {before("inputs_ms"), before("outputs_ms")};
}

Result<HousekeepingStatus> read_housekeeping(const Files& files, const WorkspacePaths& paths) {
  LUMENFLOW_TRY_ASSIGN(const std::string text, files.read(join_path(paths.state, kFile), 1 << 16));
  LUMENFLOW_TRY_ASSIGN(const json::Value stored, json::parse(text));
  HousekeepingStatus status;
  if (const json::Value* backup = stored.find("backup")) {
    status.backup = {time_in(*backup, "last"), time_in(*backup, "failed"),
                     static_cast<std::uint64_t>(std::max<std::int64_t>(0, json::integer_or(*backup, "failures", 0))),
                     std::string(json::string_or(*backup, "error", ""))};
  }
  if (const json::Value* retention = stored.find("retention"))
    status.retention = {std::string(json::string_or(*retention, "held_by", "")),
                        std::string(json::string_or(*retention, "error", ""))};
  return status;
}

class Housekeeping::Thread {
 public:
  Thread(Workspace& workspace, const Clock& clock, std::function<void(std::function<void()>)> post)
      : workspace_(workspace), clock_(clock), post_(std::move(post)) {
    if (Result<HousekeepingStatus> before = read_housekeeping(workspace.files(), workspace.paths()); before.ok())
      status_ = *std::move(before);
    thread_ = std::thread([this] { run(); });
  }
  ~Thread() { stop(); }

  void stop() {
    {
      const std::lock_guard lock(shared_->mutex);
      shared_->stopping = true;
    }
    shared_->changed.notify_all();
    if (thread_.joinable()) thread_.join();
  }
  HousekeepingStatus status() const {
    const std::lock_guard lock(shared_->mutex);
    return status_;
  }

 private:
  // What callbacks on the strand reach, which may come after all else is gone.
  struct Shared {
    std::mutex mutex;
    std::condition_variable changed;
    bool stopping = false;
  };
  template <class T>
  struct Answer {
    std::optional<T> value;
  };

  template <class T>
  static std::function<void(const T&)> setter(const std::shared_ptr<Shared>& shared,
                                              const std::shared_ptr<Answer<T>>& answer) {
    return [shared, answer](const T& value) {
      const std::lock_guard lock(shared->mutex);
      answer->value = value;
      shared->changed.notify_all();
    };
  }
  // Nothing when the sidecar stops first.
  template <class T>
  std::optional<T> wait(const std::shared_ptr<Answer<T>>& answer) {
    std::unique_lock lock(shared_->mutex);
    shared_->changed.wait(lock, [&] { return answer->value || shared_->stopping; });
    return answer->value;
  }
  // Whether it goes on.
  bool pause(milliseconds length) {
    std::unique_lock lock(shared_->mutex);
    return !shared_->changed.wait_for(lock, length, [this] { return shared_->stopping; });
  }
  bool goes_on() const {
    const std::lock_guard lock(shared_->mutex);
    return !shared_->stopping;
  }

  // A copy: lumenflow.yaml may be reloaded meanwhile.
  std::optional<kernel::WorkspaceConfig> configuration() {
    const auto answer = std::make_shared<Answer<kernel::WorkspaceConfig>>();
    const auto set = setter(shared_, answer);
    post_([set, &workspace = workspace_] { set(workspace.config()); });
    return wait(answer);
  }

  void run() {
    auto next_retention = steady_clock::now();
    auto next_try = next_retention;  // of a backup
    for (;;) {
      const std::optional<kernel::WorkspaceConfig> config = configuration();
      if (!config) return;
      if (steady_clock::now() >= next_retention) {
        let_go(*config);
        next_retention = steady_clock::now() + retention_pause(*config);
      }
      if (config->backup && steady_clock::now() >= next_try && !back_up_if_due(*config))
        next_try = steady_clock::now() + std::min(config->backup->interval, kBackupRetry);
      if (!pause(std::clamp<milliseconds>(retention_pause(*config), milliseconds(250), kLook))) return;
    }
  }

  // --- retention ---

  Status change(std::function<Status(log::Log&)> make) {
    const auto answer = std::make_shared<Answer<Status>>();
    workspace_.kernel().change_journal(std::move(make), setter(shared_, answer));
    const std::optional<Status> done = wait(answer);
    return done ? *done : Status(stopped());
  }

  void let_go(const kernel::WorkspaceConfig& config) {
    if (const log::Condition condition = workspace_.log().condition(); condition.damaged || condition.read_only) return;
    auto step_began = steady_clock::now();
    const auto go_on = [&] {
      const auto took = std::chrono::duration_cast<milliseconds>(steady_clock::now() - step_began);
      const bool going = pause(std::min(took * kPausePerStep, kStepPauseMax));
      step_began = steady_clock::now();
      return going;
    };
    const journal::RetainPorts ports{workspace_.log(),
                                     workspace_.blobs(),
                                     workspace_.keys().log_key,
                                     [this](std::function<Status(log::Log&)> make) { return change(std::move(make)); },
                                     go_on,
                                     [this] { return lock_backup(workspace_.files(), workspace_.paths()); }};
    const Timestamp now = clock_.now();
    const Result<journal::RetainReport> report = journal::retain(ports, cut_terms(config, now), now);
    if (!goes_on()) return;
    RetentionStatus status;
    if (report.ok())
      status.held_by = report->held_by;
    else
      status.error = report.error().to_string();
    if (report.ok() && report->bodies > 0)
      write_log(LogLevel::kInfo, "retention", "let go of stored inputs and outputs",
                {{"bodies", std::to_string(report->bodies)}, {"bytes", std::to_string(report->bytes)}});
    if (!report.ok()) write_log(LogLevel::kWarn, "retention", "it did not end", {{"reason", status.error}});
    note([&](HousekeepingStatus& all) { all.retention = status; });
  }

  // --- backups ---

  // False when one failed.
  bool back_up_if_due(const kernel::WorkspaceConfig& config) {
    const kernel::Backup& settings = *config.backup;
    const Timestamp now = clock_.now();
    const std::string folder = backup_folder(workspace_.paths(), settings);
    const auto there = list_backups(workspace_.files(), folder, config.id);
    if (there.ok() && next_backup(*there, settings) > now) return true;
    const auto made = there.ok() ? make_backup(workspace_.files(), workspace_.paths(), settings, config.id, now,
                                               [this] { return goes_on(); })
                                 : Result<BackupReport>(there.error());
    if (!goes_on()) return true;
    if (made.ok()) {
      write_log(LogLevel::kInfo, "backup", "made", {{"path", made->path}, {"bytes", std::to_string(made->bytes)}});
      note([&](HousekeepingStatus& all) { all.backup = {now, {}, 0, {}}; });
      return true;
    }
    write_log(LogLevel::kError, "backup", "a backup failed", {{"reason", made.error().to_string()}});
    note([&](HousekeepingStatus& all) {
      all.backup.failed = now;
      ++all.backup.failures;
      all.backup.error = made.error().to_string();
    });
    return false;
  }

  // --- what is told ---

  template <class Change>
  void note(Change change) {
    std::string before, after;
    {
      const std::lock_guard lock(shared_->mutex);
      before = json::serialize(as_json(status_));
      change(status_);
      after = json::serialize(as_json(status_));
    }
    if (before == after) return;
    const Status written =
        workspace_.files().write_atomic(join_path(workspace_.paths().state, kFile), after + "\n", 0600);
    if (!written.ok())
      write_log(LogLevel::kWarn, "housekeeping", "it cannot be written down", {{"reason", written.error().message()}});
  }

  Workspace& workspace_;
  const Clock& clock_;
  const std::function<void(std::function<void()>)> post_;
  const std::shared_ptr<Shared> shared_ = std::make_shared<Shared>();  // shared with what was posted
  HousekeepingStatus status_;                                          // under the shared mutex
  std::thread thread_;                                                 // last: it starts when all else is there
};

Housekeeping::Housekeeping(Workspace& workspace, const Clock& clock, std::function<void(std::function<void()>)> post)
    : thread_(std::make_unique<Thread>(workspace, clock, std::move(post))) {}
Housekeeping::~Housekeeping() = default;
void Housekeeping::stop() { thread_->stop(); }
HousekeepingStatus Housekeeping::status() const { return thread_->status(); }

}  // namespace lumenflow::sidecar
