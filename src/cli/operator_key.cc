// lumenflow operator-key accept|repin: which key is the operator's.
#include <ostream>

#include "base/signing.h"
#include "cli/commands.h"
#include "cli/commands_governance.h"
#include "cli/output.h"
#include "cli/session.h"
#include "sidecar/keys.h"

namespace lumenflow::cli {
namespace {

constexpr std::uint64_t kPemBytesMax = 64 * 1024;

Result<std::string> read_old_key(const Context& context, const OperatorKeyFlags& flags) {
  LUMENFLOW_TRY_ASSIGN(std::string pem, context.files.read(flags.old_key_file, kPemBytesMax));
  if (!is_encrypted_pem(pem)) return pem;
  LUMENFLOW_TRY_ASSIGN(const std::string passphrase, operator_passphrase(context, flags.passphrase_file));
  Result<std::string> unlocked = decrypt_private_pem(pem, passphrase);
  if (!unlocked.ok()) return Error(ErrorCode::kUnauthenticated, "the passphrase does not unlock " + flags.old_key_file);
  return unlocked;
}

Result<json::Value> accept(Context& context, const OperatorKeyFlags& flags) {
  LUMENFLOW_TRY_ASSIGN(const std::string old_key, read_old_key(context, flags));
  LUMENFLOW_TRY_ASSIGN(const std::unique_ptr<Session> session, Session::open(context));
  return data_of(
      session->call_kernel_signed("kernel:operator_accept", json::Object{{"thumbprint", flags.thumbprint}}, old_key));
}

Result<json::Value> repin(Context& context, const OperatorKeyFlags& flags) {
  LUMENFLOW_TRY_ASSIGN(const std::unique_ptr<Session> session, Session::open(context));
  return data_of(session->call_kernel("kernel:operator_repin", json::Object{{"thumbprint", flags.thumbprint}}));
}

int say(Context& context, const OperatorKeyFlags& flags, const Result<json::Value>& done) {
  if (!done.ok()) return fail(context, done.error());
  if (flags.json)
    context.out << json::serialize(*done) << "\n";
  else
    context.out << "the operator key is " << cell(done->find("thumbprint")) << " now, no longer "
                << cell(done->find("former")) << "\n";
  return 0;
}

}  // namespace

int run_operator_key_accept(Context& context, const OperatorKeyFlags& flags) {
  return say(context, flags, accept(context, flags));
}

int run_operator_key_repin(Context& context, const OperatorKeyFlags& flags) {
  return say(context, flags, repin(context, flags));
}

}  // namespace lumenflow::cli
