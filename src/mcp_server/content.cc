// Resources and prompts (server/resources, server/prompts): those of the packs, the journal's events and calls.
#include <algorithm>
#include <utility>

#include "base/encoding.h"
#include "event/event.h"
#include "mcp_server/server.h"

namespace lumenflow::mcp_server {
namespace {

constexpr std::size_t kEventsMax = 100;          // of one kind, the latest
constexpr std::uint64_t kEventsBehind = 10'000;  // entries that are looked at for them

json::Value contents(std::string_view uri, std::string_view mime_type, std::string_view key, std::string value) {
  json::Object one{{"uri", uri}};
  if (!mime_type.empty()) one.set("mimeType", mime_type);
  one.set(std::string(key), std::move(value));
  json::Array all;
  all.push_back(json::Value(std::move(one)));
  return json::Object{{"contents", std::move(all)}};
}

mcp::RpcError no_resource(const McpRequest& request) {
  return {request.stateless() ? mcp::kInvalidParams : mcp::kResourceNotFound, "Resource not found",
          json::Object{{"uri", request.text("uri")}}};
}

json::Value event_listing(const std::string& kind) {
  return json::Object{{"uri", std::string(kMcpEvents) + kind},
                      {"name", kind},
                      {"title", "Events " + kind},
                      {"description", "The latest events of this kind; subscribe to hear of new ones."},
                      {"mimeType", "application/json"}};
}

json::Value latest_events(RouteContext& context, std::string_view kind) {
  const std::uint64_t size = context.workspace.log().head().size;
  Position at(size > kEventsBehind ? size - kEventsBehind : 0);
  json::Array found;
  for (;;) {
    const Result<journal::Page> page =
        context.workspace.kernel().reader().page(at, kEventsMax, journal::Reader::events(kind));
    if (!page.ok()) break;
    for (const journal::ReadEntry& entry : page->items) {
      json::Value event = *entry.value.find("event");
      event.as_object().set("position", entry.position.value());
      found.push_back(std::move(event));
    }
    if (!page->next) break;
    at = *page->next;
  }
  if (found.size() > kEventsMax) found.erase(found.begin(), found.end() - kEventsMax);
  return json::Value(std::move(found));
}

// The strings of a message that have something to fill in.
json::Value filled(const json::Value& value, const mcp::UriTemplate::Variables& values) {
  if (const std::string* const text = value.if_string()) return mcp::fill_in(*text, values);
  if (const json::Array* const list = value.if_array()) {
    json::Array out;
    for (const json::Value& item : *list) out.push_back(filled(item, values));
    return json::Value(std::move(out));
  }
  const json::Object* const object = value.if_object();
  if (object == nullptr) return value;
  json::Object out;
  for (const json::Member& member : *object) out.set(member.key, filled(member.value, values));
  return json::Value(std::move(out));
}

// What a tool answered for a prompt or a resource; an error of the protocol where it failed.
std::variant<json::Value, mcp::RpcError> data_of(const kernel::CallResult& result, mcp::Revision revision) {
  const Result<json::Value> body = json::parse(result.body, {.depth_max = 256});
  if (!body.ok()) return mcp::rpc_error(body.error(), revision);
  const json::Value* const error = body->find("error");
  const json::Value* const data = body->find("data");
  if (error == nullptr && data != nullptr) return *data;
  const auto code = error == nullptr ? std::nullopt : error_code_from_name(json::string_or(*error, "code", ""));
  return mcp::rpc_error(Error(result.code.value_or(code.value_or(ErrorCode::kInvalidInput)),
                              std::string(error ? json::string_or(*error, "message", "") : "")),
                        revision);
}

}  // namespace

std::optional<std::string> event_kind_of(std::string_view uri) { return percent_decode(uri.substr(kMcpEvents.size())); }

bool McpServer::is_event_kind(std::string_view kind) {
  if (event::find_kernel_kind(kind) != nullptr || event::find_first_party_kind(kind) != nullptr) return true;
  return std::ranges::any_of(catalogue_.registry()->packs(), [&](const auto& pack) {
    const auto names = [&](const std::vector<std::string>& kinds) {
      return std::ranges::find(kinds, kind) != kinds.end();
    };
    return names(pack->manifest.emitted_event_kinds) || names(pack->manifest.subscribed_event_kinds);
  });
}

void McpServer::list_resources(const McpRequestPtr& request) {
  json::Array all;
  for (const McpCatalogue::Resource* const resource : catalogue_.resources(*request->credential))
    if (!resource->descriptor->is_template) all.push_back(resource->descriptor->listing);
  if (kernel::holds_scope(*request->credential, "events:read", ""))
    for (const auto& pack : catalogue_.registry()->packs())
      for (const std::string& kind : pack->manifest.emitted_event_kinds) all.push_back(event_listing(kind));
  Result<json::Value> page = mcp_page(*request, "resources", std::move(all));
  if (!page.ok()) return request->fail(page.error());
  request->reply_cacheable(*std::move(page), kMcpListTtlMs);
}

void McpServer::list_templates(const McpRequestPtr& request) {
  json::Array all;
  for (const McpCatalogue::Resource* const resource : catalogue_.resources(*request->credential))
    if (resource->descriptor->is_template) all.push_back(resource->descriptor->listing);
  if (kernel::holds_scope(*request->credential, "events:read", ""))
    all.push_back(json::Object{{"uriTemplate", std::string(kMcpEvents) + "{kind}"},
                               {"name", "events"},
                               {"description", "The latest events of a kind, of packs or of the kernel."},
                               {"mimeType", "application/json"}});
  all.push_back(json::Object{{"uriTemplate", std::string(kMcpCalls) + "{receipt_id}"},
                             {"name", "call"},
                             {"description", "What became of a call: its status and its result."},
                             {"mimeType", "application/json"}});
  Result<json::Value> page = mcp_page(*request, "resourceTemplates", std::move(all));
  if (!page.ok()) return request->fail(page.error());
  request->reply_cacheable(*std::move(page), kMcpListTtlMs);
}

bool McpServer::may_watch(const McpRequest& request, std::string_view uri) {
  if (uri.starts_with(kMcpEvents)) {
    const std::optional<std::string> kind = event_kind_of(uri);
    return kind && is_event_kind(*kind) && kernel::holds_scope(*request.credential, "events:read", "");
  }
  if (uri.starts_with(kMcpCalls)) {
    const ReceiptId receipt{std::string(uri.substr(kMcpCalls.size()))};
    const Result<journal::RecordedCall> call = context_.workspace.kernel().reader().call(receipt);
    return call.ok() && (json::string_or(call->requested, "subject", "") == request.credential->subject.str() ||
                         kernel::holds_scope(*request.credential, "audit:read", ""));
  }
  return std::ranges::any_of(catalogue_.resources(*request.credential),
                             [&](const auto* resource) { return resource->pattern.match(uri).has_value(); });
}

void McpServer::read_resource(const McpRequestPtr& request) {
  const std::string uri(request->text("uri"));
  if (uri.empty()) return request->invalid("resources/read needs a 'uri'");
  if (!may_watch(*request, uri)) return request->fail(no_resource(*request));
  if (uri.starts_with(kMcpEvents)) {
    const json::Value events = latest_events(context_, *event_kind_of(uri));
    return request->reply_cacheable(contents(uri, "application/json", "text", json::serialize(events)), 0);
  }
  if (uri.starts_with(kMcpCalls)) {
    const ReceiptId receipt(uri.substr(kMcpCalls.size()));
    const Result<journal::RecordedCall> call = context_.workspace.kernel().reader().call(receipt);
    json::Object document{{"receipt_id", receipt.str()}};
    document.set("status", call->finished ? json::string_or(*call->finished, "outcome", "") : "running");
    if (!call->body.result.empty())
      if (Result<json::Value> result = json::parse(call->body.result, {.depth_max = 256}); result.ok())
        document.set("result", *std::move(result));
    return request->reply_cacheable(
        contents(uri, "application/json", "text", json::serialize(json::Value(std::move(document)))), 0);
  }
  for (const McpCatalogue::Resource* const resource : catalogue_.resources(*request->credential))
    if (const auto variables = resource->pattern.match(uri)) return read_pack_resource(request, *resource, *variables);
  request->fail(no_resource(*request));
}

void McpServer::read_pack_resource(const McpRequestPtr& request, const McpCatalogue::Resource& resource,
                                   const mcp::UriTemplate::Variables& variables) {
  const pack::ResourceDescriptor& descriptor = *resource.descriptor;
  const std::string uri(request->text("uri"));
  if (resource.tool == nullptr) {
    json::Value document =
        descriptor.binary ? contents(uri, descriptor.mime_type, "blob", to_base64(descriptor.content))
                          : contents(uri, descriptor.mime_type, "text", mcp::fill_in(descriptor.content, variables));
    return request->reply_cacheable(std::move(document), kMcpListTtlMs);
  }
  json::Object input{{"uri", uri}};
  for (const auto& [name, value] : variables) input.set(name, value);
  const auto shape = [uri, mime_type = descriptor.mime_type, revision = request->revision,
                      stateless = request->stateless()](const kernel::CallResult& result) -> McpOutcome {
    auto data = data_of(result, revision);
    if (auto* const error = std::get_if<mcp::RpcError>(&data)) return std::move(*error);
    const json::Value& found = std::get<json::Value>(data);
    const json::Value* const whole = found.find("contents");  // of a mounted server, in MCP's own words
    const bool bytes = found.find("blob") != nullptr;
    json::Value document = contents(uri, json::string_or(found, "mimeType", mime_type), bytes ? "blob" : "text",
                                    std::string(json::string_or(found, bytes ? "blob" : "text", "")));
    if (whole != nullptr) document = json::Object{{"contents", *whole}};
    if (stateless) document.as_object().set("ttlMs", 0);
    if (stateless) document.as_object().set("cacheScope", "private");
    return document;
  };
  run(request, resource.tool->descriptor.name, json::Value(std::move(input)), pack::McpTask::kNever, shape);
}

void McpServer::list_prompts(const McpRequestPtr& request) {
  json::Array all;
  for (const McpCatalogue::Prompt* const prompt : catalogue_.prompts(*request->credential))
    all.push_back(prompt->descriptor->listing);
  Result<json::Value> page = mcp_page(*request, "prompts", std::move(all));
  if (!page.ok()) return request->fail(page.error());
  request->reply_cacheable(*std::move(page), kMcpListTtlMs);
}

void McpServer::get_prompt(const McpRequestPtr& request) {
  const std::string_view name = request->text("name");
  const auto prompts = catalogue_.prompts(*request->credential);
  const auto found = std::ranges::find_if(prompts, [&](const auto* one) { return one->descriptor->name == name; });
  if (found == prompts.end()) return request->invalid("there is no such prompt");
  const pack::PromptDescriptor& prompt = *(*found)->descriptor;
  mcp::UriTemplate::Variables values;
  if (const json::Value* const arguments = request->message.param("arguments")) {
    if (!arguments->is_object()) return request->invalid("'arguments' must be an object");
    for (const json::Member& argument : arguments->as_object()) {
      const std::string* const text = argument.value.if_string();
      if (text == nullptr) return request->invalid("the argument '" + argument.key + "' must be a string");
      values.emplace(argument.key, *text);
    }
  }
  for (const pack::PromptArgument& argument : prompt.arguments)
    if (argument.required && !values.contains(argument.name))
      return request->invalid("the prompt needs the argument '" + argument.name + "'");
  json::Object result;
  if (!prompt.description.empty()) result.set("description", prompt.description);
  if ((*found)->tool == nullptr) {
    json::Array messages;
    for (const json::Value& message : prompt.messages) messages.push_back(filled(message, values));
    result.set("messages", std::move(messages));
    return request->reply(json::Value(std::move(result)));
  }
  json::Object input;
  for (const auto& [key, value] : values) input.set(key, value);
  const auto shape = [result, revision = request->revision](const kernel::CallResult& end) -> McpOutcome {
    auto data = data_of(end, revision);
    if (auto* const error = std::get_if<mcp::RpcError>(&data)) return std::move(*error);
    json::Object document = result;
    const json::Value* const messages = std::get<json::Value>(data).find("messages");
    document.set("messages", messages != nullptr ? *messages : json::Value(json::Array{}));
    return json::Value(std::move(document));
  };
  run(request, (*found)->tool->descriptor.name, json::Value(std::move(input)), pack::McpTask::kNever, shape);
}

}  // namespace lumenflow::mcp_server
