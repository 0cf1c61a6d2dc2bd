#include "conductor/conductor.h"

#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <ostream>

#include "cli/commands.h"
#include "cli/commands_conductor.h"
#include "conductor/acts.h"
#include "conductor/operators.h"
#include "http/url.h"
#include "lumenflow/consumers/conductor.h"
#include "lumenflow/json.h"
#include "page/site.h"

namespace lumenflow::cli {
namespace {

// Passphrases, records and notifications wait there, not the io thread.
constexpr std::size_t kConductorThreads = 4, kConductorQueueMax = 4096;

void print_conductor_ready(Context& context, const conductor::Ready& ready, bool json) {
  if (json) {
    context.out << json::serialize(json::Object{{"ready", true}, {"url", ready.url}, {"pid", ::getpid()}}) << std::endl;
    return;
  }
  context.out << "ready on " << ready.url << "\nstop with Ctrl-C" << std::endl;
}

// What the store makes is nobody else's to read: passphrases' hashes, commands, audit.
void keep_files_private() { ::umask(077); }

// A first start leaves nobody who could sign in.
void advise_admin(Context& context, const conductor::Store& store) {
  const auto operators = store.records->scan("operators", "", "", 1);
  if (!operators.ok() || !operators->empty()) return;
  context.err << "lumenflow: nobody can sign in yet; run: lumenflow conductor init-admin --name NAME\n";
}

// What workspaces and phones are told to come back to.
Status check_public_url(const ConductorFlags& flags) {
  if (flags.public_url.empty()) return {};
  const Result<http::Url> url = http::parse_url(flags.public_url);
  if (url.ok() && url->path.find_first_of("?#") == std::string::npos) return {};
  return Error(ErrorCode::kInvalidInput,
               "--public-url '" + flags.public_url +
                   "' must be an absolute http or https URL without a query, a user or a password, as workspaces reach "
                   "this conductor: --public-url https://conductor.example");
}

void advise_address(Context& context, const ConductorFlags& flags) {
  if (flags.public_url.empty() && (flags.listen.starts_with("0.0.0.0") || flags.listen.starts_with("[::]")))
    context.err << "lumenflow: links for phones will name " << flags.listen
                << ", where nobody else finds it; say --public-url URL\n";
}

// A store that was not there is made, which is right once and a mistake ever after.
bool is_new_store(const Context& context, const ConductorFlags& flags) {
  const auto paths = conductor::store_paths(flags.store);
  if (!paths.ok() || paths->in_memory) return false;
  const auto there = context.files.stat(paths->records);
  return there.ok() && !*there;
}

Status apply(Context& context, const ConductorFlags& flags, conductor::RecordChange change, const conductor::Act& act) {
  keep_files_private();
  const bool is_new = is_new_store(context, flags);
  LUMENFLOW_TRY_ASSIGN(const auto records, conductor::open_records_of(context.files, flags.store));
  if (is_new) context.err << "lumenflow: there was no store " << flags.store << "; it has been made\n";
  if (act.type == "conductor.ticket_made" && flags.kind == "device") {
    LUMENFLOW_TRY_ASSIGN(const auto workspace, records->get("workspaces", flags.workspace));
    if (!workspace) return Error(ErrorCode::kNotFound, "no workspace " + flags.workspace + " is enrolled here");
  }
  std::vector<conductor::RecordChange> changes{std::move(change)};
  // The conductor that runs, or the next one, puts it into its Log.
  changes.push_back(conductor::act_change(act, context.clock.now(), context.random));
  return records->apply(changes);
}

}  // namespace

int run_conductor(Context& context, const ConductorFlags& flags) {
  if (const Status good = check_public_url(flags); !good.ok()) return fail_usage(context, good.error());
  keep_files_private();
  auto store = conductor::open_store(context.files, context.clock, context.random, flags.store);
  if (!store.ok()) return fail(context, store.error());
  boost::asio::io_context io(1);
  ThreadPoolExecutor executor(kConductorThreads, kConductorQueueMax);
  conductor::ConductorOptions options;
  options.listen = flags.listen;
  options.public_url = flags.public_url;
  options.tls_cert = flags.tls_cert;
  options.tls_key = flags.tls_key;
  options.private_hooks = flags.private_hooks;
  options.private_sidecars = flags.private_sidecars;
  options.page = &page::site();
  const auto server =
      conductor::make_conductor(io, **store, executor, context.clock, context.random, std::move(options));
  boost::asio::signal_set signals(io, SIGTERM, SIGINT);
  signals.async_wait([&](const boost::system::error_code& error, int) {
    if (!error) server->drain([&io] { io.stop(); });
  });
  const Result<conductor::Ready> ready = server->start();
  if (!ready.ok()) {  // an address that is none or taken, a certificate that cannot be read
    executor.finish();
    return fail_usage(context, ready.error());
  }
  advise_admin(context, **store);
  advise_address(context, flags);
  print_conductor_ready(context, *ready, flags.json);
  io.run();
  executor.finish();
  (*store)->log->settle();  // what it says of its commits, it says to the server
  return 0;
}

int run_conductor_operator(Context& context, const ConductorFlags& flags) {
  const auto role = conductor::role_from_name(flags.role);
  const Result<std::string> passphrase = read_passphrase(context, flags.passphrase_file);
  if (!passphrase.ok()) return fail_usage(context, passphrase.error());
  auto record =
      conductor::operator_record(flags.name, *passphrase, role.value_or(conductor::Role::kViewer), context.clock.now());
  if (!record.ok()) return fail_usage(context, record.error());
  conductor::Act act{"conductor.operator_added", "local", {}, {}};
  act.details = {{"name", flags.name}, {"role", flags.role}};
  const Status done = apply(context, flags, *std::move(record), act);
  if (!done.ok() && done.error().code() == ErrorCode::kConflict)
    return fail(context, Error(ErrorCode::kAlreadyExists, "there is an operator " + flags.name));
  if (!done.ok()) return fail(context, done.error());
  if (flags.json)
    context.out << json::serialize(json::Object{{"name", flags.name}, {"role", flags.role}}) << "\n";
  else
    context.out << flags.name << " can sign in as " << flags.role << "\n";
  return 0;
}

int run_conductor_ticket(Context& context, const ConductorFlags& flags) {
  if (!flags.workspace.empty() && !conductor::is_workspace_id(flags.workspace))
    return fail_usage(context, Error(ErrorCode::kInvalidInput, "'" + flags.workspace + "' is no workspace id"));
  if (flags.kind == "device" && flags.workspace.empty())
    return fail_usage(context, Error(ErrorCode::kInvalidInput, "a device's ticket needs --workspace"));
  const conductor::Ticket ticket =
      conductor::make_ticket(flags.kind, flags.workspace, "local", context.clock.now(), context.random);
  conductor::Act act{"conductor.ticket_made", "local", flags.workspace, {}};
  act.details = {{"kind", flags.kind}, {"ticket", ticket.record.key.substr(0, 12)}};
  if (const Status done = apply(context, flags, ticket.record, act); !done.ok()) return fail(context, done.error());
  if (flags.json)
    context.out << json::serialize(json::Object{{"ticket", ticket.code},
                                                {"kind", flags.kind},
                                                {"expires_at", format_rfc3339(ticket.expires_at)}})
                << "\n";
  else
    context.out << ticket.code << "\n";
  return 0;
}

int run_conductor_rotate_key(Context& context, const ConductorFlags& flags) {
  const Result<std::string> passphrase = read_passphrase(context, flags.passphrase_file);
  if (!passphrase.ok()) return fail_usage(context, passphrase.error());
  std::string url = flags.url;
  while (url.ends_with('/')) url.pop_back();
  if (const auto parsed = http::parse_url(url); !parsed.ok()) return fail_usage(context, parsed.error());
  consumers::ConductorClient admin({.url = url, .ca_file = flags.ca_file});
  if (const auto session = admin.sign_in({flags.name, *passphrase}); !session.ok())
    return fail(context, session.error());
  const auto rotated = admin.rotate_key();
  const Status signed_out = admin.sign_out();  // whatever came of it: nobody goes on with this session
  if (!rotated.ok()) return fail(context, rotated.error());
  if (!signed_out.ok()) context.err << "lumenflow: the session stays open: " << signed_out.error().message() << "\n";
  if (flags.json)
    context.out << json::serialize(json::Object{{"key_id", rotated->key_id}}) << "\n";
  else
    context.out << "tokens are signed with the key " << rotated->key_id
                << " from now on; those that were signed before count until they are over\n";
  return 0;
}

}  // namespace lumenflow::cli
