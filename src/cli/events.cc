#include <ostream>

#include "cli/commands.h"
#include "cli/session.h"

namespace lumenflow::cli {
namespace {

constexpr int kPageLimit = 500;

// CloudEvents 1.0, JSON format: an envelope as another system's bus takes it.
json::Value cloud_event(const json::Value& event) {
  const std::string from(json::string_or(event, "from", "")), stream(json::string_or(event, "channel", ""));
  json::Object out{{"specversion", "1.0"},
                   {"id", json::string_or(event, "event_id", "")},
                   {"source", "/workspaces/" + encode_path_segment(from) + "/" + encode_path_segment(stream)},
                   {"type", json::string_or(event, "kind", "")},
                   {"time", json::string_or(event, "timestamp", "")},
                   {"datacontenttype", "application/json"},
                   {"sequence", std::to_string(json::integer_or(event, "seq", 0))}};
  if (const json::Value* trace = event.find("trace"); trace != nullptr) out.set("traceparent", *trace);
  if (const json::Value* payload = event.find("payload"); payload != nullptr) out.set("data", *payload);
  return out;
}

void print_event(Context& context, const json::Value& event, const EventFlags& flags) {
  context.out << json::serialize(flags.format == "cloudevents" ? cloud_event(event) : event) << "\n";
}

std::string page_path(const EventFlags& flags, std::uint64_t after) {
  std::string path = "/events?after=" + std::to_string(after) + "&limit=" + std::to_string(kPageLimit);
  if (!flags.kind.empty()) path += "&kind=" + encode_path_segment(flags.kind);
  return path;
}

// Every event from `flags.after` to the end, page by page; stops when `each` says so.
template <class Each>
Status for_each_event(Session& session, const EventFlags& flags, Each each) {
  for (std::uint64_t after = flags.after;;) {
    LUMENFLOW_TRY_ASSIGN(const json::Value page, session.get(page_path(flags, after)));
    const json::Value* items = page.find("items");
    if (items == nullptr || !items->is_array())
      return Error(ErrorCode::kInternal, "GET /events answered without items");
    for (const json::Value& item : items->as_array())
      if (!each(item)) return {};
    const json::Value* next = page.find("next");
    if (next == nullptr || next->is_null()) return {};
    after = static_cast<std::uint64_t>(next->as_integer());
  }
}

}  // namespace

int run_events_export(Context& context, const EventFlags& flags) {
  const auto session = Session::open(context);
  if (!session.ok()) return fail(context, session.error());
  const Status status = for_each_event(**session, flags, [&](const json::Value& item) {
    print_event(context, item, flags);
    return true;
  });
  return status.ok() ? 0 : fail(context, status.error());
}

int run_events_show(Context& context, const EventFlags& flags) {
  const auto session = Session::open(context);
  if (!session.ok()) return fail(context, session.error());
  bool found = false;
  const Status status = for_each_event(**session, flags, [&](const json::Value& item) {
    if (json::string_or(item, "event_id", "") != flags.id) return true;
    context.out << json::serialize_pretty(flags.format == "cloudevents" ? cloud_event(item) : item) << "\n";
    found = true;
    return false;
  });
  if (!status.ok()) return fail(context, status.error());
  return found ? 0 : fail(context, Error(ErrorCode::kNotFound, "no event has the id " + flags.id));
}

// Follows the stream of a running sidecar; without one, prints what there is.
int run_events_tail(Context& context, const EventFlags& flags) {
  const auto session = Session::open(context);
  if (!session.ok()) return fail(context, session.error());
  if (!(*session)->is_remote()) return run_events_export(context, flags);
  http::ClientRequest request;
  request.path = "/events/stream?after=" + std::to_string(flags.after);
  if (!flags.kind.empty()) request.path += "&kind=" + encode_path_segment(flags.kind);
  request.headers = {{"Accept", "text/event-stream"}};
  std::string event_name;
  std::optional<Error> ended;  // the sidecar said why it ended the stream
  const auto on_line = [&](std::string_view line) {
    if (line.starts_with("event:")) event_name = line.substr(6);
    if (line.empty()) event_name.clear();
    if (!line.starts_with("data:") || event_name == " resume") return true;
    const Result<json::Value> event = json::parse(line.substr(line.starts_with("data: ") ? 6 : 5));
    if (event.ok() && event_name == " error") {
      const std::optional<ErrorCode> code = error_code_from_name(json::string_or(*event, "code", ""));
      ended = Error(code.value_or(ErrorCode::kInternal), std::string(json::string_or(*event, "detail", "")));
      return false;
    }
    if (event.ok() && event->find("event_id") != nullptr) {
      print_event(context, *event, flags);
      context.out.flush();
    }
    return context.out.good();  // `events tail | head` ends
  };
  const Result<http::ClientResponse> answer = (*session)->stream(request, on_line);
  if (ended) return fail(context, *ended);
  if (!context.out.good()) return 0;
  if (!answer.ok()) return fail(context, answer.error());
  return answer->status >= 400 ? fail(context, error_of(*answer)) : 0;
}

}  // namespace lumenflow::cli
