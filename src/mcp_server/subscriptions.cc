// What clients hear without asking again: resources that change and lists that do, in a session on its general stream,
// without one on the stream of subscriptions/listen (basic/patterns/subscriptions).
#include <algorithm>
#include <set>
#include <utility>

#include "mcp_server/server.h"

namespace lumenflow::mcp_server {
namespace {

constexpr std::size_t kSubscriptionsMax = 256;  // of one client

// Whether a resource is another after this change.
bool touches(std::string_view uri, const JournalWatch::Change& change, McpCatalogue& catalogue,
             const kernel::Credential& caller) {
  if (uri.starts_with(kMcpEvents)) return !change.kind.empty() && event_kind_of(uri) == change.kind;
  if (uri.starts_with(kMcpCalls)) return !change.finished.empty() && uri.substr(kMcpCalls.size()) == change.finished;
  if (change.kind.empty()) return false;
  return std::ranges::any_of(catalogue.resources(caller), [&](const auto* resource) {
    return std::ranges::find(resource->descriptor->updated_by, change.kind) != resource->descriptor->updated_by.end() &&
           resource->pattern.match(uri).has_value();
  });
}

}  // namespace

// What one client hears: the same for both kinds of revision but for the way.
struct McpHearing {
  std::set<std::string, std::less<>> uris, tasks;
  bool tools = false, prompts = false, resources = false;
  std::string tools_seen, prompts_seen;
  std::shared_ptr<const kernel::Credential> credential;  // shared with the request
  std::weak_ptr<McpRequest> request;                     // of subscriptions/listen
  std::function<void(std::string_view method, json::Object params)> say;
  std::shared_ptr<const void> handle;  // of the watch; it ends with the hearing

  static std::string prompts_of(McpCatalogue& catalogue, const kernel::Credential& caller) {
    std::string text;
    for (const auto* prompt : catalogue.prompts(caller)) text += json::serialize(prompt->descriptor->listing);
    for (const auto* resource : catalogue.resources(caller)) text += json::serialize(resource->descriptor->listing);
    return text;
  }

  void hear(const JournalWatch::Change& change, McpCatalogue& catalogue) {
    for (const std::string& uri : uris)
      if (touches(uri, change, catalogue, *credential)) say("notifications/resources/updated", {{"uri", uri}});
    if (!change.lists) return;
    std::string now = catalogue.fingerprint(*credential), content = prompts_of(catalogue, *credential);
    if (tools && now != tools_seen) say("notifications/tools/list_changed", {});
    const bool other_content = content != prompts_seen;
    if (prompts && other_content) say("notifications/prompts/list_changed", {});
    if (resources && other_content) say("notifications/resources/list_changed", {});
    tools_seen = std::move(now);
    prompts_seen = std::move(content);
  }
};

std::shared_ptr<const void> McpServer::hear_for_session(const std::shared_ptr<McpSession>& session,
                                                        std::shared_ptr<const kernel::Credential> credential) {
  const auto hearing = std::make_shared<McpHearing>();  // shared with the watch
  hearing->tools = hearing->prompts = hearing->resources = true;
  hearing->credential = std::move(credential);
  hearing->tools_seen = catalogue_.fingerprint(*hearing->credential);
  hearing->prompts_seen = McpHearing::prompts_of(catalogue_, *hearing->credential);
  hearing->say = [weak = std::weak_ptr(session)](std::string_view method, json::Object params) {
    if (const auto alive = weak.lock())
      alive->general().say(mcp::notification_text(method, json::Value(std::move(params))));
  };
  return watch_.listen([this, hearing, weak = std::weak_ptr(session)](const JournalWatch::Change& change) {
    const auto alive = weak.lock();
    if (!alive) return;
    if (change.closing) return alive->end();
    hearing->uris = alive->subscriptions;
    hearing->hear(change, catalogue_);
  });
}

void McpServer::subscribe(const McpRequestPtr& request) {
  const std::string uri(request->text("uri"));
  if (uri.empty() || !may_watch(*request, uri))
    return request->fail({mcp::kResourceNotFound, "Resource not found", json::Object{{"uri", uri}}});
  if (request->session->subscriptions.size() >= kSubscriptionsMax)
    return request->fail(Error(ErrorCode::kLimitExceeded, "a session has at most 256 subscriptions"));
  request->session->subscriptions.insert(uri);
  request->reply(json::Object{});
}

void McpServer::unsubscribe(const McpRequestPtr& request) {
  const std::string uri(request->text("uri"));
  if (uri.empty()) return request->invalid("resources/unsubscribe needs a 'uri'");
  request->session->subscriptions.erase(uri);
  request->reply(json::Object{});
}

void McpServer::listen(const McpRequestPtr& request) {
  const json::Value* const wanted = request->message.param("notifications");
  if (wanted == nullptr || !wanted->is_object()) return request->invalid("subscriptions/listen needs 'notifications'");
  if (!request->answer().can_stream()) return request->invalid("accept text/event-stream");
  if (wanted->find("taskIds") != nullptr && !request->knows_tasks())
    return request->fail(missing_capability(mcp::kTasksExtension), 400);
  const auto hearing = std::make_shared<McpHearing>();  // shared with the watch
  hearing->credential = request->credential;
  hearing->tools = json::boolean_or(*wanted, "toolsListChanged", false);
  hearing->prompts = json::boolean_or(*wanted, "promptsListChanged", false);
  hearing->resources = json::boolean_or(*wanted, "resourcesListChanged", false);
  json::Object honoured;
  if (hearing->tools) honoured.set("toolsListChanged", true);
  if (hearing->prompts) honoured.set("promptsListChanged", true);
  if (hearing->resources) honoured.set("resourcesListChanged", true);
  json::Array uris, task_ids;
  if (const json::Value* const given = wanted->find("resourceSubscriptions"); given != nullptr && given->is_array())
    for (const json::Value& uri : given->as_array())
      if (uri.is_string() && hearing->uris.size() < kSubscriptionsMax && may_watch(*request, uri.as_string()) &&
          hearing->uris.insert(uri.as_string()).second)
        uris.push_back(uri);
  if (const json::Value* const given = wanted->find("taskIds"); given != nullptr && given->is_array())
    for (const json::Value& id : given->as_array()) {
      const auto task = id.is_string() ? tasks_.find(id.as_string()) : tasks_.end();
      if (task == tasks_.end() || task->second->subject() != request->credential->subject.str()) continue;
      if (hearing->tasks.size() < kSubscriptionsMax && hearing->tasks.insert(id.as_string()).second)
        task_ids.push_back(id);
    }
  if (!uris.empty()) honoured.set("resourceSubscriptions", std::move(uris));
  if (!task_ids.empty()) honoured.set("taskIds", std::move(task_ids));
  hearing->tools_seen = catalogue_.fingerprint(*hearing->credential);
  hearing->prompts_seen = McpHearing::prompts_of(catalogue_, *hearing->credential);
  const json::Value meta = json::Object{{std::string(mcp::kMetaSubscription), request->message.id}};
  hearing->say = [weak = std::weak_ptr(request), meta](std::string_view method, json::Object params) {
    params.set("_meta", meta);
    if (const auto alive = weak.lock()) alive->say(method, json::Value(std::move(params)));
  };
  hearing->say("notifications/subscriptions/acknowledged", {{"notifications", std::move(honoured)}});
  // The connection keeps the request, the watch what is heard; the end of either is the end of both.
  const auto handle =
      watch_.listen([this, hearing, weak = std::weak_ptr(request), meta](const JournalWatch::Change& change) {
        const auto alive = weak.lock();
        if (!alive) return;
        if (change.closing) return alive->reply(json::Object{{"_meta", meta}});
        if (!alive->end_if_over()) hearing->hear(change, catalogue_);
      });
  const std::uint64_t number = next_hearing_++;
  hearing->request = request;
  hearings_[number] = hearing;
  tend(request);
  request->answer().when_gone([weak = weak_from_this(), request, handle, number] {
    if (const auto self = weak.lock()) self->hearings_.erase(number);
  });
}

void McpServer::tend(const McpRequestPtr& request) {
  tended_.push_back(request);
  tend_later();
}

// A stream is no longer than its token: looked at once a second, besides before anything is said on it.
void McpServer::tend_later() {
  if (std::exchange(tending_, true)) return;
  context_.after(std::chrono::seconds(1), [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self || self->context_.closing) return;
    self->tending_ = false;
    bool open = false;
    for (const auto& [id, session] : self->sessions_) {
      session->tend();
      open = open || session->read();
    }
    std::erase_if(self->hearings_, [](const auto& entry) { return entry.second->request.expired(); });
    std::erase_if(self->tended_, [](const auto& entry) {
      const McpRequestPtr request = entry.lock();
      return !request || request->end_if_over();
    });
    if (open || !self->tended_.empty()) self->tend_later();
  });
}

void McpServer::tell_of_task(const McpCall& call) {
  const auto hearings = hearings_;  // one may end meanwhile
  for (const auto& [number, hearing] : hearings) {
    const McpRequestPtr request = hearing->request.lock();
    if (request && hearing->tasks.contains(call.task_id()))
      hearing->say("notifications/tasks", call.task().as_object());
  }
}

}  // namespace lumenflow::mcp_server
