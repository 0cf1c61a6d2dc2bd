// lumenflow record: asks the running sidecar.
#include <chrono>
#include <filesystem>
#include <ostream>
#include <thread>

#include "cli/commands.h"
#include "cli/output.h"
#include "cli/session.h"

namespace lumenflow::cli {
namespace {

constexpr std::chrono::milliseconds kPause{50};
constexpr int kLooksMax = 300;

Result<json::Value> ask(Session& session, const std::string& passphrase, json::Object input) {
  return data_of(session.call_kernel("kernel:record", json::Value(std::move(input)), passphrase));
}

// Until it says something else than `passing`.
Result<json::Value> settle(Session& session, const std::string& passphrase, json::Value now, std::string_view passing) {
  for (int look = 0; look < kLooksMax && json::string_or(now, "state", "") == passing; ++look) {
    std::this_thread::sleep_for(kPause);
    LUMENFLOW_TRY_ASSIGN(now, ask(session, passphrase, {{"action", "status"}}));
  }
  return now;
}

Result<json::Value> record(Context& context, const RecordFlags& flags) {
  LUMENFLOW_TRY_ASSIGN(const std::unique_ptr<Session> session, Session::open(context));
  if (!session->is_remote())
    return Error(ErrorCode::kUnreachable,
                 "no sidecar runs here: `lumenflow up` first; or write `record: true` into lumenflow.yaml, and every "
                 "start is recorded");
  LUMENFLOW_TRY_ASSIGN(const std::string passphrase, operator_passphrase(context, flags.passphrase_file));
  if (flags.status) return ask(*session, passphrase, {{"action", "status"}});
  if (flags.stop) {
    LUMENFLOW_TRY_ASSIGN(json::Value now, ask(*session, passphrase, {{"action", "stop"}}));
    return settle(*session, passphrase, std::move(now), "ends");
  }
  const std::string path = std::filesystem::absolute(flags.file).lexically_normal().string();
  LUMENFLOW_TRY_ASSIGN(json::Value now, ask(*session, passphrase, {{"action", "start"}, {"file", path}}));
  return settle(*session, passphrase, std::move(now), "begins");
}

}  // namespace

int run_record(Context& context, const RecordFlags& flags) {
  if (flags.file.empty() && !flags.stop && !flags.status)
    return fail_usage(context, Error(ErrorCode::kInvalidRequest, "record needs a file, --stop or --status"));
  const Result<json::Value> now = record(context, flags);
  if (!now.ok()) return fail(context, now.error());
  const std::string_view state = json::string_or(*now, "state", "");
  if (flags.json) {
    context.out << json::serialize_pretty(*now) << "\n";
  } else {
    context.out << state;
    if (const json::Value* file = now->find("file")) context.out << "  " << cell(file);
    context.out << "  " << json::integer_or(*now, "frames", 0) << " frames, " << json::integer_or(*now, "bytes", 0)
                << " bytes";
    if (const json::Value* reason = now->find("reason")) context.out << "  (" << cell(reason) << ")";
    context.out << "\n";
  }
  return state == "failed" ? 1 : 0;
}

}  // namespace lumenflow::cli
