#include "agent-runtime/yaml.h"

#include <libfyaml.h>

#include <cstdlib>
#include <memory>
#include <string>

namespace lumenflow::agent_runtime {
namespace {

struct DestroyDocument {
  void operator()(fy_document* document) const { fy_document_destroy(document); }
};
struct DestroyDiagnostics {
  void operator()(fy_diag* diagnostics) const { fy_diag_destroy(diagnostics); }
};
struct FreeText {
  void operator()(char* text) const { std::free(text); }
};

}  // namespace

Result<json::Value> read_yaml(std::string_view text) {
  const Error invalid(ErrorCode::kInvalidConfiguration, "it is not one YAML document that JSON could say as well");
  fy_diag_cfg silent;  // its errors quote what is read, on stderr
  fy_diag_cfg_default(&silent);
  silent.fp = nullptr;
  silent.output_fn = [](fy_diag*, void*, const char*, std::size_t) {};
  const std::unique_ptr<fy_diag, DestroyDiagnostics> diagnostics(fy_diag_create(&silent));
  fy_parse_cfg config{};
  config.flags = static_cast<fy_parse_cfg_flags>(FYPCF_QUIET | FYPCF_RESOLVE_DOCUMENT | FYPCF_DEFAULT_VERSION_1_2);
  config.diag = diagnostics.get();
  const std::unique_ptr<fy_document, DestroyDocument> document(
      fy_document_build_from_string(&config, text.data(), text.size()));
  if (document == nullptr || fy_document_root(document.get()) == nullptr) {
    if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) return json::Value();
    return invalid;
  }
  const std::unique_ptr<char, FreeText> emitted(
      fy_emit_document_to_string(document.get(), static_cast<fy_emitter_cfg_flags>(FYECF_MODE_JSON_ONELINE)));
  if (emitted == nullptr) return invalid;
  Result<json::Value> value = json::parse(emitted.get(), {.depth_max = 64});
  if (!value.ok()) return invalid;
  return value;
}

}  // namespace lumenflow::agent_runtime
