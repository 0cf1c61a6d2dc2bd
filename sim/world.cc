#include "world.h"

#include <algorithm>
#include <iterator>
#include <memory>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "base/logging.h"
#include "checker.h"
#include "conductor/authenticator.h"
#include "conductor/operators.h"
#include "conductor/tables.h"
#include "tally_pack.h"

namespace lumenflow::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::uint64_t kTasksMax = 3'000'000;  // more than any run takes: something goes round in circles
constexpr seconds kToRestMax{1'200};
constexpr milliseconds kLook{500};  // between looks whether all is at rest

class World {
 public:
  explicit World(const RunOptions& options)
      : options_(options),
        trace_(options.trace),
        draw_(options.seed),
        network_(scheduler_, draw_.next(), trace_),
        operator_(network_, scheduler_) {
    configure_logging(LogLevel::kOff, LogFormat::kText);  // what goes wrong is complained of
  }

  RunResult run() {
    build();
    if (fault_.empty()) enroll();
    if (fault_.empty()) work();
    if (fault_.empty()) heal();
    RunResult result{fault_, trace_.hash(), trace_.lines(), 0, operator_.asked().size(), done_, crashes_};
    for (const Place& place : places_) result.calls += place.history.size();
    trace_.line(fault_.empty() ? "well" : "wrong: " + fault_);
    result.hash = trace_.hash();
    return result;
  }

 private:
  struct Place {  // a machine with what runs on it, and when it comes back
    std::unique_ptr<Machine> machine;
    std::unique_ptr<WorkspaceNode> workspace;  // one of the two
    std::unique_ptr<ConductorNode> conductor;
    History history;
    std::unique_ptr<Phone> phone;  // of a workspace
    bool lies_flat = false;

    bool running() const { return workspace != nullptr ? workspace->running() : conductor->running(); }
    Life life() const { return workspace != nullptr ? workspace->life() : conductor->life(); }
    Status start() { return workspace != nullptr ? workspace->start() : conductor->start(); }
    void end() { workspace != nullptr ? workspace->end() : conductor->end(); }
  };

  void wrong(const std::string& what) {
    if (fault_.empty()) fault_ = what;
  }
  Place& conductor() { return places_.front(); }
  Place& some_workspace() { return places_[1 + draw_.below(places_.size() - 1)]; }
  Place& some_place() { return places_[draw_.below(places_.size())]; }

  // --- time ---

  // The next task, on its machine, and what it did to it.
  void step() {
    Scheduler::Task task = scheduler_.take();
    if (++tasks_ > kTasksMax) return wrong("it goes round in circles");
    Place* place = nullptr;
    for (Place& one : places_)
      if (task.life != kWorld && one.life() == task.life) place = &one;
    std::string line = std::to_string(scheduler_.now().count());
    line += " ";
    line += place == nullptr ? "world" : place->machine->name;
    line += " ";
    line += task.what;
    trace_.line(line);
    if (place != nullptr) place->machine->disk.use();
    task.work();
    task.work = nullptr;
    for (Place& one : places_)
      if (one.running() && one.machine->disk.dead()) fall(one);
    if (!conductor().conductor->unanswered().empty())
      wrong("a request was left unanswered: " + conductor().conductor->unanswered());
    if (!operator_.fault().empty()) wrong(operator_.fault());
    for (const Place& one : places_)
      if (one.phone != nullptr && !one.phone->fault().empty()) wrong(one.phone->fault());
  }
  void pass(Micros time) {
    bool over = false;
    scheduler_.after(time, kWorld, "a while", [&over] { over = true; });
    while (!over && fault_.empty()) step();
  }

  // --- building ---

  void build() {
    const std::uint64_t wanted =
        options_.workspaces > 0 ? static_cast<std::uint64_t>(options_.workspaces) : 2 + draw_.below(3);
    places_.reserve(wanted + 1);
    for (std::uint64_t i = 0; i <= wanted; ++i) {
      Place place;
      place.machine =
          std::make_unique<Machine>(scheduler_, i == 0 ? "conductor" : "ws-" + std::to_string(i), draw_.next());
      place.machine->disk.ignore_syncs(options_.planted == Planted::kSyncsLie);
      if (i == 0)
        place.conductor = std::make_unique<ConductorNode>(*place.machine, trace_);
      else
        place.workspace = std::make_unique<WorkspaceNode>(*place.machine, network_, trace_);
      if (i != 0) place.phone = std::make_unique<Phone>(network_, scheduler_, place.machine->name, draw_.next());
      places_.push_back(std::move(place));
    }
    network_.serve([this](http::Request request, Network::Answer answer) {
      return conductor().conductor->take(std::move(request), std::move(answer));
    });
    for (Place& place : places_)
      if (const Status started = place.start(); !started.ok())
        wrong(place.machine->name + " does not start: " + started.error().to_string());
  }

  // Each workspace mints the conductor's token and enrolls with a ticket; then days may have gone by.
  void enroll() {
    for (std::size_t i = 1; i < places_.size() && fault_.empty(); ++i) enroll(places_[i]);
    const milliseconds gone = minutes(draw_.between(0, 40 * 60));
    for (Place& place : places_) {
      place.machine->clock.off += gone;
      if (place.phone != nullptr) place.phone->clock.off += gone;
    }
    conductor().machine->disk.use();
    if (!fault_.empty()) return;
    const Status signed_in = operator_.sign_in(conductor().conductor->store(), conductor().machine->clock.now());
    if (!signed_in.ok()) wrong(signed_in.error().to_string());
    for (std::size_t i = 1; i < places_.size() && fault_.empty(); ++i) {
      places_[i].end();
      start(places_[i]);
    }
    for (std::size_t i = 1; i < places_.size() && fault_.empty(); ++i) pair(places_[i]);
  }

  // Its operator invites a phone, which asks, is looked at, and has its token.
  void pair(Place& place) {
    Phone& phone = *place.phone;
    bool asked = false;
    at(place, "kernel:device_invite",
       json::Object{{"device_id", phone.id()}, {"name", phone.id()}, {"scope", Phone::kScope}});
    http::ClientRequest request;
    request.method = http::Method::kPost;
    request.path = "/v2/enrollments";
    request.body =
        json::serialize(json::Value(phone.enrollment(conductor().conductor->ticket("device", place.machine->name))));
    network_.ask(phone.id(), kWorld, std::move(request), seconds(10),
                 [&](const Result<http::ClientResponse>& response) {
                   asked = true;
                   if (!response.ok() || response->status != 202)
                     wrong("pairing: " + (response.ok() ? response->body : ""));
                 });
    while (!asked && fault_.empty()) step();
    wait_for("what asks to be paired", [&] { return place.workspace->decide("kernel:device_pair", true); });
    wait_for("a phone's token", [&] {
      if (!phone.has_token()) phone.renew();
      return phone.has_token();
    });
  }
  template <class Holds>
  void wait_for(const std::string& what, Holds holds) {
    for (int looks = 0; fault_.empty() && !holds(); ++looks) {
      if (looks == 1'000) return wrong("it did not come: " + what);
      pass(kLook);
    }
  }

  void enroll(Place& place) {
    std::optional<std::string> document;
    const std::string subject = place.machine->name + ":conductor";
    const json::Value minted =
        at(place, "kernel:token_mint", json::Object{{"subject", subject}, {"scope", "workspace"}});
    const std::string token(json::string_or(minted, "token", ""));
    if (!fault_.empty()) return;
    const std::string code = conductor().conductor->ticket("workspace", place.machine->name);
    http::ClientRequest request;
    request.method = http::Method::kPost;
    request.path = "/v2/enrollments";
    request.body = json::serialize(json::Value(place.workspace->enrollment(code, token)));
    network_.ask(place.machine->name, kWorld, std::move(request), seconds(10),
                 [&document](Result<http::ClientResponse> response) {
                   document = response.ok() ? response->body : response.error().to_string();
                 });
    while (!document && fault_.empty()) step();
    if (!fault_.empty()) return;
    at(place, "kernel:enroll", json::Object{{"document", *document}});
  }

  // What its operator does at a workspace, to its end: the data of the answer.
  json::Value at(Place& place, std::string_view tool, json::Value input) {
    std::optional<json::Value> data;
    place.machine->disk.use();
    place.workspace->submit(tool, std::move(input), "", [&](const kernel::CallResult& result) {
      const json::Value body = *json::parse(result.body);
      const json::Value* found = body.find("data");
      if (result.outcome != journal::Outcome::kSuccess || found == nullptr)
        wrong(std::string(tool) + ": " + result.body);
      data = found == nullptr ? json::Value() : *found;
    });
    while (!data && fault_.empty()) step();
    return data.value_or(json::Value());
  }

  // --- what goes wrong ---

  // The process is dead; sometimes the power went with it. It comes back after a while.
  void fall(Place& place) {
    ++crashes_;
    place.machine->disk.die_after(0);
    place.end();
    const bool power = draw_.chance(50);
    trace_.line("  " + place.machine->name + (power ? " loses its power" : " dies"));
    if (power)
      place.machine->disk.cut_power();
    else
      place.machine->disk.restart_process();
    place.lies_flat = true;
    scheduler_.after(draw_.between(Micros(10'000), Micros(4'000'000)), kWorld, "comes back", [this, &place] {
      if (place.lies_flat) start(place);
    });
  }

  void start(Place& place) {
    place.lies_flat = false;
    if (const Status started = place.start(); !started.ok()) {
      if (place.machine->disk.dead()) return fall(place);
      if (disk_is_full(place)) {  // as systemd would: again and again
        place.end();
        place.lies_flat = true;
        return scheduler_.after(seconds(1), kWorld, "comes back", [this, &place] {
          if (place.lies_flat) start(place);
        });
      }
      return wrong(place.machine->name + " does not come back: " + started.error().to_string());
    }
    trace_.line("  " + place.machine->name + " is back");
    look();
  }

  bool disk_is_full(const Place& place) const { return full_.contains(place.machine->name); }

  // What can be said of them now.
  void look() {
    if (!conductor().running()) return;
    for (std::size_t i = 1; i < places_.size() && fault_.empty(); ++i)
      if (places_[i].running()) wrong_if(check(checked(places_[i]), false));
  }
  void wrong_if(const std::string& what) {
    if (!what.empty()) wrong(what);
  }
  Checked checked(Place& place) {
    return {*place.workspace, *conductor().conductor, place.history, operator_.asked(), *place.phone, trace_};
  }

  void fill_disk(Place& place) {
    const Micros until = draw_.between(Micros(100'000), Micros(5'000'000));
    place.machine->disk.fail(crash::SimDisk::Fault::kFull, draw_.below(6), UINT32_MAX);
    full_.insert(place.machine->name);
    trace_.line("  the disk of " + place.machine->name + " is full");
    scheduler_.after(until, kWorld, "there is room", [this, &place] { empty_disk(place); });
  }
  void empty_disk(Place& place) {
    place.machine->disk.fail(crash::SimDisk::Fault::kNone, 0, 0);
    full_.erase(place.machine->name);
  }

  void change_weather() {
    Weather& weather = network_.weather;
    weather = {};
    if (draw_.chance(30)) return;
    weather.lost = static_cast<unsigned>(draw_.below(30));
    weather.doubled = static_cast<unsigned>(draw_.below(30));
    weather.late = static_cast<unsigned>(draw_.below(30));
    weather.longest = draw_.between(Micros(1'000), Micros(800'000));
    weather.latest = draw_.between(weather.longest, Micros(25'000'000));
  }

  void cut_off() {
    const std::string& name = some_workspace().machine->name;
    network_.cut_off.insert(name);
    trace_.line("  " + name + " is cut off");
    scheduler_.after(draw_.between(Micros(50'000), Micros(20'000'000)), kWorld, "the way is free",
                     [this, name] { network_.cut_off.erase(name); });
  }

  // Within what is borne, or beyond it; put right after a while, as the network's time would.
  void skew_clock() {
    Place& place = some_place();
    const bool beyond = draw_.chance(30);
    const milliseconds by(beyond ? draw_.between(6 * 60'000, 120 * 60'000) : draw_.between(0, 290'000));
    const milliseconds signed_by = draw_.chance(50) ? by : -by;
    place.machine->clock.off += signed_by;
    trace_.line("  the clock of " + place.machine->name + " is off by " + std::to_string(signed_by.count()) + " ms");
    skews_.emplace_back(&place, signed_by);
    if (beyond)
      scheduler_.after(draw_.between(Micros(1'000'000), Micros(15'000'000)), kWorld, "the clocks are put right",
                       [this] { put_clocks_right(); });
  }
  void put_clocks_right() {
    for (const auto& [place, by] : std::exchange(skews_, {})) place->machine->clock.off -= by;
  }

  // --- work ---

  void call(Place& place, std::string_view tool, std::int64_t n, const std::string& key) {
    if (!place.running()) return;
    place.machine->disk.use();
    place.history.try_emplace(n, LocalCall{std::string(tool), key, false, {}});
    place.workspace->submit(tool, json::Object{{"n", n}}, key, [this, &place, n](const kernel::CallResult& result) {
      trace_.line("  " + place.machine->name + " answers " + std::to_string(n) + ": " +
                  std::string(journal::name(result.outcome)));
      if (result.outcome != journal::Outcome::kSuccess) return;
      LocalCall& told = place.history.at(n);
      told.succeeded = true;
      told.receipt = result.receipt.str();
    });
  }
  void call_something(Place& place) {
    constexpr std::string_view kTools[] = {kNote, kNote, kSlow, kSee, kNote, kNote, kSlow, kAsk};
    const std::string_view tool = kTools[draw_.below(8)];
    const std::int64_t n = ++last_n_;
    call(place, tool, n, tool != kSlow && tool != kAsk && draw_.chance(50) ? "key-" + std::to_string(n) : "");
  }
  void call_again(Place& place) {
    if (place.history.empty()) return;
    auto at = place.history.begin();
    std::advance(at, static_cast<std::ptrdiff_t>(draw_.below(place.history.size())));
    if (!at->second.key.empty()) call(place, at->second.tool, at->first, at->second.key);
  }
  void ask_something() {
    const std::string& workspace = some_workspace().machine->name;
    operator_.ask(workspace, draw_.chance(70) ? kNote : kSlow, ++last_n_);
  }
  void ask_again() {
    const auto& asked = operator_.asked();
    if (asked.empty()) return;
    auto at = asked.begin();
    std::advance(at, static_cast<std::ptrdiff_t>(draw_.below(asked.size())));
    operator_.ask_again(at->first);
  }

  void take_something_back() {
    const auto& asked = operator_.asked();
    if (asked.empty()) return;
    auto at = asked.begin();
    std::advance(at,
                 static_cast<std::ptrdiff_t>(asked.size() - 1 - draw_.below(std::min<std::size_t>(asked.size(), 4))));
    operator_.take_back(at->first);
  }
  void use_phone(Place& place) {
    Phone& phone = *place.phone;
    const auto& asked = phone.asked();
    if (draw_.chance(40)) return phone.decide();
    if (asked.empty() || draw_.chance(75)) return phone.ask(kNote, ++last_n_);
    phone.ask_again(std::next(asked.begin(), static_cast<std::ptrdiff_t>(draw_.below(asked.size())))->first);
  }
  void decide_something(Place& place) {
    if (place.running()) place.workspace->decide("", draw_.chance(60));
  }

  void do_something() {
    const std::uint64_t what = draw_.below(112);
    if (what < 50) {
      Place& place = some_workspace();
      for (std::uint64_t left = 1 + draw_.below(3); left > 0; --left) call_something(place);
    } else if (what < 56) {
      call_again(some_workspace());
    } else if (what < 72) {
      ask_something();
    } else if (what < 76) {
      ask_again();
    } else if (what < 82) {
      change_weather();
    } else if (what < 86) {
      cut_off();
    } else if (what < 91) {
      Place& place = some_place();
      if (place.running()) fall(place);
    } else if (what < 94) {
      Place& place = some_place();
      if (place.running()) place.machine->disk.die_after(draw_.below(40));
    } else if (what < 97) {
      fill_disk(some_place());
    } else if (what < 100) {
      skew_clock();
    } else if (what < 103) {
      take_something_back();
    } else if (what < 108) {
      use_phone(some_workspace());
    } else if (what < 111) {
      decide_something(some_workspace());
    } else if (draw_.chance(40)) {
      operator_.revoke(*some_workspace().phone);
    }
  }

  void work() {
    const int steps = options_.steps > 0 ? options_.steps : static_cast<int>(draw_.between(75, 190));
    for (int i = 0; i < steps && fault_.empty(); ++i) {
      do_something();
      pass(draw_.chance(80) ? draw_.between(Micros(100), Micros(150'000))
                            : draw_.between(Micros(1), Micros(1'500'000)));
    }
  }

  // --- healing ---

  void heal() {
    trace_.line("healing");
    network_.weather = {};
    network_.cut_off.clear();
    put_clocks_right();
    for (Place& place : places_) {
      empty_disk(place);
      place.machine->disk.spare();
      const bool without_uplink = place.workspace != nullptr && place.running() && place.workspace->engine() == nullptr;
      if (without_uplink) place.end();  // as its operator would, once the clock is right
      if (!place.running() && fault_.empty()) start(place);
    }
    const Micros end = scheduler_.now() + kToRestMax;
    for (int calm = 0; calm < 3 && fault_.empty();) {
      pass(kLook);
      operator_.ask_all_again();
      const std::string unrest = why_not_at_rest();
      calm = unrest.empty() && !say_hello_anew() ? calm + 1 : 0;
      if (scheduler_.now() > end) wrong("it does not come to rest: " + unrest);
    }
    for (std::size_t i = 1; i < places_.size() && fault_.empty(); ++i) wrong_if(check(checked(places_[i]), true));
    conductor().machine->disk.use();
    if (fault_.empty()) done_ = operator_.done(conductor().conductor->store());
  }

  // A workspace that refused to revoke a phone, for its clock was off, is told again when it says hello.
  bool say_hello_anew() {
    bool any = false;
    for (std::size_t i = 1; i < places_.size() && fault_.empty(); ++i) {
      conductor().machine->disk.use();
      const auto owed = conductor().conductor->store().log->tables().get(
          conductor::kRevoking, conductor::key_of({places_[i].machine->name}) + places_[i].phone->id());
      if (!owed.ok() || !*owed) continue;
      places_[i].end();
      start(places_[i]);
      any = true;
    }
    return any;
  }

  std::string why_not_at_rest() {
    if (std::string unrest = operator_.unrest(); !unrest.empty()) return unrest;
    for (std::size_t i = 1; i < places_.size(); ++i) {
      places_[i].machine->disk.use();
      if (std::string unrest = places_[i].workspace->unrest(); !unrest.empty())
        return places_[i].machine->name + ": " + unrest;
    }
    if (!conductor().running()) return "the conductor does not run";
    conductor().machine->disk.use();
    const auto waiting = conductor().conductor->store().log->tables().scan("cmdq", "", "", 1);
    if (!waiting.ok()) return waiting.error().to_string();
    if (!waiting->empty()) return "the conductor has commands that wait";
    return {};
  }

  const RunOptions options_;
  Trace trace_;
  Draw draw_;
  Scheduler scheduler_;
  Network network_;
  Operator operator_;
  std::vector<Place> places_;  // the conductor's first
  std::set<std::string> full_;
  std::vector<std::pair<Place*, milliseconds>> skews_;
  std::int64_t last_n_ = 0;
  std::uint64_t tasks_ = 0, crashes_ = 0;
  std::uint64_t done_ = 0;  // commands, at the end
  std::string fault_;
};

}  // namespace

RunResult run(const RunOptions& options) { return World(options).run(); }

}  // namespace lumenflow::sim
