#include "network.h"

#include <algorithm>
#include <utility>

namespace lumenflow::sim {
namespace {

constexpr std::chrono::seconds kPatience{10};  // where a request says nothing

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

// What http::Client puts on the wire, as http::Server takes it from there.
http::Request as_received(const http::ClientRequest& sent, const std::string& from) {
  http::Request request;
  request.method = sent.method;
  request.target = sent.path;
  for (const auto& [name, value] : sent.headers) request.headers.emplace_back(lower(name), value);
  if (sent.body && !request.header("content-type")) request.headers.emplace_back("content-type", "application/json");
  request.body = sent.body.value_or("");
  request.peer.address = from;
  return request;
}

http::ClientResponse as_heard(const http::Response& sent) {
  http::ClientResponse response;
  response.status = sent.status;
  for (const auto& [name, value] : sent.headers) response.headers.emplace_back(lower(name), value);
  response.headers.emplace_back("content-type", sent.content_type);
  response.body = sent.body;
  return response;
}

Error unreachable(const char* why) { return Error(ErrorCode::kUnreachable, why); }

// A route without what differs from run to run or is long.
std::string_view route_of(std::string_view target) {
  target = target.substr(0, target.find('?'));
  return target.substr(0, target.find("/commands/"));
}

}  // namespace

struct Network::Asking {
  std::uint64_t number = 0;
  std::string from;
  Life life = kWorld;
  http::ClientRequest request;
  Hear hear;  // empty: it has heard
};

Micros Network::delay() {
  if (draw_.chance(weather.late)) return draw_.between(weather.longest, weather.latest);
  return draw_.between(weather.shortest, weather.longest);
}

Network::AskingPtr Network::ask(const std::string& from, Life life, http::ClientRequest request, Micros timeout,
                                Hear hear) {
  const auto asking = std::make_shared<Asking>();  // shared by what is under way and who waits
  asking->from = from;
  asking->life = life;
  asking->request = std::move(request);
  asking->hear = std::move(hear);
  scheduler_.after(timeout, life, "timeout", [this, asking] { heard(asking, unreachable("no answer came in time")); });
  send(asking);
  if (draw_.chance(weather.doubled)) send(asking);
  return asking;
}

void Network::give_up(const AskingPtr& asking) { heard(asking, unreachable("it was given up")); }

void Network::send(const AskingPtr& asking) {
  if (cut_off.contains(asking->from) || draw_.chance(weather.lost)) return;
  scheduler_.after(delay(), kWorld, "request", [this, asking] { arrive(asking); });
}

void Network::arrive(const AskingPtr& asking) {
  if (cut_off.contains(asking->from)) return;
  http::Request request = as_received(asking->request, asking->from);
  std::string line = "  " + asking->from + " asks " + std::string(http::name(request.method)) + " ";
  line += route_of(request.target);
  trace_.line(line);
  const bool taken = server_ && server_(std::move(request), [this, asking](http::Response response) {
                       answer(asking, std::move(response));
                     });
  if (taken) return;
  scheduler_.after(delay(), asking->life, "refused", [this, asking] { heard(asking, unreachable("nobody listens")); });
}

void Network::answer(const AskingPtr& asking, http::Response response) {
  trace_.line("  to " + asking->from + ": " + std::to_string(response.status));
  if (cut_off.contains(asking->from) || draw_.chance(weather.lost)) return;
  scheduler_.after(delay(), asking->life, "answer", [this, asking, response = std::move(response)] {
    if (!cut_off.contains(asking->from)) heard(asking, as_heard(response));
  });
}

void Network::heard(const AskingPtr& asking, Result<http::ClientResponse> response) {
  if (const Hear hear = std::exchange(asking->hear, nullptr)) hear(std::move(response));
}

void SimLane::ask(Write write, Hear hear) {
  waiting_.push_back({std::move(write), std::move(hear)});
  if (waiting_.size() == 1 && !under_way_) machine_.scheduler.after(Micros(1), life_, "lane", [this] { go_on(); });
}

void SimLane::go_on() {
  while (!under_way_ && !waiting_.empty()) {
    Task task = std::move(waiting_.front());
    waiting_.pop_front();
    std::optional<http::ClientRequest> request = task.write();
    if (!request) continue;
    const Micros timeout = request->timeout.value_or(kPatience);
    under_way_ = network_.ask(machine_.name, life_, *std::move(request), timeout,
                              [this, hear = std::move(task.hear)](Result<http::ClientResponse> response) {
                                under_way_.reset();
                                hear(std::move(response));
                                go_on();
                              });
  }
}

void SimLane::cut() {
  const std::deque<Task> waited = std::exchange(waiting_, {});
  if (const auto asking = std::exchange(under_way_, nullptr)) network_.give_up(asking);
  for (const Task& task : waited) task.hear(unreachable("the conversation with the conductor is over"));
}

}  // namespace lumenflow::sim
