// Which methods there are, and those that are about the server itself.
#include <algorithm>
#include <utility>

#include "mcp_server/server.h"

namespace lumenflow::mcp_server {
namespace {

constexpr std::size_t kValuesMax = 100;  // of a completion
constexpr std::size_t kMcpPageMax = 200;

// The values of an argument that begin with what was typed.
json::Value completion(const std::vector<std::string>& values, std::string_view typed) {
  json::Array found;
  std::size_t total = 0;
  for (const std::string& value : values) {
    if (!value.starts_with(typed)) continue;
    ++total;
    if (found.size() < kValuesMax) found.push_back(value);
  }
  const bool more = total > found.size();
  return json::Object{
      {"completion",
       json::Object{{"values", std::move(found)}, {"total", static_cast<std::int64_t>(total)}, {"hasMore", more}}}};
}

}  // namespace

const McpServer::Entry* McpServer::entry_of(std::string_view method, mcp::Revision revision) {
  static const Entry kEntries[] = {
      {"ping", &McpServer::ping, true, false},
      {"logging/setLevel", &McpServer::set_level, true, false},
      {"resources/subscribe", &McpServer::subscribe, true, false},
      {"resources/unsubscribe", &McpServer::unsubscribe, true, false},
      {"server/discover", &McpServer::discover, false, true},
      {"subscriptions/listen", &McpServer::listen, false, true},
      {"tasks/get", &McpServer::get_task, false, true},
      {"tasks/update", &McpServer::update_task, false, true},
      {"tasks/cancel", &McpServer::cancel_task, false, true},
      {"tools/list", &McpServer::list_tools, true, true},
      {"tools/call", &McpServer::call_tool, true, true},
      {"resources/list", &McpServer::list_resources, true, true},
      {"resources/templates/list", &McpServer::list_templates, true, true},
      {"resources/read", &McpServer::read_resource, true, true},
      {"prompts/list", &McpServer::list_prompts, true, true},
      {"prompts/get", &McpServer::get_prompt, true, true},
      {"completion/complete", &McpServer::complete, true, true},
  };
  const auto found = std::ranges::find(kEntries, method, &Entry::name);
  if (found == std::end(kEntries)) return nullptr;
  return (mcp::has_sessions(revision) ? found->with_sessions : found->without) ? found : nullptr;
}

void McpServer::dispatch(const McpRequestPtr& request) {
  const Entry* const entry = entry_of(request->message.method, request->revision);
  if (entry == nullptr)
    return request->fail({mcp::kMethodNotFound, "Method not found: " + request->message.method, {}}, 404);
  (this->*entry->method)(request);
}

json::Value McpServer::capabilities(bool stateless) const {
  const json::Value changes = json::Object{{"listChanged", true}};
  json::Object out{{"tools", changes},
                   {"prompts", changes},
                   {"resources", json::Object{{"listChanged", true}, {"subscribe", true}}},
                   {"logging", json::Object{}},
                   {"completions", json::Object{}}};
  if (stateless) out.set("extensions", json::Object{{std::string(mcp::kTasksExtension), json::Object{}}});
  return json::Value(std::move(out));
}

void McpServer::discover(const McpRequestPtr& request) {
  json::Array versions;
  for (const mcp::Revision revision : mcp::kRevisions) versions.push_back(mcp::name(revision));
  request->reply_cacheable(
      json::Object{{"supportedVersions", std::move(versions)},
                   {"capabilities", capabilities(true)},
                   {"instructions", "Tools of the LumenFlow workspace " + context_.workspace.config().id.str() +
                                        ". Each call is checked, may need somebody's approval, and is recorded."}},
      kMcpListTtlMs);
}

void McpServer::ping(const McpRequestPtr& request) { request->reply(json::Object{}); }

void McpServer::set_level(const McpRequestPtr& request) {
  const int level = mcp_log_level(request->text("level"));
  if (level < 0) return request->invalid("there is no such log level");
  request->session->log_level = level;
  request->reply(json::Object{});
}

void McpServer::complete(const McpRequestPtr& request) {
  const json::Value* const ref = request->message.param("ref");
  const json::Value* const argument = request->message.param("argument");
  if (ref == nullptr || !ref->is_object() || argument == nullptr || !argument->is_object())
    return request->invalid("completion/complete needs 'ref' and 'argument'");
  const std::string_view type = json::string_or(*ref, "type", "");
  const std::string_view name = json::string_or(*argument, "name", ""), typed = json::string_or(*argument, "value", "");
  if (type == "ref/resource") return request->reply(completion({}, typed));
  if (type != "ref/prompt") return request->invalid("'ref' is of a prompt or of a resource");
  for (const McpCatalogue::Prompt* const prompt : catalogue_.prompts(*request->credential)) {
    if (prompt->descriptor->name != json::string_or(*ref, "name", "")) continue;
    for (const pack::PromptArgument& one : prompt->descriptor->arguments)
      if (one.name == name) return request->reply(completion(one.values, typed));
    return request->invalid("the prompt has no such argument");
  }
  request->invalid("there is no such prompt");
}

Result<json::Value> mcp_page(const McpRequest& request, std::string_view key, json::Array all) {
  std::size_t begin = 0;
  if (const json::Value* const cursor = request.message.param("cursor")) {
    const std::string* const text = cursor->if_string();
    const bool known = text != nullptr && text->starts_with('p') && text->size() > 1 && text->size() < 8 &&
                       std::ranges::all_of(text->substr(1), [](char c) { return c >= '0' && c <= '9'; });
    if (!known) return Error(ErrorCode::kInvalidInput, "'cursor' is not one that was given out");
    begin = static_cast<std::size_t>(std::stoul(text->substr(1)));
  }
  json::Array items;
  for (std::size_t i = begin; i < all.size() && items.size() < kMcpPageMax; ++i) items.push_back(std::move(all[i]));
  const std::size_t next = begin + items.size();
  json::Object out{{std::string(key), std::move(items)}};
  if (next < all.size()) out.set("nextCursor", "p" + std::to_string(next));
  return json::Value(std::move(out));
}

}  // namespace lumenflow::mcp_server
