// lumenflow enroll, lumenflow unenroll: the workspace gives its conductor a token and takes one.
#include <ostream>
#include <thread>

#include "base/encoding.h"
#include "cli/commands.h"
#include "cli/commands_governance.h"
#include "cli/output.h"
#include "cli/session.h"
#include "conductor_link/enrollment.h"
#include "conductor_link/wire.h"
#include "http/url.h"
#include "kernel/commands.h"
#include "kernel/workspace_packs.h"
#include "sidecar/workspace.h"

namespace lumenflow::cli {
namespace {

constexpr std::uint64_t kDocumentBytesMax = 256 * 1024;
constexpr int kAttempts = 4;  // the answer may be lost: the same request again gets it
constexpr std::chrono::milliseconds kAttemptPause{500};

struct Enrolling {
  Context& context;
  const EnrollFlags& flags;
  std::string passphrase;
  std::unique_ptr<Session> session;
  sidecar::WorkspacePaths paths;
};

Result<Enrolling> begin(Context& context, const EnrollFlags& flags) {
  LUMENFLOW_TRY_ASSIGN(std::string passphrase, operator_passphrase(context, flags.passphrase_file));
  LUMENFLOW_TRY_ASSIGN(std::unique_ptr<Session> session, Session::open(context));
  sidecar::WorkspacePaths paths(session->root());
  return Enrolling{context, flags, std::move(passphrase), std::move(session), std::move(paths)};
}

// What the conductor is asked: with a token that this workspace has minted for it.
Result<json::Object> make_request(const Enrolling& enrolling) {
  const Files& files = enrolling.context.files;
  LUMENFLOW_TRY_ASSIGN(const json::Value listed, enrolling.session->get("/tools"));
  LUMENFLOW_TRY_ASSIGN(const json::Value outbox, enrolling.session->get("/outbox"));
  const std::string workspace(json::string_or(listed, "workspace_id", ""));
  json::Object wish{{"subject", kernel::conductor_subject(workspace)}, {"audience", "sidecar"}};
  if (!enrolling.flags.scope.empty()) wish.set("scope", enrolling.flags.scope);
  LUMENFLOW_TRY_ASSIGN(
      const json::Value minted,
      data_of(enrolling.session->call_kernel("kernel:token_mint", json::Value(std::move(wish)), enrolling.passphrase)));
  LUMENFLOW_TRY_ASSIGN(const std::string public_key, files.read(join_path(enrolling.paths.keys, "token.pub.pem")));
  LUMENFLOW_TRY_ASSIGN(std::string log_key, files.read(join_path(enrolling.paths.keys, "log.pub")));
  while (log_key.ends_with('\n')) log_key.pop_back();
  json::Object request{{"kind", "workspace"},      {"workspace_id", workspace},
                       {"public_key", public_key}, {"log_id", std::string(json::string_or(outbox, "log_id", ""))},
                       {"log_key", log_key},       {"token", std::string(json::string_or(minted, "token", ""))}};
  const kernel::WorkspacePacks read =
      sidecar::read_workspace_packs(files, enrolling.paths.config, enrolling.context.builtin_packs);
  if (read.config && !read.config->sidecar_url.empty()) request.set("sidecar_url", read.config->sidecar_url);
  return request;
}

// The request for this ticket, kept until its answer is installed: asked again after a crash it is the same one, which
// is what gets the same answer.
Result<std::string> request_for_ticket(const Enrolling& enrolling) {
  Files& files = enrolling.context.files;
  const std::string path = join_path(enrolling.paths.conductor, "enrolling.json");
  if (const auto kept = files.read(path, kDocumentBytesMax); kept.ok())
    if (const auto before = json::parse(*kept); before.ok())
      if (json::string_or(*before, "ticket", "") == enrolling.flags.ticket) return *kept;
  LUMENFLOW_TRY_ASSIGN(json::Object request, make_request(enrolling));
  request.set("ticket", enrolling.flags.ticket);
  const std::string text = json::serialize(json::Value(std::move(request)));
  LUMENFLOW_TRY(files.make_directories(enrolling.paths.conductor, 0700));
  LUMENFLOW_TRY(files.write_atomic(path, text, 0600));
  return text;
}

Result<std::string> ask_conductor(const Enrolling& enrolling, const std::string& request_text) {
  http::ClientOptions options;
  options.base_url = enrolling.flags.conductor;
  while (options.base_url.ends_with('/')) options.base_url.pop_back();
  options.ca_file = enrolling.flags.ca_file;
  options.body_bytes_max = kDocumentBytesMax;
  options.timeout = std::chrono::milliseconds(15'000);
  http::Client client(options);
  http::ClientRequest request;
  request.method = http::Method::kPost;
  request.path = "/v2/enrollments";
  request.body = request_text;
  for (int attempt = 1;; ++attempt) {
    Result<http::ClientResponse> answer = client.send(request);
    if (answer.ok() && (answer->status == 200 || answer->status == 201)) return std::move(answer->body);
    const Error why = answer.ok() ? conductor_link::refusal_of(*answer).error : answer.error();
    if (why.code() != ErrorCode::kUnreachable || attempt == kAttempts) return why;
    std::this_thread::sleep_for(kAttemptPause * attempt);
  }
}

// The jti of the token in a request: what is in its middle part.
std::string token_id_of(const std::string& request_text) {
  const Result<json::Value> request = json::parse(request_text);
  const std::string token(request.ok() ? json::string_or(*request, "token", "") : std::string_view());
  const std::size_t from = std::min(token.find('.'), token.size()), to = std::min(token.rfind('.'), token.size());
  if (to <= from + 1) return {};
  const Result<json::Value> claims = json::parse(from_base64url(token.substr(from + 1, to - from - 1)).value_or(""));
  return claims.ok() ? std::string(json::string_or(*claims, "jti", "")) : std::string();
}

// The conductor that was asked is the one that is enrolled with, at the URL that led there: what it calls itself may
// be good on its own machine only.
std::string at_the_url_asked(const Enrolling& enrolling, const std::string& document_text) {
  Result<json::Value> document = json::parse(document_text);
  if (!document.ok() || !document->is_object()) return document_text;
  std::string url = enrolling.flags.conductor;
  while (url.ends_with('/')) url.pop_back();
  const std::string said(json::string_or(*document, "conductor_url", ""));
  if (said == url) return document_text;
  enrolling.context.err << "lumenflow: the conductor calls itself " << cell(document->find("conductor_url"))
                        << "; it is enrolled with at " << url << "\n";
  document->as_object().set("conductor_url", url);
  return json::serialize(*document);
}

Result<json::Value> install(const Enrolling& enrolling, const std::string& document, const std::string& token_id) {
  json::Object input{{"document", document}};
  if (!token_id.empty()) input.set("token_id", token_id);
  if (enrolling.flags.backlog) input.set("backlog", true);
  if (!enrolling.flags.ca_file.empty()) {
    LUMENFLOW_TRY_ASSIGN(std::string ca, enrolling.context.files.read(enrolling.flags.ca_file, kDocumentBytesMax));
    input.set("ca", std::move(ca));
  }
  return data_of(enrolling.session->call_kernel("kernel:enroll", json::Value(std::move(input)), enrolling.passphrase));
}

Result<json::Value> enroll(Context& context, const EnrollFlags& flags) {
  if (!flags.conductor.empty())
    if (const auto url = http::parse_url(flags.conductor); !url.ok())
      return Error(ErrorCode::kInvalidRequest, "--conductor '" + flags.conductor + "' is no http or https URL");
  LUMENFLOW_TRY_ASSIGN(const Enrolling enrolling, begin(context, flags));
  if (flags.print_request) {
    LUMENFLOW_TRY_ASSIGN(json::Object request, make_request(enrolling));
    if (!flags.ticket.empty()) request.set("ticket", flags.ticket);
    return json::Value(std::move(request));
  }
  if (!flags.install_file.empty()) {
    LUMENFLOW_TRY_ASSIGN(const std::string document, read_stream(flags.install_file, kDocumentBytesMax));
    return install(enrolling, document, "");
  }
  LUMENFLOW_TRY_ASSIGN(const std::string request, request_for_ticket(enrolling));
  LUMENFLOW_TRY_ASSIGN(const std::string document, ask_conductor(enrolling, request));
  LUMENFLOW_TRY_ASSIGN(json::Value enrolled,
                       install(enrolling, at_the_url_asked(enrolling, document), token_id_of(request)));
  LUMENFLOW_TRY(context.files.remove(join_path(enrolling.paths.conductor, "enrolling.json")));
  return enrolled;
}

Result<json::Value> unenroll(Context& context, const EnrollFlags& flags) {
  LUMENFLOW_TRY_ASSIGN(const Enrolling enrolling, begin(context, flags));
  return data_of(enrolling.session->call_kernel("kernel:unenroll", json::Object{}, enrolling.passphrase));
}

}  // namespace

int run_enroll(Context& context, const EnrollFlags& flags) {
  const bool asks = !flags.conductor.empty() && !flags.ticket.empty();
  if (!asks && flags.install_file.empty() && !flags.print_request)
    return fail_usage(context, Error(ErrorCode::kInvalidRequest,
                                     "give --conductor URL and --ticket CODE, or --install FILE, or --print-request"));
  const Result<json::Value> enrolled = enroll(context, flags);
  if (!enrolled.ok()) return fail(context, enrolled.error());
  if (flags.json || flags.print_request)
    context.out << json::serialize(*enrolled) << "\n";
  else
    context.out << "enrolled with " << cell(enrolled->find("conductor_url")) << " as "
                << cell(enrolled->find("subject")) << "; `lumenflow up` sends events there\n";
  return 0;
}

int run_unenroll(Context& context, const EnrollFlags& flags) {
  const Result<json::Value> left = unenroll(context, flags);
  if (!left.ok()) return fail(context, left.error());
  if (flags.json)
    context.out << json::serialize(*left) << "\n";
  else
    context.out << "nothing goes to the conductor any more, and its token is revoked here\n";
  return 0;
}

}  // namespace lumenflow::cli
