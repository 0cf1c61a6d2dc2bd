// Structured logs of the program itself (not the journal), to stderr, by spdlog.
//
// Never log tokens, keys, inputs or outputs of tools: name the receipt instead.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lumenflow/result.h"

namespace lumenflow {

enum class LogLevel { kDebug, kInfo, kWarn, kError, kOff };
enum class LogFormat { kText, kJson };

struct LogField {
  std::string_view key;
  std::string value;
};

// Process-wide; called once by main before threads start. Default: text, info.
void configure_logging(LogLevel level, LogFormat format);
Result<LogLevel> parse_log_level(std::string_view text);  // debug info warn error off

// Thread safe. `module` is the folder that speaks, `message` a fixed sentence, the variable parts are fields.
void write_log(LogLevel level, std::string_view module, std::string_view message,
               const std::vector<LogField>& fields = {});

}  // namespace lumenflow
