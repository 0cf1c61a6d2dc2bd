#include "conductor/core.h"

#include <utility>

#include "conductor/authenticator.h"
#include "conductor/commands.h"
#include "conductor/consequences.h"
#include "conductor/context.h"
#include "conductor/device_decision.h"
#include "conductor/ingest.h"
#include "conductor/metrics.h"
#include "conductor/notifier.h"
#include "conductor/sidecars.h"
#include "conductor/sign_ins.h"
#include "conductor/sweeper.h"
#include "conductor/uplinks.h"
#include "conductor/views.h"
#include "http/router.h"
#include "http/static_site.h"

namespace lumenflow::conductor {

struct Core::Parts {
  Parts(const CorePorts& ports, const ConductorOptions& options)
      : ledger(*ports.store.log, *ports.store.heads, ports.post),
        acts({ledger, *ports.store.records, ports.executor, ports.clock, ports.random, ports.post}),
        authenticator(*ports.store.records, ports.store.keys, ports.clock),
        views(ledger, ports.clock),
        ingest(ledger, views, ports.clock),
        commands({ledger, *ports.store.records, ports.clock, ports.random}),
        page(options.page),
        context{ports.store,  ledger,     acts,        ports.executor,    ports.clock,
                ports.random, ports.post, ports.after, options.public_url},
        sign_ins(ledger, ports.executor, ports.clock, ports.post),
        uplinks(context),
        notifier(context, options.private_hooks),
        sidecars(context, options.private_sidecars) {
    context.secure = !options.tls_cert.empty() || options.public_url.starts_with("https:");
    context.heartbeat = options.heartbeat;
    context.authenticator = &authenticator;
    context.commands = &commands;
    context.ingest = &ingest;
    context.views = &views;
    context.sign_ins = &sign_ins;
    context.uplinks = &uplinks;
    context.notifier = &notifier;
    context.sidecars = &sidecars;
    context.metrics = &metrics;
    acts.on_change([this](const json::Value& entry, Position at) { return follow_act(context, entry, at); });
    commands.on_queued([this](const std::string& workspace) { uplinks.ring(workspace); });
    commands.on_change([this](const std::string& id, const json::Value& state) {
      context.bells.ring("command " + id);
      const std::string_view now = json::string_or(state, "state", "");
      if (now == "expired" || now == "cancelled")  // a device that was not asked about in time
        decide_device(context, {std::string(json::string_or(state, "workspace_id", "")), state, {}},
                      [](const Status&) {});
    });
    views.on_approval({[this](const std::string& workspace, const json::Value& approval) {
                         return notifier.owe(workspace, approval);
                       },
                       [this](const std::string& workspace, const json::Value& approval) {
                         notifier.approval_requested(workspace, approval);
                       }});
    ports.post([this] { notifier.resume(); });
    add_routes();
  }

  void add_routes() {
    Routes routes(router, context);
    add_status_routes(routes, context);
    add_session_routes(routes, context);
    add_enrollment_routes(routes, context);
    add_token_routes(routes, context);
    add_admin_routes(routes, context);
    add_uplink_routes(routes, context);
    add_ingest_routes(routes, context);
    add_command_routes(routes, context);
    add_proof_routes(routes, context);
    add_workspace_routes(routes, context);
    add_invoke_routes(routes, context);
    add_relay_routes(routes, context);
    add_notify_routes(routes, context);
    add_openapi_route(routes, context);
  }

  Metrics metrics;
  Ledger ledger;
  Acts acts;
  Authenticator authenticator;
  Views views;
  Ingest ingest;
  Commands commands;
  const http::StaticSite* page;
  Context context;
  SignIns sign_ins;
  Uplinks uplinks;
  Notifier notifier;
  Sidecars sidecars;
  http::Router router;
};

Core::Core(const CorePorts& ports, const ConductorOptions& options) : parts_(std::make_unique<Parts>(ports, options)) {}
Core::~Core() = default;

void Core::handle(http::Request request, std::unique_ptr<http::Responder> responder) {
  const Context& context = parts_->context;
  std::string id = http::request_id_of(request, context.clock, context.random);
  // No route and no file have the same path, so the page never stands before a route.
  if (auto file = parts_->page != nullptr ? parts_->page->answer(request) : std::nullopt) {
    file->headers.emplace_back("X-Request-Id", id);
    parts_->metrics.count_request(file->status);
    return responder->send(*std::move(file));
  }
  const Status routed = parts_->router.route(std::move(request), responder);
  if (routed.ok()) return;
  http::Response response = http::problem(routed.error());
  response.headers.emplace_back("X-Request-Id", id);
  parts_->metrics.count_request(response.status);
  responder->send(std::move(response));
}

http::Response Core::problem(const Error& error) {
  http::Response response = http::problem(error);
  parts_->metrics.count_request(response.status);
  const Context& context = parts_->context;
  response.headers.emplace_back("X-Request-Id", http::request_id_of({}, context.clock, context.random));
  return response;
}

void Core::reached_at(const std::string& url) {
  if (parts_->context.public_url.empty()) parts_->context.public_url = url;
}

void Core::sweep() {
  parts_->acts.sweep();
  parts_->commands.sweep();
  parts_->sign_ins.sweep();
  sweep_records(parts_->context);
}

void Core::close() {
  parts_->context.closing = true;
  parts_->uplinks.end_all(Error(ErrorCode::kDraining, "the conductor is shutting down"));
}

bool Core::closing() const { return parts_->context.closing; }

}  // namespace lumenflow::conductor
