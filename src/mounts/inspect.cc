#include "mounts/inspect.h"

#include <algorithm>
#include <atomic>
#include <utility>

#include "base/network.h"
#include "mounts/call_inbound.h"
#include "mounts/http_channel.h"
#include "mounts/pipe_channel.h"
#include "mounts/session.h"

namespace lumenflow::mounts {
namespace {

using std::chrono::steady_clock;

constexpr std::size_t kLinesPerSecondMax = 1'000;
constexpr std::size_t kLineBytesMax = 9u << 20;

Result<Inspection> look(Channel& channel, hosts::PackLog& log, const InspectOptions& options) {
  const Deadline deadline = steady_clock::now() + options.timeout;
  CallInbound inbound(nullptr, log, {});
  Peer peer;
  Session session(channel, peer);
  Inspection out;
  LUMENFLOW_TRY(session.connect(deadline, options.probe, nullptr, &inbound));
  LUMENFLOW_TRY_ASSIGN(out.definitions.tools, session.list_tools(deadline, true, nullptr, &inbound));
  LUMENFLOW_TRY_ASSIGN(out.definitions.resources, session.list_resources(deadline, nullptr, &inbound));
  out.definitions.server = std::move(peer.server);
  out.revision = std::move(peer.revision);
  return out;
}

}  // namespace

Result<Inspection> inspect_program(sandbox::Launcher& launcher, const hosts::PackProgram& program,
                                   const pack::EnforcedScopes& scopes, const std::vector<std::string>& environment,
                                   const InspectOptions& options) {
  hosts::SecretValues secrets;
  hosts::PackLog log(
      kLinesPerSecondMax, [&](std::string_view line) { return secrets.masked(line); },
      [&](LogLevel, std::string_view, const std::string& line) {
        if (options.errors) options.errors(line);
      });
  LUMENFLOW_TRY_ASSIGN(const hosts::ProgramPlace place, program.place_of(scopes, environment, secrets));
  LUMENFLOW_TRY_ASSIGN(std::unique_ptr<sandbox::Child> child, launcher.start(program.confinement(place)));
  const std::string isolation = child->isolation();
  LUMENFLOW_TRY_ASSIGN(const std::unique_ptr<hosts::ChildConnection> connection,
                       hosts::ChildConnection::make(std::move(child), kLineBytesMax, log));
  PipeChannel channel(*connection, {});
  Result<Inspection> found = look(channel, log, options);
  connection->child().kill();
  if (!found.ok()) return secrets.masked(found.error());
  found->isolation = isolation;
  return found;
}

Result<Inspection> inspect_url(const std::string& url, const std::string& bearer, const pack::Scope& network,
                               bool allow_private, const InspectOptions& options) {
  HttpTarget target;
  LUMENFLOW_TRY_ASSIGN(target.url, http::parse_url(url));
  target.network = network;
  hosts::SecretValues secrets;
  secrets.add(bearer);
  hosts::PackLog log(
      kLinesPerSecondMax, [&](std::string_view line) { return secrets.masked(line); },
      [&](LogLevel, std::string_view, const std::string& line) {
        if (options.errors) options.errors(line);
      });
  std::vector<std::string> addresses;
  HttpOptions http;
  http.bearer = bearer;
  http.ca_file = options.ca_file;
  http.may_connect = [&](std::string_view address, std::uint16_t port) {
    const bool is_public = network::is_public_address(address);
    if (!is_public && std::ranges::find(addresses, allowlist_entry(address, port)) == addresses.end())
      addresses.push_back(allowlist_entry(address, port));
    return target.may_connect(address, port) || (allow_private && !is_public);
  };
  std::atomic<std::int64_t> ids = 0;
  HttpChannel channel(target, std::move(http), {}, ids, {});
  Result<Inspection> found = look(channel, log, options);
  channel.end_session();
  if (!found.ok()) return secrets.masked(found.error());
  found->addresses = std::move(addresses);
  return found;
}

}  // namespace lumenflow::mounts
