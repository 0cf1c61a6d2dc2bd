// lumenflow handlers …: what waits for the packs' handlers, and what they kept failing with.
#include <functional>
#include <ostream>

#include "cli/commands.h"
#include "cli/output.h"
#include "cli/session.h"

namespace lumenflow::cli {
namespace {

int run_handlers(Context& context, const std::function<Status(Session&)>& work) {
  const auto session = Session::open(context);
  if (!session.ok()) return fail(context, session.error());
  const Status status = work(**session);
  return status.ok() ? 0 : fail(context, status.error());
}

int act(Context& context, const HandlerFlags& flags, std::string_view tool, std::string_view done) {
  return run_handlers(context, [&](Session& session) -> Status {
    const json::Object input{{"pack", flags.pack}, {"stream", flags.stream}, {"position", flags.position}};
    LUMENFLOW_TRY(data_of(session.call_kernel(tool, json::Value(input))));
    context.out << done << " " << flags.position << "\n";
    return {};
  });
}

}  // namespace

int run_handlers_list(Context& context, const HandlerFlags& flags) {
  return run_handlers(context, [&](Session& session) -> Status {
    LUMENFLOW_TRY_ASSIGN(const json::Value page, session.get("/handlers"));
    if (flags.json) {
      context.out << json::serialize(page) << "\n";
      return {};
    }
    std::vector<std::vector<std::string>> rows;
    for (const json::Value& pack : page.find("items")->as_array())
      for (const json::Value& stream : pack.find("streams")->as_array())
        rows.push_back({cell(pack.find("pack")), cell(stream.find("stream")), cell(stream.find("waiting"))});
    print_table(context.out, {"PACK", "STREAM", "WAITING"}, rows);
    return {};
  });
}

int run_handlers_dead_letters(Context& context, const HandlerFlags& flags) {
  return run_handlers(context, [&](Session& session) -> Status {
    std::vector<std::vector<std::string>> rows;
    for (std::uint64_t after = 0;;) {
      LUMENFLOW_TRY_ASSIGN(const json::Value page,
                           session.get("/handlers/" + encode_path_segment(flags.pack) + "/dead-letters?stream=" +
                                       encode_path_segment(flags.stream) + "&after=" + std::to_string(after)));
      for (const json::Value& item : page.find("items")->as_array()) {
        if (flags.json) context.out << json::serialize(item) << "\n";
        rows.push_back({cell(item.find("position")), cell(item.at_pointer("/event/kind")),
                        cell(item.at_pointer("/event/event_id")), cell(item.find("reason"))});
      }
      const json::Value* next = page.find("next");
      if (next == nullptr || next->is_null()) break;
      after = static_cast<std::uint64_t>(next->as_integer());
    }
    if (!flags.json) print_table(context.out, {"POSITION", "KIND", "EVENT", "REASON"}, rows);
    return {};
  });
}

int run_handlers_requeue(Context& context, const HandlerFlags& flags) {
  return act(context, flags, "kernel:delivery_requeue", "requeued");
}

int run_handlers_purge(Context& context, const HandlerFlags& flags) {
  return act(context, flags, "kernel:delivery_purge", "purged");
}

}  // namespace lumenflow::cli
