#include "cli/context.h"

#include <istream>
#include <iterator>
#include <ostream>

#include "cli/output.h"
#include "sidecar/workspace.h"

namespace lumenflow::cli {
namespace {
constexpr std::uint64_t kInputBytesMax = 64u << 20;
}

Result<std::string> workspace_root(const Context& context) {
  if (context.workspace.empty()) return sidecar::find_workspace(context.files, ".");
  const std::string config = join_path(context.workspace, "lumenflow.yaml");
  LUMENFLOW_TRY_ASSIGN(const auto found, context.files.stat(config));
  if (!found)
    return Error(ErrorCode::kInvalidConfiguration,
                 config + " does not exist; run `lumenflow --workspace " + context.workspace + " init`");
  return context.files.real_path(context.workspace);
}

Result<std::string> read_input(const Context& context, const std::string& input) {
  if (input == "-") return std::string(std::istreambuf_iterator<char>(context.in), {});
  if (input.starts_with("@")) return read_stream(input.substr(1), kInputBytesMax);
  return input;
}

int fail(const Context& context, const Error& error) {
  context.err << "lumenflow: ";
  if (error.code() == ErrorCode::kInvalidConfiguration)
    print_lines(context.err, error.message());  // excerpts of the operator's own files
  else
    context.err << printable(error.message());
  context.err << " [" << name(error.code()) << "]\n";
  for (const ErrorDetail& detail : error.details())
    context.err << "  " << (detail.pointer.empty() ? "/" : printable(detail.pointer)) << ": "
                << printable(detail.reason) << "\n";
  return info(error.code()).exit_code;
}

int fail_usage(const Context& context, const Error& error) {
  (void)fail(context, error);
  return kExitUsage;
}

}  // namespace lumenflow::cli
