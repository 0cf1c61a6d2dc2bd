#include "conformance/run.h"

#include <algorithm>
#include <utility>

namespace lumenflow::conformance {
namespace {

constexpr std::string_view kWorkspaceFolder = "workspace";

}  // namespace

std::vector<HandlerCase> Run::handlers(const Scratch& scratch) const {
  std::vector<HandlerCase> out;
  for (const pack::RegisteredHandler& handler : scratch.pack().handlers)
    for (const Sample& sample : samples_of_kind(manifest, pack, handler.kind, options.seed))
      out.push_back({handler.kind, sample, handler.traits.idempotent, static_cast<bool>(handler.replay_key)});
  return out;
}

void note_writes(Run& run, const std::string& by, const std::vector<pack::Scope>& scopes, const Tree& before,
                 const Tree& after) {
  for (const std::string& path : changed_paths(before, after)) {
    if (path == kWorkspaceFolder) continue;
    const bool inside = path.starts_with(std::string(kWorkspaceFolder) + "/");
    const auto now = after.find(path);
    const bool folder = now != after.end() && now->second == "folder";
    const std::string relative = inside ? path.substr(kWorkspaceFolder.size() + 1) : "../" + path;
    if (inside && may_write(relative, folder, scopes)) continue;
    std::vector<std::string>& paths = run.outside[by];
    if (std::ranges::find(paths, relative) == paths.end()) paths.push_back(relative);
  }
}

Answer answer_of(const kernel::CallResult& result) {
  Answer answer;
  const Result<json::Value> body = json::parse(result.body, {.depth_max = 256});
  if (!body.ok()) {
    answer.code = "UNKNOWN", answer.message = result.body;
    return answer;
  }
  answer.success = json::boolean_or(*body, "success", false);
  if (const json::Value* data = body->find("data")) answer.data = *data;
  if (const json::Value* error = body->find("error")) {
    answer.code = json::string_or(*error, "code", "");
    answer.message = json::string_or(*error, "message", "");
  }
  return answer;
}

}  // namespace lumenflow::conformance
