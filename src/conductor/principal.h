// Who asks, from what was verified. Values and pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"

namespace lumenflow::conductor {

enum class Role : std::uint8_t { kViewer, kOperator, kAdmin };
std::string_view name(Role role);
std::optional<Role> role_from_name(std::string_view name);

using Who = unsigned;  // a set of the following
inline constexpr Who kOperators = 1, kWorkspaces = 2, kDevices = 4;

struct Principal {
  Who kind = 0;           // one of them; 0: nobody
  std::string subject;    // operator:ana, ws-42, ws-42:phone:pixel-8
  std::string workspace;  // of a workspace or a device
  std::string name;       // of an operator or a device
  Role role = Role::kViewer;
  std::vector<std::string> scopes;  // of a device
  std::string token_id;
  Timestamp issued_at;     // of the token, to the millisecond
  std::string session;     // key of the operator's session
  std::string credential;  // that opened it
  std::optional<Timestamp> expires_at;

  bool is_operator() const { return kind == kOperators; }
  bool is_workspace() const { return kind == kWorkspaces; }
  bool is_device() const { return kind == kDevices; }
};

// Whether a device's scopes hold `scope`; `workspace` stands for tools:read, tools:write and events:read.
bool holds_scope(const Principal& principal, std::string_view scope);

bool is_workspace_id(std::string_view text);  // ^[a-z0-9][a-z0-9-]{0,62}$; device ids are of the same form
std::string device_subject(std::string_view workspace, std::string_view device_id);

}  // namespace lumenflow::conductor
