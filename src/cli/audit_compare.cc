// lumenflow audit compare: every event of the journal against what the conductor has of it, in the order of its stream.
#include <ostream>
#include <utility>

#include "cli/commands.h"
#include "cli/output.h"
#include "cli/session.h"
#include "conductor_link/comparison.h"
#include "conductor_link/enrollment.h"
#include "conductor_link/wire.h"
#include "sidecar/workspace.h"

namespace lumenflow::cli {
namespace {

using conductor_link::Comparison;

std::uint64_t number(const json::Value& object, std::string_view pointer) {
  const json::Value* value = object.at_pointer(pointer);
  const std::int64_t* found = value == nullptr ? nullptr : value->if_integer();
  return found == nullptr || *found < 0 ? 0 : static_cast<std::uint64_t>(*found);
}

// Positions of what was given up.
Result<std::set<std::uint64_t>> tombstones(Session& session, const std::string& stream) {
  std::set<std::uint64_t> positions;
  conductor_link::EventPages pages(
      [&](std::uint64_t after) {
        return session.get("/outbox/dead-letters?all=true&limit=1000&stream=" + encode_path_segment(stream) +
                           "&after=" + std::to_string(after));
      },
      "");
  pages.others([&positions](const json::Value& letter) { positions.insert(number(letter, "/position")); });
  LUMENFLOW_TRY_ASSIGN(const json::Value* end, pages.peek());
  static_cast<void>(end);
  return positions;
}

Result<conductor_link::WorkspaceFacts> facts_of(Session& session) {
  LUMENFLOW_TRY_ASSIGN(const json::Value outbox, session.get("/outbox"));
  const json::Value* streams = outbox.find("streams");
  if (streams == nullptr || !streams->is_array())
    return Error(ErrorCode::kInvalidOutput, "the sidecar is of an older version; start it anew");
  conductor_link::WorkspaceFacts facts;
  facts.log_id = json::string_or(outbox, "log_id", "");
  for (const json::Value& row : streams->as_array()) {
    const std::string name(json::string_or(row, "stream", ""));
    conductor_link::StreamFacts& stream = facts.streams[name];
    stream.base_seq = number(row, "/base/seq");
    stream.acknowledged_seq = number(row, "/acknowledged/seq");
    stream.settled = number(row, "/settled");
    LUMENFLOW_TRY_ASSIGN(stream.tombstones, tombstones(session, name));
  }
  if (const json::Value* dropped = outbox.find("dropped"); dropped != nullptr && dropped->is_object())
    for (const json::Member& member : dropped->as_object())
      facts.dropped[member.key] = number(*dropped, "/" + json::escape_pointer_token(member.key));
  return facts;
}

Result<Comparison> compare_both(Context& context) {
  LUMENFLOW_TRY_ASSIGN(const std::unique_ptr<Session> session, Session::open(context));
  const sidecar::WorkspacePaths paths(session->root());
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
  // Before any event is read: what is said here, the conductor has by then.
  LUMENFLOW_TRY_ASSIGN(const conductor_link::WorkspaceFacts facts, facts_of(*session));
  const auto here = [&session](std::uint64_t after) {
    return session->get("/events?limit=1000&after=" + std::to_string(after));
  };
  const auto there = [&](std::uint64_t after) -> Result<json::Value> {
    http::ClientRequest request;
    request.path = "/v2/workspaces/" + encode_path_segment(workspace) +
                   "/events?limit=1000&after=" + std::to_string(after) + "&log_id=" + encode_path_segment(facts.log_id);
    request.headers.emplace_back("Authorization", "Bearer " + enrollment.token);
    LUMENFLOW_TRY_ASSIGN(const http::ClientResponse answer, client.send(request));
    if (answer.status != 200) return conductor_link::refusal_of(answer).error;
    return json::parse(answer.body, {.depth_max = 512});
  };
  return conductor_link::compare_events(facts, here, there);
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
