#include "cli/audit_facts.h"

#include <set>
#include <utility>

#include "conductor_link/enrollment.h"
#include "conductor_link/wire.h"
#include "sidecar/workspace.h"

namespace lumenflow::cli {
namespace {

std::uint64_t number(const json::Value& object, std::string_view pointer) {
  const json::Value* value = object.at_pointer(pointer);
  const std::int64_t* found = value == nullptr ? nullptr : value->if_integer();
  return found == nullptr || *found < 0 ? 0 : static_cast<std::uint64_t>(*found);
}

// Positions of what was given up.
Result<std::set<std::uint64_t>> tombstones(Session& session, const std::string& stream) {
  std::set<std::uint64_t> positions;
  LUMENFLOW_TRY(each_item(session, "/outbox/dead-letters?all=true&limit=1000&stream=" + encode_path_segment(stream),
                          [&positions](const json::Value& letter) {
                            positions.insert(number(letter, "/position"));
                            return false;
                          }));
  return positions;
}

}  // namespace

Status each_item(Session& session, const std::string& path, const std::function<bool(const json::Value&)>& stop) {
  for (std::uint64_t after = 0;;) {
    LUMENFLOW_TRY_ASSIGN(const json::Value page, session.get(path + "&after=" + std::to_string(after)));
    const json::Value *items = page.find("items"), *next = page.find("next");
    if (items == nullptr || !items->is_array())
      return Error(ErrorCode::kInvalidOutput, "a page of " + path + " has no 'items'");
    for (const json::Value& item : items->as_array())
      if (stop(item)) return {};
    const std::int64_t* at = next == nullptr ? nullptr : next->if_integer();
    if (at == nullptr || static_cast<std::uint64_t>(*at) <= after) return {};
    after = static_cast<std::uint64_t>(*at);
  }
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

conductor_link::EventPages::Fetch local_events(Session& session) {
  return [&session](std::uint64_t after) { return session.get("/events?limit=1000&after=" + std::to_string(after)); };
}

Result<BothSides> both_sides(Context& context) {
  BothSides sides;
  LUMENFLOW_TRY_ASSIGN(sides.session, Session::open(context));
  const sidecar::WorkspacePaths paths(sides.session->root());
  LUMENFLOW_TRY_ASSIGN(const json::Value tools, sides.session->get("/tools"));
  const std::string workspace(json::string_or(tools, "workspace_id", ""));
  LUMENFLOW_TRY_ASSIGN(const conductor_link::Enrollment enrollment,
                       conductor_link::load_enrollment(context.files, paths.conductor, workspace, context.clock.now()));
  const std::string ca = conductor_link::ca_path(paths.conductor);
  LUMENFLOW_TRY_ASSIGN(const auto own_ca, context.files.stat(ca));
  http::ClientOptions options;
  options.base_url = enrollment.conductor_url;
  options.ca_file = own_ca ? ca : std::string();
  sides.conductor = std::make_unique<http::Client>(options);
  LUMENFLOW_TRY_ASSIGN(sides.facts, facts_of(*sides.session));
  sides.here = local_events(*sides.session);
  const std::string path = "/v2/workspaces/" + encode_path_segment(workspace) +
                           "/events?limit=1000&log_id=" + encode_path_segment(sides.facts.log_id) + "&after=";
  sides.there = [client = sides.conductor.get(), path,
                 token = enrollment.token](std::uint64_t after) -> Result<json::Value> {
    http::ClientRequest request;
    request.path = path + std::to_string(after);
    request.headers.emplace_back("Authorization", "Bearer " + token);
    LUMENFLOW_TRY_ASSIGN(const http::ClientResponse answer, client->send(request));
    if (answer.status != 200) return conductor_link::refusal_of(answer).error;
    return json::parse(answer.body, {.depth_max = 512});
  };
  return sides;
}

}  // namespace lumenflow::cli
