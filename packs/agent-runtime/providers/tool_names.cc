#include "agent-runtime/providers/tool_names.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>

namespace lumenflow::agent_runtime {
namespace {

constexpr std::size_t kWireBytesMax = 64;

bool in(char c, std::string_view more) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || more.find(c) != std::string_view::npos;
}

// FNV-1a: names come from manifests and from whoever asks for a turn, and a clash costs that turn alone a tool.
std::uint64_t hash_of(std::string_view text) {
  std::uint64_t hash = 14695981039346656037u;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211u;
  return hash;
}

}  // namespace

std::string wire_name(std::string_view tool) {
  const std::size_t colon = tool.find(':');
  const std::string_view space = tool.substr(0, colon), name = colon == tool.npos ? "" : tool.substr(colon + 1);
  const bool regular = !space.empty() && !name.empty() && name.front() >= 'a' && name.front() <= 'z' &&
                       std::ranges::all_of(space, [](char c) { return in(c, "-"); }) &&
                       std::ranges::all_of(name, [](char c) { return in(c, "_-"); });
  if (regular && tool.size() + 1 <= kWireBytesMax) return std::string(space) + "__" + std::string(name);
  std::array<char, 24> text{};
  std::snprintf(text.data(), text.size(), "t_%016llx", static_cast<unsigned long long>(hash_of(tool)));
  return text.data();
}

std::string tool_of_wire(std::string_view wire) {
  const std::size_t mark = wire.find("__");
  if (mark == wire.npos) return {};
  std::string tool = std::string(wire.substr(0, mark)) + ":" + std::string(wire.substr(mark + 2));
  return wire_name(tool) == wire ? tool : std::string();
}

ToolNames::ToolNames(const std::vector<OfferedTool>& tools) {
  for (const OfferedTool& spec : tools) tools_.emplace(wire_name(spec.name), spec.name);
}

std::string ToolNames::tool(const std::string& wire) const {
  const auto found = tools_.find(wire);
  return found == tools_.end() ? wire : found->second;
}

}  // namespace lumenflow::agent_runtime
