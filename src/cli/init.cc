#include <istream>
#include <ostream>

#include "cli/commands.h"
#include "sidecar/workspace.h"

namespace lumenflow::cli {

Result<std::string> read_passphrase(const Context& context, const std::string& file) {
  if (file.empty()) return std::string();
  std::string text;
  if (file == "-") {
    std::getline(context.in, text);
  } else {
    Result<std::string> content = context.files.read(file, 64 * 1024);
    if (!content.ok()) return Error(ErrorCode::kInvalidRequest, "--passphrase-file: " + content.error().message());
    text = *std::move(content);
    text = text.substr(0, text.find('\n'));
  }
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  if (text.empty()) return Error(ErrorCode::kInvalidRequest, "the passphrase in " + file + " is empty");
  return text;
}

int run_init(Context& context, const InitFlags& flags) {
  const Result<std::string> passphrase = read_passphrase(context, flags.passphrase_file);
  if (!passphrase.ok()) return fail_usage(context, passphrase.error());
  const std::string folder = context.workspace.empty() ? "." : context.workspace;
  if (Status status = context.files.make_directories(folder); !status.ok()) return fail(context, status.error());
  const Result<std::string> root = context.files.real_path(folder);
  if (!root.ok()) return fail(context, root.error());
  const sidecar::InitOptions options{flags.id, flags.production, *passphrase};
  const auto written = sidecar::init_workspace(context.files, *root, options);
  if (!written.ok())  // a wrong id, or production without a passphrase
    return written.error().code() == ErrorCode::kInvalidInput ? fail_usage(context, written.error())
                                                              : fail(context, written.error());
  for (const std::string& path : *written) context.out << "wrote " << path << "\n";
  context.out << "workspace ready in " << *root << "; next: lumenflow up\n";
  return 0;
}

}  // namespace lumenflow::cli
