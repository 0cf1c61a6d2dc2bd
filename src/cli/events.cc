#include <ostream>

#include "cli/commands.h"
#include "cli/session.h"
#include "event/cloud_events.h"
#include "lumenflow/sse_reader.h"

namespace lumenflow::cli {
namespace {

constexpr int kEventsPerPage = 500;

// As JSON lines or as CloudEvents.
Result<json::Value> formatted(const json::Value& event, const EventFlags& flags) {
  return flags.format == "cloudevents" ? event::to_cloud_event(event) : event;
}

Status print_event(Context& context, const json::Value& event, const EventFlags& flags) {
  LUMENFLOW_TRY_ASSIGN(const json::Value shown, formatted(event, flags));
  context.out << json::serialize(shown) << "\n";
  return {};
}

std::string page_path(const EventFlags& flags, std::uint64_t after) {
  std::string path = "/events?after=" + std::to_string(after) + "&limit=" + std::to_string(kEventsPerPage);
  if (!flags.kind.empty()) path += "&kind=" + encode_path_segment(flags.kind);
  return path;
}

// Every event from `flags.after` to the end, page by page; stops when `each`, a Result<bool>(event), says no.
template <class Each>
Status for_each_event(Session& session, const EventFlags& flags, Each each) {
  for (std::uint64_t after = flags.after;;) {
    LUMENFLOW_TRY_ASSIGN(const json::Value page, session.get(page_path(flags, after)));
    const json::Value* items = page.find("items");
    if (items == nullptr || !items->is_array())
      return Error(ErrorCode::kInternal, "GET /events answered without items");
    for (const json::Value& item : items->as_array()) {
      LUMENFLOW_TRY_ASSIGN(const bool goes_on, each(item));
      if (!goes_on) return {};
    }
    const json::Value* next = page.find("next");
    if (next == nullptr || next->is_null()) return {};
    after = static_cast<std::uint64_t>(next->as_integer());
  }
}

int export_all(Context& context, Session& session, const EventFlags& flags) {
  const Status status = for_each_event(session, flags, [&](const json::Value& item) -> Result<bool> {
    LUMENFLOW_TRY(print_event(context, item, flags));
    return true;
  });
  return status.ok() ? 0 : fail(context, status.error());
}

}  // namespace

int run_events_export(Context& context, const EventFlags& flags) {
  const auto session = Session::open(context);
  return session.ok() ? export_all(context, **session, flags) : fail(context, session.error());
}

int run_events_show(Context& context, const EventFlags& flags) {
  const auto session = Session::open(context);
  if (!session.ok()) return fail(context, session.error());
  bool found = false;
  const Status status = for_each_event(**session, flags, [&](const json::Value& item) -> Result<bool> {
    if (json::string_or(item, "event_id", "") != flags.id) return true;
    LUMENFLOW_TRY_ASSIGN(const json::Value shown, formatted(item, flags));
    context.out << json::serialize_pretty(shown) << "\n";
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
  if (!(*session)->is_remote()) return export_all(context, **session, flags);
  http::ClientRequest request;
  request.path = "/events/stream?after=" + std::to_string(flags.after);
  if (!flags.kind.empty()) request.path += "&kind=" + encode_path_segment(flags.kind);
  request.headers = {{"Accept", "text/event-stream"}};
  std::optional<Error> ended;  // why the stream was ended: the sidecar said so, or an event cannot be shown
  SseReader events(
      [&](const ReceivedEvent& received) {
        if (received.type == "resume") return true;
        const Result<json::Value> event = json::parse(received.data);
        if (event.ok() && received.type == "error") {
          const std::optional<ErrorCode> code = error_code_from_name(json::string_or(*event, "code", ""));
          ended = Error(code.value_or(ErrorCode::kInternal), std::string(json::string_or(*event, "detail", "")));
          return false;
        }
        if (event.ok() && event->find("event_id") != nullptr) {
          if (Status printed = print_event(context, *event, flags); !printed.ok()) {
            ended = std::move(printed).error();
            return false;
          }
          context.out.flush();
        }
        return context.out.good();  // `events tail | head` ends
      },
      kEventBytesMax);
  const auto on_line = [&events](std::string_view line) { return events.feed(line) && events.feed("\n"); };
  const Result<http::ClientResponse> answer = (*session)->stream(request, on_line);
  if (ended) return fail(context, *ended);
  if (!context.out.good()) return 0;
  if (!answer.ok()) return fail(context, answer.error());
  return answer->status >= 400 ? fail(context, error_of(*answer)) : 0;
}

}  // namespace lumenflow::cli
