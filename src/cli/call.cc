#include <ostream>

#include "base/encoding.h"
#include "cli/commands.h"
#include "cli/diagnostics_output.h"
#include "cli/output.h"
#include "cli/session.h"
#include "pack/diagnostic.h"

namespace lumenflow::cli {
namespace {

constexpr std::size_t kProgressBytesMax = 48;  // of a message, so that the line stays one

// 0 for a success, else the exit code of the refusal; a tool's own failure is 1.
int exit_code_of(const json::Value& result) {
  if (json::boolean_or(result, "success", false)) return 0;
  const json::Value* error = result.find("error");
  const auto code = error_code_from_name(error == nullptr ? "" : json::string_or(*error, "code", ""));
  return code ? info(*code).exit_code : 1;
}

// The tool whose name is nearest to one that no pack has; empty when none is near.
std::string tool_meant(Session& session, const std::string& name) {
  const auto listed = session.get("/tools");
  std::vector<std::string_view> names;
  if (const json::Value* tools = listed.ok() ? listed->find("tools") : nullptr; tools != nullptr && tools->is_array())
    for (const json::Value& tool : tools->as_array()) names.push_back(json::string_or(tool, "name", ""));
  return pack::nearest(name, names).value_or("");
}

// What the call left behind, where it did.
void print_recovery_of(const Context& context, const json::Value& error) {
  const json::Value* details = error.find("details");
  const std::string_view id = details == nullptr ? "" : json::string_or(*details, "recovery_id", "");
  if (id.empty()) return;
  const std::string_view status = json::string_or(*details, "cleanup_status", "");
  context.err << "  cleanup status " << printable(status) << "; `lumenflow recover show " << printable(id) << "`\n";
}

// On a terminal, one line that says how far the call is, over and over; gone with its end.
class ProgressLine {
 public:
  explicit ProgressLine(const Context& context) : context_(context) {}
  ~ProgressLine() {
    if (shown_) context_.err << "\r\x1b[K" << std::flush;
  }
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  void show(const json::Value& progress) {
    const json::Value* fraction = progress.find("fraction");
    const int percent =
        fraction != nullptr && fraction->is_number() ? static_cast<int>(fraction->as_double() * 100) : 0;
    const std::string message = printable(json::string_or(progress, "message", ""));
    context_.err << "\r\x1b[K" << printable(json::string_or(progress, "tool", ""));
    if (percent > 0) context_.err << " " << percent << "%";
    context_.err << " " << clip_utf8(message, kProgressBytesMax) << std::flush;
    shown_ = true;
  }

 private:
  const Context& context_;
  bool shown_ = false;
};

Result<json::Value> call_with_progress(const Context& context, Session& session, const CallFlags& flags,
                                       const json::Value& input) {
  Session::OnProgress on_progress;
  ProgressLine line(context);
  if (context.out_is_terminal && !flags.json) on_progress = [&line](const json::Value& said) { line.show(said); };
  return session.call(flags.tool, input, flags.idempotency_key, on_progress);
}

}  // namespace

int run_call(Context& context, const CallFlags& flags) {
  const Result<std::string> text = read_input(context, flags.input);
  if (!text.ok()) return fail_usage(context, text.error());
  Result<json::Value> input = json::parse(*text);
  if (!input.ok()) return fail_usage(context, std::move(input).error().with_context("--input"));
  const auto session = Session::open(context);
  if (!session.ok()) return fail(context, session.error());
  warn_of(context, (*session)->refusals());
  const Result<json::Value> result = call_with_progress(context, **session, flags, *input);
  if (!result.ok()) return fail(context, result.error());

  const int exit_code = exit_code_of(*result);
  if (flags.json) {
    context.out << json::serialize(*result) << "\n";
    return exit_code;
  }
  const json::Value* metadata = result->find("metadata");
  const std::string receipt(metadata == nullptr ? "" : json::string_or(*metadata, "receipt_id", ""));
  if (exit_code == 0) {
    const json::Value* data = result->find("data");
    context.out << (data == nullptr ? "null" : json::serialize_pretty(*data)) << "\n";
  } else if (const json::Value* error = result->find("error"); error != nullptr) {
    context.err << "lumenflow: " << printable(json::string_or(*error, "message", "the call failed")) << " ["
                << json::string_or(*error, "code", "") << "]\n";
    if (json::string_or(*error, "code", "") == name(ErrorCode::kToolNotFound))
      if (const std::string meant = tool_meant(**session, flags.tool); !meant.empty())
        context.err << "  did you mean '" << meant << "'?\n";
    if (const json::Value* faults = faults_of(*error))
      for (const json::Value& fault : faults->as_array())
        context.err << "  " << printable(json::string_or(fault, "pointer", "")) << ": "
                    << printable(json::string_or(fault, "reason", "")) << "\n";
    print_recovery_of(context, *error);
    if (const std::string_view id = json::string_or(*result, "approval_id", ""); !id.empty())
      context.err << "  `lumenflow approvals show " << printable(id) << "` says what is asked, and `approve` or `deny` "
                  << "decides\n";
  }
  context.err << "receipt " << receipt << "\n";
  return exit_code;
}

}  // namespace lumenflow::cli
