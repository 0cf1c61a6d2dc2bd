// lumenflow audit compare: every event of the journal against what the conductor has of it, in the order of its stream.
#include <deque>
#include <functional>
#include <ostream>
#include <utility>

#include "cli/commands.h"
#include "cli/output.h"
#include "cli/session.h"
#include "conductor_link/enrollment.h"
#include "conductor_link/wire.h"
#include "json/canonical.h"
#include "sidecar/workspace.h"

namespace lumenflow::cli {
namespace {

constexpr std::size_t kExamplesMax = 20;
constexpr std::string_view kOwnStream = "sidecar";

// The items of one side, page by page.
class Side {
 public:
  using Fetch = std::function<Result<json::Value>(std::uint64_t after)>;
  explicit Side(Fetch fetch) : fetch_(std::move(fetch)) {}

  // The next item of the workspace's own stream; null at the end.
  Result<const json::Value*> peek() {
    while (items_.empty() && !over_) {
      LUMENFLOW_TRY_ASSIGN(json::Value page, fetch_(after_));
      const json::Value *items = page.find("items"), *next = page.find("next");
      if (items == nullptr || !items->is_array())
        return Error(ErrorCode::kInvalidOutput, "a page of events has no 'items'");
      for (const json::Value& item : items->as_array())
        if (json::string_or(item, "channel", "") == kOwnStream) items_.push_back(item);
      const std::int64_t* at = next == nullptr ? nullptr : next->if_integer();
      over_ = at == nullptr || static_cast<std::uint64_t>(*at) <= after_;
      if (!over_) after_ = static_cast<std::uint64_t>(*at);
    }
    return items_.empty() ? nullptr : &items_.front();
  }
  void pop() { items_.pop_front(); }

 private:
  Fetch fetch_;
  std::deque<json::Value> items_;
  std::uint64_t after_ = 0;
  bool over_ = false;
};

struct Comparison {
  std::uint64_t accounted = 0, explained = 0, missing = 0, altered = 0, invented = 0;
  json::Array examples;  // of what is not well

  void note(std::uint64_t& count, const char* what, std::uint64_t seq, const json::Value& item) {
    ++count;
    if (examples.size() >= kExamplesMax) return;
    examples.push_back(json::Object{{"what", what},
                                    {"seq", seq},
                                    {"kind", std::string(json::string_or(item, "kind", ""))},
                                    {"event_id", std::string(json::string_or(item, "event_id", ""))}});
  }
  bool well() const { return missing + altered + invented == 0; }
};

std::uint64_t number(const json::Value& item, std::string_view member) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(0, json::integer_or(item, member, 0)));
}

// Without what each side says of where it stands there.
Result<std::string> envelope_text(const json::Value& item) {
  json::Object envelope = item.as_object();
  for (const char* member : {"class", "position", "log_id"}) envelope.erase(member);
  return json::canonical(json::Value(std::move(envelope)));
}

// What the conductor has instead of an event, from one seq to another: a gap that it wrote down, or a tombstone.
struct Span {
  std::uint64_t first = 0, last = 0;
  bool tombstone = false;
};
std::optional<Span> span_of(const json::Value& item) {
  if (item.find("event_id") != nullptr) return std::nullopt;
  if (item.find("first_seq") != nullptr) return Span{number(item, "first_seq"), number(item, "last_seq"), false};
  return Span{number(item, "seq"), number(item, "seq"), true};
}

// Both sides in the order of seq. What is here and not there is explained where the conductor wrote down that it was
// dropped (an ephemeral), or set aside (a tombstone), where it came before the enrollment, and where it still waits.
Status compare(Side& here, Side& there, std::uint64_t waits_from, Comparison& found) {
  bool began = false;
  for (;;) {
    LUMENFLOW_TRY_ASSIGN(const json::Value* ours, here.peek());
    LUMENFLOW_TRY_ASSIGN(const json::Value* theirs, there.peek());
    if (ours == nullptr && theirs == nullptr) return {};
    const std::uint64_t our_seq = ours == nullptr ? UINT64_MAX : number(*ours, "seq");
    const bool queued = ours != nullptr && ours->find("queue_seq") != nullptr;
    if (theirs == nullptr) {
      if (!began || our_seq >= waits_from || !queued)
        ++found.explained;
      else
        found.note(found.missing, "missing", our_seq, *ours);
      here.pop();
      continue;
    }
    if (const auto span = span_of(*theirs)) {
      if (ours == nullptr || our_seq > span->last) {
        began = true;
        there.pop();
      } else if (our_seq < span->first) {
        began ? found.note(found.missing, "missing", our_seq, *ours) : void(++found.explained);
        here.pop();
      } else {
        // Of a gap at the very beginning the enrollment says that nothing up to there would come.
        const bool fine = span->tombstone || !queued || !began;
        fine ? void(++found.explained) : found.note(found.missing, "missing", our_seq, *ours);
        here.pop();
      }
      continue;
    }
    const std::uint64_t their_seq = number(*theirs, "seq");
    if (our_seq < their_seq) {
      began ? found.note(found.missing, "missing", our_seq, *ours) : void(++found.explained);
      here.pop();
      continue;
    }
    began = true;
    if (their_seq < our_seq) {
      found.note(found.invented, "invented", their_seq, *theirs);
    } else {
      LUMENFLOW_TRY_ASSIGN(const std::string our_text, envelope_text(*ours));
      LUMENFLOW_TRY_ASSIGN(const std::string their_text, envelope_text(*theirs));
      our_text == their_text ? void(++found.accounted) : found.note(found.altered, "altered", our_seq, *ours);
      here.pop();
    }
    there.pop();
  }
}

// The seq of the oldest event that was not acknowledged; what comes from there on may be on its way.
Result<std::uint64_t> first_waiting(Session& session) {
  LUMENFLOW_TRY_ASSIGN(const json::Value page, session.get("/outbox/pending?limit=1"));
  const json::Value* first = page.at_pointer("/items/0");
  return first == nullptr ? UINT64_MAX : number(*first, "seq");
}

Result<Comparison> compare_both(Context& context) {
  LUMENFLOW_TRY_ASSIGN(const std::unique_ptr<Session> session, Session::open(context));
  const sidecar::WorkspacePaths paths(session->root());
  LUMENFLOW_TRY_ASSIGN(const json::Value outbox, session->get("/outbox"));
  LUMENFLOW_TRY_ASSIGN(const json::Value tools, session->get("/tools"));
  const std::string workspace(json::string_or(tools, "workspace_id", ""));
  LUMENFLOW_TRY_ASSIGN(const conductor_link::Enrollment enrollment,
                       conductor_link::load_enrollment(context.files, paths.conductor, workspace, context.clock.now()));
  const std::string ca = conductor_link::ca_path(paths.conductor);
  LUMENFLOW_TRY_ASSIGN(const auto own_ca, context.files.stat(ca));
  http::ClientOptions options;
  options.base_url = enrollment.conductor_url;
  options.ca_file = own_ca ? ca : std::string();
  http::Client client(options);
  LUMENFLOW_TRY_ASSIGN(const std::uint64_t waits_from, first_waiting(*session));
  const std::string log_id(json::string_or(outbox, "log_id", ""));
  Side here(
      [&session](std::uint64_t after) { return session->get("/events?limit=1000&after=" + std::to_string(after)); });
  Side there([&](std::uint64_t after) -> Result<json::Value> {
    http::ClientRequest request;
    request.path = "/v2/workspaces/" + encode_path_segment(workspace) +
                   "/events?limit=1000&after=" + std::to_string(after) + "&log_id=" + encode_path_segment(log_id);
    request.headers.emplace_back("Authorization", "Bearer " + enrollment.token);
    LUMENFLOW_TRY_ASSIGN(const http::ClientResponse answer, client.send(request));
    if (answer.status != 200) return conductor_link::refusal_of(answer).error;
    return json::parse(answer.body, {.depth_max = 512});
  });
  Comparison found;
  LUMENFLOW_TRY(compare(here, there, waits_from, found));
  return found;
}

}  // namespace

int run_audit_compare(Context& context, const AuditFlags& flags) {
  const Result<Comparison> found = compare_both(context);
  if (!found.ok()) return fail(context, found.error());
  if (flags.json) {
    context.out << json::serialize(json::Value(json::Object{{"accounted", found->accounted},
                                                            {"explained", found->explained},
                                                            {"missing", found->missing},
                                                            {"altered", found->altered},
                                                            {"invented", found->invented},
                                                            {"examples", found->examples}}))
                << "\n";
    return found->well() ? 0 : 1;
  }
  context.out << found->accounted << " events are accounted for, " << found->explained << " are explained gaps, "
              << found->missing << " are missing there, " << found->altered << " were altered, " << found->invented
              << " were never emitted here\n";
  for (const json::Value& example : found->examples)
    context.out << cell(example.find("what")) << ": seq " << cell(example.find("seq")) << " "
                << cell(example.find("kind")) << " " << cell(example.find("event_id")) << "\n";
  return found->well() ? 0 : 1;
}

}  // namespace lumenflow::cli
