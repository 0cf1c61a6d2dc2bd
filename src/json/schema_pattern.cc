#include "json/schema_pattern.h"

#include <re2/re2.h>

#include "base/check.h"

namespace lumenflow::json {

struct Pattern::Engine {
  Engine(const std::string& expression, const RE2::Options& options) : re2(expression, options) {}
  RE2 re2;
};

Pattern::Pattern(std::string source, std::unique_ptr<Engine> engine)
    : source_(std::move(source)), engine_(std::move(engine)) {}
Pattern::Pattern(Pattern&&) noexcept = default;
Pattern& Pattern::operator=(Pattern&&) noexcept = default;
Pattern::~Pattern() = default;

Result<Pattern> Pattern::compile(std::string_view ecmascript) {
  LUMENFLOW_TRY_ASSIGN(const std::string expression, translate_pattern(ecmascript));
  RE2::Options options;
  options.set_log_errors(false);
  options.set_never_capture(true);
  auto engine = std::make_unique<Engine>(expression, options);
  if (!engine->re2.ok()) {
    std::string reason = "the pattern does not compile: " + engine->re2.error();
    return Error(ErrorCode::kInvalidConfiguration, std::move(reason));
  }
  return Pattern(std::string(ecmascript), std::move(engine));
}

bool Pattern::matches(std::string_view text) const {
  const re2::StringPiece piece(text.data(), text.size());
  return engine_->re2.Match(piece, 0, text.size(), RE2::UNANCHORED, nullptr, 0);
}

}  // namespace lumenflow::json
