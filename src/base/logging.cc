#include "base/logging.h"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <atomic>

#include "base/secret_shapes.h"

namespace lumenflow {
namespace {

std::atomic<LogFormat> g_format{LogFormat::kText};  // set once by main; a log format is the process's, not an object's

constexpr const char* kTextPattern = "%Y-%m-%dT%H:%M:%S.%eZ %^%l%$ %v";
constexpr const char* kJsonPattern = R"({"ts":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l",%v})";

spdlog::level::level_enum to_spdlog(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarn:
      return spdlog::level::warn;
    case LogLevel::kError:
      return spdlog::level::err;
    case LogLevel::kOff:
      break;
  }
  return spdlog::level::off;
}

void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\')
      out += '\\', out += c;
    else if (static_cast<unsigned char>(c) < 0x20)
      out += fmt::format("\\u{:04x}", static_cast<unsigned char>(c));
    else
      out += c;
  }
  out += '"';
}

spdlog::logger& logger() {
  static const std::shared_ptr<spdlog::logger> instance = [] {
    auto made = spdlog::stderr_color_mt("lumenflow");
    made->set_pattern(kTextPattern, spdlog::pattern_time_type::utc);
    return made;
  }();
  return *instance;
}

}  // namespace

void configure_logging(LogLevel level, LogFormat format) {
  g_format = format;
  logger().set_level(to_spdlog(level));
  logger().set_pattern(format == LogFormat::kJson ? kJsonPattern : kTextPattern, spdlog::pattern_time_type::utc);
}

Result<LogLevel> parse_log_level(std::string_view text) {
  constexpr std::pair<std::string_view, LogLevel> kLevels[] = {{"debug", LogLevel::kDebug},
                                                               {"info", LogLevel::kInfo},
                                                               {"warn", LogLevel::kWarn},
                                                               {"error", LogLevel::kError},
                                                               {"off", LogLevel::kOff}};
  for (const auto& [name, level] : kLevels)
    if (name == text) return level;
  return Error(ErrorCode::kInvalidInput,
               "log level '" + std::string(text) + "' is not one of debug, info, warn, error, off");
}

void write_log(LogLevel level, std::string_view module, std::string_view message, const std::vector<LogField>& fields) {
  if (!logger().should_log(to_spdlog(level))) return;
  const bool json = g_format == LogFormat::kJson;
  std::string line;
  if (json) {
    line += "\"module\":", append_quoted(line, module);
    line += ",\"message\":", append_quoted(line, message);
  } else {
    line.append(module).append(": ").append(message);
  }
  for (const LogField& field : fields) {
    if (json)
      line += ',', append_quoted(line, field.key), line += ':';
    else
      line.append(" ").append(field.key).append("=");
    const auto masked = replace_secrets(field.value, SecretSearch::kAssignments,
                                        [](std::string_view) { return std::string("[secret]"); });
    append_quoted(line, masked ? *masked : field.value);
  }
  logger().log(to_spdlog(level), "{}", line);
}

}  // namespace lumenflow
