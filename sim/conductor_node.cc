#include "conductor_node.h"

#include <utility>

#include "base/check.h"
#include "conductor/operators.h"

namespace lumenflow::sim {

using std::chrono::milliseconds;

class ConductorNode::Reply final : public http::Responder {
 public:
  Reply(ConductorNode& node, std::string what, Network::Answer answer)
      : node_(node), what_(std::move(what)), answer_(std::move(answer)) {}
  ~Reply() override {
    if (answer_ && !node_.ending_) node_.unanswered_ = what_;
  }
  void send(http::Response response) override {
    LUMENFLOW_CHECK(answer_ != nullptr);
    const Network::Answer answer = std::exchange(answer_, nullptr);
    answer(std::move(response));
  }
  std::shared_ptr<http::BodyStream> stream(http::Response) override {
    LUMENFLOW_CHECK(false);  // nobody here asks for one
    return nullptr;
  }

 private:
  ConductorNode& node_;
  const std::string what_;
  Network::Answer answer_;
};

Status ConductorNode::start() {
  machine_.disk.use();
  Scheduler& scheduler = machine_.scheduler;
  life_ = scheduler.begin_life();
  executor_ = std::make_unique<SimExecutor>(machine_, life_, "conductor writes records", Micros(2'000));
  beside_ = std::make_unique<SimExecutor>(machine_, life_, "conductor commits", Micros(4'000));
  LUMENFLOW_TRY_ASSIGN(store_, conductor::open_store(*machine_.files, machine_.clock, machine_.random,
                                                     "sqlite:conductor.db", beside_.get()));
  if (const log::Condition condition = store_->log->condition(); condition.damaged)
    return Error(ErrorCode::kJournalDamaged, condition.what);
  const conductor::CorePorts ports{*store_,
                                   *executor_,
                                   machine_.clock,
                                   machine_.random,
                                   [&scheduler, life = life_](std::function<void()> work) {
                                     scheduler.after(Micros(1), life, "conductor goes on", std::move(work));
                                   },
                                   [&scheduler, life = life_](milliseconds delay, std::function<void()> work) {
                                     scheduler.after(delay, life, "conductor's timer", std::move(work));
                                   }};
  conductor::ConductorOptions options;
  options.public_url = "http://conductor:7430";
  core_ = std::make_unique<conductor::Core>(ports, options);
  sweep();
  return {};
}

void ConductorNode::sweep() {
  core_->sweep();
  machine_.scheduler.after(milliseconds(1'000), life_, "conductor sweeps", [this] { sweep(); });
}

void ConductorNode::end() {
  ending_ = true;
  machine_.scheduler.end_life(life_);
  if (core_ != nullptr) store_->log->settle();  // what it waits for is told to nobody
  core_.reset();
  store_.reset();
  executor_.reset();
  beside_.reset();
  life_ = kWorld;
  ending_ = false;
}

std::string ConductorNode::ticket(const std::string& kind, const std::string& workspace) {
  machine_.disk.use();
  const conductor::Ticket made =
      conductor::make_ticket(kind, workspace, "local", machine_.clock.now(), machine_.random);
  const std::vector<conductor::RecordChange> changes{made.record};
  LUMENFLOW_CHECK(store_->records->apply(changes).ok());
  return made.code;
}

bool ConductorNode::take(http::Request request, Network::Answer answer) {
  if (!running()) return false;
  const std::string what = std::string(http::name(request.method)) + " " + request.target;
  // Shared, because what is scheduled is copied.
  const auto reply =
      std::make_shared<std::unique_ptr<http::Responder>>(std::make_unique<Reply>(*this, what, std::move(answer)));
  const auto asked = std::make_shared<http::Request>(std::move(request));
  machine_.scheduler.after(Micros(1), life_, "conductor takes",
                           [this, reply, asked] { core_->handle(std::move(*asked), std::move(*reply)); });
  return true;
}

}  // namespace lumenflow::sim
