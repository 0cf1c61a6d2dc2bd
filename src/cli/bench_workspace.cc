#include "cli/bench_workspace.h"

#include <stdlib.h>

#include <filesystem>

#include "base/check.h"
#include "cli/bench_pack.h"
#include "http/token.h"
#include "log/row_codec.h"

namespace lumenflow::cli {
namespace {

constexpr std::uint64_t kSampledEntries = 300;
constexpr std::string_view kId = "bench";

}  // namespace

ScratchFolder::ScratchFolder() {
  std::string pattern = (std::filesystem::temp_directory_path() / "lumenflow-bench-XXXXXX").string();
  if (::mkdtemp(pattern.data()) != nullptr) path_ = pattern;
}

ScratchFolder::~ScratchFolder() {
  std::error_code ignored;
  if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
}

std::string ScratchFolder::sub(const std::string& name) const {
  const std::string folder = join_path(path_, name);
  std::error_code ignored;
  std::filesystem::remove_all(folder, ignored);
  std::filesystem::create_directories(folder, ignored);
  return folder;
}

Result<std::unique_ptr<BenchWorkspace>> BenchWorkspace::open(Context& context, const std::string& root,
                                                             std::function<void()> doorbell) {
  const sidecar::InitOptions init{.id = std::string(kId), .production = false, .operator_passphrase = {}};
  LUMENFLOW_TRY(sidecar::init_workspace(context.files, root, init));
  const std::string config = "id: " + std::string(kId) + "\npacks: [{id: " + std::string(bench_pack().id) + "}]\n";
  LUMENFLOW_TRY(context.files.write_atomic(sidecar::WorkspacePaths(root).config, config));
  std::unique_ptr<BenchWorkspace> bench(new BenchWorkspace(context));
  const sidecar::WorkspacePorts ports{context.files, context.clock, context.random, bench->executor_};
  LUMENFLOW_TRY_ASSIGN(bench->workspace_, sidecar::Workspace::open(ports, root, {&bench_pack()}, std::move(doorbell)));
  auto credential = std::make_shared<kernel::Credential>();
  credential->subject = Subject("bench:local:bench");
  credential->scopes = {"workspace"};
  bench->credential_ = std::move(credential);
  return bench;
}

Result<std::string> BenchWorkspace::mint() const {
  http::TokenClaims claims;
  claims.issuer = kId;
  claims.subject = "bench:local:bench";
  claims.audience = "sidecar";
  claims.scopes = {"workspace"};
  claims.issued_at = context_.clock.now() - std::chrono::seconds(1);
  claims.expires_at = claims.issued_at + std::chrono::hours(1);
  claims.id = "bench-token";
  return http::mint_token(claims, workspace_->keys().token_private_pem, workspace_->keys().token_key_id);
}

kernel::Call BenchWorkspace::call(std::string_view tool) const {
  Result<json::Value> input = json::parse(bench_input());
  LUMENFLOW_CHECK(input.ok());
  kernel::Call call;
  call.tool = tool;
  call.input = *std::move(input);
  call.credential = credential_;
  return call;
}

Result<CallBytes> BenchWorkspace::bytes_per_commit() const {
  const std::uint64_t size = workspace_->log().head().size;
  const Position after(size > kSampledEntries ? size - kSampledEntries : 1);  // not the opening's row
  LUMENFLOW_TRY_ASSIGN(const std::vector<log::StoredRow> rows, workspace_->log().read(after, kSampledEntries));
  if (rows.empty()) return Error(ErrorCode::kInternal, "the run left no row in the journal");
  CallBytes sum;
  std::string blob;
  std::vector<Hash256> leaves;
  for (const log::StoredRow& row : rows) {
    log::encode_row({row.entries, {}}, blob, leaves);
    sum.entries += blob.size();
    sum.body += row.body.size();
  }
  return CallBytes{sum.entries / rows.size(), sum.body / rows.size()};
}

}  // namespace lumenflow::cli
