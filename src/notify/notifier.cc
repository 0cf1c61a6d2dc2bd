#include "notify/notifier.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "base/encoding.h"
#include "base/random.h"
#include "base/sha256.h"
#include "http/client.h"
#include "http/url.h"

namespace lumenflow::notify {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kAnswerBytesMax = 64 * 1024;

std::string_view where_of(const Target& target) {
  if (const auto* webhook = std::get_if<Webhook>(&target.where)) return webhook->url;
  return std::get<http::PushSubscription>(target.where).endpoint;
}

bool is_allowed(const std::vector<network::Entry>& allow, std::string_view address, std::uint16_t port) {
  const std::string host =
      address.find(':') == std::string_view::npos ? std::string(address) : "[" + std::string(address) + "]";
  const auto asked = network::parse_entry(host + ":" + std::to_string(port));
  if (!asked) return false;
  return std::ranges::any_of(
      allow, [&](const network::Entry& entry) { return network::intersect(entry, *asked).has_value(); });
}

// Standard Webhooks: what is signed is id, time and body.
std::string signature(const Webhook& webhook, const std::string& id, const std::string& seconds,
                      const std::string& body) {
  const Hash256 mac = hmac_sha256(webhook.secret, id + "." + seconds + "." + body);
  return "v1," + to_base64(as_chars(mac));
}

milliseconds asked_pause(const http::ClientResponse& response) {
  const auto said = response.header("retry-after");
  if (!said) return milliseconds(0);
  unsigned seconds = 0;
  const auto read = std::from_chars(said->data(), said->data() + said->size(), seconds);
  return read.ec == std::errc() && read.ptr == said->data() + said->size() ? std::chrono::seconds(seconds)
                                                                           : milliseconds(0);
}

}  // namespace

Notifier::Notifier(NotifierOptions options, const Clock& clock, Ended ended)
    : options_(std::move(options)), clock_(clock), ended_(std::move(ended)) {
  for (std::size_t i = 0; i < options_.threads; ++i) threads_.emplace_back([this] { run(); });
}

Notifier::~Notifier() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  interrupt_->fire();
  for (std::thread& thread : threads_) thread.join();
}

Status Notifier::notify(Target target, Notice notice) {
  if (notice.body.size() > http::kPushBytesMax)
    return Error(ErrorCode::kInvalidInput, "a notice has at most " + std::to_string(http::kPushBytesMax) + " bytes");
  {
    const std::lock_guard lock(mutex_);
    std::deque<Job>& jobs = waiting_[target.id];
    if (count_ >= options_.waiting_max || jobs.size() >= options_.waiting_of_one_max) {
      if (jobs.empty()) waiting_.erase(target.id);
      return Error(ErrorCode::kRateLimited, "too many notices wait to be delivered");
    }
    ++count_;
    const bool first = jobs.empty();
    const std::string id = target.id;
    jobs.push_back({std::move(target), std::move(notice)});
    if (first) due_.emplace(clock_.monotonic(), id);
  }
  changed_.notify_one();
  return {};
}

void Notifier::run() {
  for (Job job; next(job);) {
    const Attempt made = attempt(job);
    finish(std::move(job), made);
  }
}

// Takes a target off `due_` for as long as its oldest notice is being delivered; that notice stays in the queue.
bool Notifier::next(Job& job) {
  std::unique_lock lock(mutex_);
  for (;;) {
    if (stopping_) return false;
    if (due_.empty()) {
      changed_.wait(lock);
      continue;
    }
    const std::chrono::nanoseconds wait = due_.begin()->first - clock_.monotonic();
    if (wait > std::chrono::nanoseconds(0)) {
      changed_.wait_for(lock, wait);
      continue;
    }
    job = waiting_.at(due_.begin()->second).front();
    due_.erase(due_.begin());
    return true;
  }
}

Result<http::ClientRequest> Notifier::request_for(const Job& job, const std::string& path) {
  if (const auto* push = std::get_if<http::PushSubscription>(&job.target.where)) {
    http::PushOptions options;
    options.server_key = options_.push_key;
    options.contact = options_.contact;
    options.topic = job.notice.topic;
    SystemRandom random;
    return http::push_request(*push, job.notice.body, options, clock_.now(), random);
  }
  const auto& webhook = std::get<Webhook>(job.target.where);
  const std::string seconds = std::to_string(clock_.now().ms / 1000);
  http::ClientRequest request;
  request.method = http::Method::kPost;
  request.path = path;
  request.headers = {{"webhook-id", job.notice.id},
                     {"webhook-timestamp", seconds},
                     {"webhook-signature", signature(webhook, job.notice.id, seconds, job.notice.body)}};
  request.body = job.notice.body;
  return request;
}

Notifier::Attempt Notifier::attempt(const Job& job) {
  const auto refused = [](const Error& why) { return Attempt{Outcome::kRefused, false, {}, why.message()}; };
  const Result<http::Url> url = http::parse_url(where_of(job.target));
  if (!url.ok()) return refused(url.error());
  const bool in_clear = url->scheme != "https";
  if (in_clear && options_.allow.empty()) return Attempt{Outcome::kRefused, false, {}, "the URL must be https"};
  Result<http::ClientRequest> request = request_for(job, url->path);
  if (!request.ok()) return refused(request.error());
  http::ClientOptions options;
  options.base_url = url->origin();
  options.ca_file = options_.ca_file;
  options.timeout = options_.timeout;
  options.connect_timeout = std::min(options.connect_timeout, options.timeout);
  options.body_bytes_max = kAnswerBytesMax;
  options.interrupt = interrupt_;
  options.may_connect = [this, in_clear](std::string_view address, std::uint16_t port) {
    return (!in_clear && network::is_public_address(address)) || is_allowed(options_.allow, address, port);
  };
  const Result<http::ClientResponse> answer = http::Client(std::move(options)).send(*request);
  if (!answer.ok()) {
    if (answer.error().code() == ErrorCode::kScopeDenied) return refused(answer.error());
    return {Outcome::kGivenUp, true, {}, answer.error().message()};
  }
  const std::string why = "it answered " + std::to_string(answer->status);
  switch (http::push_outcome(answer->status)) {
    case http::PushOutcome::kTaken:
      return {Outcome::kDelivered, false, {}, {}};
    case http::PushOutcome::kGone:
      return {Outcome::kGone, false, {}, why};
    case http::PushOutcome::kRetry:
      return {Outcome::kGivenUp, true, asked_pause(*answer), why};
    case http::PushOutcome::kRefused:
      break;
  }
  return {Outcome::kRefused, false, {}, why};
}

void Notifier::finish(Job job, const Attempt& made) {
  if (made.again && interrupt_->fired()) return;  // it may have been cut off
  const bool again = made.again && ++job.failures < options_.attempts;
  if (!again && ended_) ended_(job.target.id, job.notice.id, made.outcome, made.why);
  {
    const std::lock_guard lock(mutex_);
    std::deque<Job>& jobs = waiting_.at(job.target.id);
    std::chrono::nanoseconds due = clock_.monotonic();
    if (again) {
      milliseconds pause = options_.backoff;
      for (int i = 1; i < job.failures && pause < options_.backoff_max; ++i) pause *= 4;
      due += std::min(std::max(pause, made.not_before), options_.backoff_max);
      jobs.front().failures = job.failures;
    } else {
      jobs.pop_front();
      --count_;
    }
    if (jobs.empty())
      waiting_.erase(job.target.id);
    else
      due_.emplace(due, job.target.id);
  }
  changed_.notify_one();
}

}  // namespace lumenflow::notify
