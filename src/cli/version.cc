#include <ostream>

#include "cli/commands.h"
#include "cli/output.h"
#include "lumenflow/error_code.h"
#include "lumenflow/json.h"
#include "sidecar/version.h"

namespace lumenflow::cli {
namespace {

void print_errors(Context& context, bool json) {
  json::Array items;
  std::vector<std::vector<std::string>> rows;
  for (const ErrorCodeInfo& code : all_error_codes()) {
    items.push_back(json::Object{{"code", code.name},
                                 {"canonical", name(code.canonical)},
                                 {"http_status", code.http_status},
                                 {"exit_code", code.exit_code},
                                 {"json_rpc", code.json_rpc},
                                 {"retryable", code.retryable},
                                 {"meaning", code.meaning}});
    rows.push_back({std::string(code.name), std::string(name(code.canonical)), std::to_string(code.http_status),
                    std::to_string(code.exit_code), std::to_string(code.json_rpc), code.retryable ? "yes" : "no",
                    std::string(code.meaning)});
  }
  if (json)
    context.out << json::serialize_pretty(json::Value(std::move(items))) << "\n";
  else
    print_table(context.out, {"CODE", "CANONICAL", "HTTP", "EXIT", "JSON-RPC", "RETRY", "MEANING"}, rows);
}

}  // namespace

int run_version(Context& context, bool json, bool errors) {
  if (errors) {
    print_errors(context, json);
    return 0;
  }
  if (json)
    context.out << json::serialize(json::Object{{"name", "lumenflow"}, {"version", sidecar::kVersion}}) << "\n";
  else
    context.out << "lumenflow " << sidecar::kVersion << "\n";
  return 0;
}

}  // namespace lumenflow::cli
