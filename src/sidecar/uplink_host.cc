#include "sidecar/uplink_host.h"

#include <utility>

#include "base/ulid.h"
#include "sidecar/conductor_host.h"
#include "sidecar/kernel_keeper.h"
#include "uplink/loopback.h"

namespace lumenflow::sidecar {
namespace {

uplink::EngineLimits limits_of(const kernel::UplinkLimits& config) {
  uplink::EngineLimits limits;
  limits.batch_events = config.batch_events;
  limits.batch_bytes = config.batch_bytes;
  limits.linger = config.batch_linger;
  return limits;
}

}  // namespace

kernel::OutboxMode outbox_mode(const kernel::WorkspaceConfig& config, bool enrolled) {
  if (config.uplink == "loopback" || enrolled) return kernel::OutboxMode::kWaits;
  return config.uplink == "none" ? kernel::OutboxMode::kNone : kernel::OutboxMode::kAsBefore;
}

Result<std::optional<conductor_link::Enrollment>> enrollment_of(const Files& files, const WorkspacePaths& paths,
                                                                const kernel::WorkspaceConfig& config, Timestamp now) {
  if (config.uplink != "auto" && config.uplink != "conductor") return std::optional<conductor_link::Enrollment>();
  Result<conductor_link::Enrollment> found =
      conductor_link::load_enrollment(files, paths.conductor, config.id.str(), now);
  if (found.ok()) return std::optional(*std::move(found));
  if (found.error().code() != ErrorCode::kNotFound) return found.error();
  if (config.uplink == "auto") return std::optional<conductor_link::Enrollment>();
  return Error(ErrorCode::kInvalidConfiguration,
               "the uplink is conductor, and the workspace is not enrolled; run `lumenflow enroll`, or write "
               "'uplink: auto'");
}

struct UplinkHost::Parts {
  explicit Parts(kernel::Kernel& kernel) : keeper(kernel) {}
  KernelKeeper keeper;
  SystemClock clock;
  SystemRandom random;  // the uplink's own
  std::unique_ptr<log::Log> inbox;
  std::unique_ptr<uplink::LoopbackLink> loopback;  // one of the two
  std::unique_ptr<ConductorHost> conductor;
  std::unique_ptr<uplink::Uplink> uplink;  // after what it borrows
};

UplinkHost::UplinkHost(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
UplinkHost::~UplinkHost() = default;

Result<std::unique_ptr<UplinkHost>> UplinkHost::start(Workspace& workspace) {
  const kernel::WorkspaceConfig& config = workspace.config();
  if (!workspace.kernel().journal_available()) return std::unique_ptr<UplinkHost>();
  auto parts = std::make_unique<Parts>(workspace.kernel());
  Files& files = workspace.files();
  LUMENFLOW_TRY_ASSIGN(auto enrollment, enrollment_of(files, workspace.paths(), config, parts->clock.now()));
  if (config.uplink != "loopback" && !enrollment) return std::unique_ptr<UplinkHost>();
  LUMENFLOW_TRY(files.make_directories(workspace.paths().conductor, 0700));
  if (enrollment) {
    parts->conductor = std::make_unique<ConductorHost>(workspace, *std::move(enrollment));
  } else {
    const std::string log_id = make_ulid(parts->clock.now(), parts->random.draw16()).str();
    LUMENFLOW_TRY_ASSIGN(parts->inbox, uplink::open_inbox(workspace.paths().inbox, log_id));
    LUMENFLOW_TRY_ASSIGN(parts->loopback, uplink::LoopbackLink::open(*parts->inbox, config.id.str()));
  }
  uplink::Link& link =
      parts->conductor != nullptr ? parts->conductor->link() : static_cast<uplink::Link&>(*parts->loopback);
  const uplink::UplinkParts uplink_parts{
      workspace.log(), link,         parts->keeper, files, join_path(workspace.paths().conductor, "outbox"),
      parts->clock,    parts->random};
  LUMENFLOW_TRY_ASSIGN(parts->uplink, uplink::Uplink::start(uplink_parts, limits_of(config.uplink_limits)));
  return std::unique_ptr<UplinkHost>(new UplinkHost(std::move(parts)));
}

void UplinkHost::stop() { parts_->uplink->stop(); }

std::string UplinkHost::alarm() const {
  return parts_->conductor == nullptr ? std::string() : parts_->conductor->alarm();
}

bool UplinkHost::is_conductor() const { return parts_->conductor != nullptr; }

void UplinkHost::refresh() {
  if (parts_->conductor != nullptr) parts_->conductor->refresh();
}

std::future<Result<std::string>> UplinkHost::consent(const std::string& log_id) {
  const auto answer = std::make_shared<std::promise<Result<std::string>>>();  // shared with the uplink's thread
  parts_->uplink->consent(log_id, [answer](const Result<std::string>& now) { answer->set_value(now); });
  return answer->get_future();
}

std::future<Result<uplink::StreamAt>> UplinkHost::put_in(const event::Event& event, const std::string& from) {
  const auto answer = std::make_shared<std::promise<Result<uplink::StreamAt>>>();  // shared with the uplink's thread
  const event::Stamp stamp{from, "bridge:loopback", 0, {}, event.timestamp, {}, {}};
  if (parts_->loopback == nullptr) {
    answer->set_value(
        Error(ErrorCode::kUnreachable, "the uplink is a conductor's; `inbox send` takes `uplink: loopback`"));
    return answer->get_future();
  }
  parts_->uplink->run_beside_link(
      [link = parts_->loopback.get(), answer, event, stamp] { answer->set_value(link->put_in(event, stamp)); });
  return answer->get_future();
}

Result<uplink::UplinkStatus> UplinkHost::status() const { return parts_->uplink->status(); }

}  // namespace lumenflow::sidecar
