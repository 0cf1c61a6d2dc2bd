#include <istream>
#include <ostream>

#include "cli/commands.h"
#include "cli/terminal.h"
#include "sidecar/workspace.h"

namespace lumenflow::cli {

Result<std::string> read_passphrase(const Context& context, const std::string& file) {
  if (file.empty()) return std::string();
  std::string text;
  if (file == "-") {
    std::getline(context.in, text);
  } else {
    Result<std::string> content = read_stream(file, 64 * 1024);
    if (!content.ok()) return Error(ErrorCode::kInvalidRequest, "--passphrase-file: " + content.error().message());
    text = *std::move(content);
    text = text.substr(0, text.find('\n'));
  }
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  if (text.empty()) return Error(ErrorCode::kInvalidRequest, "the passphrase in " + file + " is empty");
  return text;
}

Result<std::string> operator_passphrase(const Context& context, const std::string& file) {
  if (!file.empty()) return read_passphrase(context, file);
  LUMENFLOW_TRY_ASSIGN(const std::string root, workspace_root(context));
  const Result<bool> open_key = sidecar::operator_key_is_open(context.files, sidecar::WorkspacePaths(root).keys);
  if (!open_key.ok() || *open_key || context.terminal < 0) return std::string();  // whoever needs the key says so
  return ask_secret(context.terminal, "Passphrase of the operator key: ");
}

namespace {

// A new passphrase: from the file, else from the person at the terminal, twice.
Result<std::string> new_passphrase(const Context& context, const InitFlags& flags) {
  if (!flags.production || !flags.passphrase_file.empty() || context.terminal < 0)
    return read_passphrase(context, flags.passphrase_file);
  LUMENFLOW_TRY_ASSIGN(std::string passphrase, ask_secret(context.terminal, "New passphrase of the operator key: "));
  LUMENFLOW_TRY_ASSIGN(const std::string again, ask_secret(context.terminal, "The same again: "));
  if (passphrase == again) return passphrase;
  return Error(ErrorCode::kInvalidRequest, "the two passphrases differ");
}

}  // namespace

int run_init(Context& context, const InitFlags& flags) {
  const Result<std::string> passphrase = new_passphrase(context, flags);
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
