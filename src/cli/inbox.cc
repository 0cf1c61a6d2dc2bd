// lumenflow inbox: what the loopback adapter took in, and what it is to say.
#include <ostream>

#include "cli/commands.h"
#include "cli/output.h"
#include "cli/session.h"
#include "sidecar/workspace.h"
#include "uplink/loopback.h"

namespace lumenflow::cli {
namespace {

constexpr std::size_t kInboxPerPage = 500;

}  // namespace

// Reads the loopback adapter's own file, beside the sidecar that writes it.
int run_inbox(Context& context, const InboxFlags& flags) {
  const Result<std::string> root = workspace_root(context);
  if (!root.ok()) return fail(context, root.error());
  const sidecar::WorkspacePaths paths(*root);
  if (Status confined = sidecar::check_confinement(context.files, paths); !confined.ok())
    return fail(context, confined.error());
  const auto there = context.files.stat(paths.inbox);
  if (!there.ok()) return fail(context, there.error());
  if (!*there) {
    context.err << "nothing has come in: the inbox is there once `uplink: loopback` has delivered something\n";
    return 0;
  }
  const auto inbox = uplink::open_inbox(paths.inbox, "unused");
  if (!inbox.ok()) return fail(context, inbox.error());
  for (Position after(flags.after);;) {
    const auto page = uplink::read_inbox(**inbox, after, kInboxPerPage);
    if (!page.ok()) return fail(context, page.error());
    if (page->empty()) return 0;
    for (const uplink::InboxItem& item : *page) {
      after = item.position;
      if (flags.json) {
        json::Value shown = item.entry;
        shown.as_object().set("position", item.position.value());
        context.out << json::serialize(shown) << "\n";
        continue;
      }
      const auto text = [&item](std::string_view pointer) { return cell(item.entry.at_pointer(pointer)); };
      context.out << item.position.value() << "  " << text("/type") << "  " << text("/event/emitted_at") << "  "
                  << text("/event/kind") << "  " << text("/event/event_id") << "\n";
    }
  }
}

// A call of a kernel tool: what is said is recorded with who said it.
int run_inbox_send(Context& context, const InboxFlags& flags) {
  const Result<std::string> text = read_input(context, flags.payload);
  if (!text.ok()) return fail_usage(context, text.error());
  const Result<json::Value> payload = json::parse(*text);
  if (!payload.ok()) return fail_usage(context, Error(payload.error()).with_context("--payload"));
  const auto session = Session::open(context);
  if (!session.ok()) return fail(context, session.error());
  const json::Object input{{"kind", flags.kind}, {"payload", *payload}};
  const Result<json::Value> sent = data_of((*session)->call_kernel("kernel:inbox_send", json::Value(input)));
  if (!sent.ok()) return fail(context, sent.error());
  if (flags.json)
    context.out << json::serialize(*sent) << "\n";
  else
    context.out << "sent " << cell(sent->find("event_id")) << " from " << cell(sent->find("from")) << "\n";
  return 0;
}

}  // namespace lumenflow::cli
