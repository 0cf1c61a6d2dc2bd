#include "cli/up_page.h"

#include <pwd.h>
#include <unistd.h>

#include <ostream>
#include <utility>

#include "base/ulid.h"
#include "cli/commands_governance.h"
#include "cli/operator_hand.h"
#include "cli/session.h"
#include "http/server.h"
#include "page/site.h"
#include "sidecar/keys.h"
#include "sidecar/operator_proof.h"
#include "sidecar/routes.h"

namespace lumenflow::cli {
namespace {

std::string name_of_user() {
  const passwd* found = ::getpwuid(::getuid());  // before there are threads that could ask, too
  return found == nullptr || found->pw_name == nullptr ? std::to_string(::getuid()) : std::string(found->pw_name);
}

// As `lumenflow approvals` and its like sign, with the key of whoever is at the console.
local_page::OperatorHand hand_of(Context& context, const std::string& id, const std::string& key) {
  local_page::OperatorHand hand;
  hand.decide = [&context, key](const json::Value& shown, bool approve, const std::string& reason) {
    return signed_decision(shown, {approve, reason, context.clock.now()}, key);
  };
  hand.consent = [&context, key](const json::Value& shown, const std::string& reason) {
    return signed_consent(shown, {true, reason, context.clock.now()}, key);
  };
  hand.prove = [&context, id, key](std::string_view tool) {
    const Timestamp now = context.clock.now();
    return sidecar::make_operator_proof(key, id, tool, make_ulid(now, context.random.draw16()).str(), now);
  };
  return hand;
}

// Nothing where the key is locked: the page then says so, and decides nothing.
Result<local_page::OperatorHand> hand(Context& context, const UpFlags& flags, const sidecar::Workspace& workspace) {
  LUMENFLOW_TRY_ASSIGN(const std::string passphrase, operator_passphrase(context, flags.passphrase_file));
  const std::string& keys = workspace.paths().keys;
  const Result<bool> open = sidecar::operator_key_is_open(context.files, keys);
  if (passphrase.empty() && !(open.ok() && *open)) return local_page::OperatorHand();
  LUMENFLOW_TRY_ASSIGN(const std::string key, sidecar::unlock_operator_key(context.files, keys, passphrase));
  return hand_of(context, workspace.config().id.str(), key);
}

}  // namespace

Result<std::unique_ptr<local_page::LocalPage>> make_page(Context& context, const UpFlags& flags,
                                                         boost::asio::io_context& io, sidecar::Workspace& workspace,
                                                         sidecar::Sidecar& sidecar) {
  if (!flags.ui) return std::unique_ptr<local_page::LocalPage>();
  local_page::LocalPagePorts ports{io, context.clock, context.random, page::site(),
                                   [&sidecar](http::Request request, std::unique_ptr<http::Responder> responder) {
                                     sidecar.ask(std::move(request), std::move(responder));
                                   }};
  LUMENFLOW_TRY_ASSIGN(ports.hand, hand(context, flags, workspace));
  return local_page::make_local_page(ports, {flags.ui_listen, workspace.config().id.str(), name_of_user()});
}

sidecar::Surface page_links(const std::unique_ptr<local_page::LocalPage>& page) {
  return [&page](sidecar::Routes& routes, sidecar::RouteContext&) {
    routes.add({.method = http::Method::kPost,
                .pattern = "/page/links",
                .id = "make_page_link",
                .summary = "A link that signs one browser in at the page of this workspace, once",
                .access = sidecar::Access::kSocketOnly},
               [&page](const sidecar::ExchangePtr& exchange) {
                 exchange->send_json(json::Object{{"url", page->link()}});
               });
  };
}

int run_ui(Context& context, bool json) {
  const auto session = Session::open(context);
  if (!session.ok()) return fail(context, session.error());
  if (!(*session)->is_remote())
    return fail(context, Error(ErrorCode::kUnreachable, "no sidecar runs here; start one with `lumenflow up --ui`"));
  http::ClientRequest request;
  request.method = http::Method::kPost;
  request.path = "/page/links";
  const auto answer = (*session)->send(request);
  if (!answer.ok()) return fail(context, answer.error());
  if (answer->status == 404)
    return fail(context, Error(ErrorCode::kNotFound, "the sidecar serves no page; start it with `lumenflow up --ui`"));
  if (answer->status >= 400) return fail(context, error_of(*answer));
  const Result<json::Value> body = json::parse(answer->body);
  const std::string url(body.ok() ? json::string_or(*body, "url", "") : std::string_view());
  context.out << (json ? json::serialize(json::Object{{"url", url}}) : url) << "\n";
  return 0;
}

}  // namespace lumenflow::cli
