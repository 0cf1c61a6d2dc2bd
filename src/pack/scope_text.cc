// Scopes as they are written in lumenflow.yaml, tasks and manifests.
#include <initializer_list>

#include "base/network.h"
#include "pack/scope.h"

namespace lumenflow::pack {
namespace {

constexpr std::string_view kNoEntry = "must be a host, host:port or CIDR block";

// Gathers faults, so that all are reported at once.
class Reader {
 public:
  explicit Reader(const json::Object& object) : object_(object) {}

  void fault(std::string_view pointer, std::string reason) {
    faults_.push_back({std::string(pointer), std::move(reason)});
  }

  void only(std::initializer_list<std::string_view> known, std::string_view what) {
    for (const json::Member& member : object_) {
      bool found = false;
      for (const std::string_view name : known) found = found || name == member.key;
      if (!found) fault("/" + json::escape_pointer_token(member.key), "is no member of a " + std::string(what));
    }
  }

  // Empty, with a fault, when it is absent or no string.
  std::string_view text(std::string_view name) {
    const json::Value* value = object_.find(name);
    const std::string* text = value != nullptr ? value->if_string() : nullptr;
    if (text == nullptr) fault("/" + std::string(name), value == nullptr ? "is required" : "must be a string");
    return text != nullptr ? std::string_view(*text) : std::string_view();
  }

  Result<Scope> finish(Scope scope) && {
    if (faults_.empty()) return scope;
    std::string message = "not a valid scope:";
    for (const ErrorDetail& detail : faults_) message += " " + detail.pointer + " " + detail.reason + ";";
    message.pop_back();
    return Error(ErrorCode::kInvalidInput, std::move(message), std::move(faults_));
  }

 private:
  const json::Object& object_;
  std::vector<ErrorDetail> faults_;
};

void read_path(Reader& reader, Scope& scope) {
  scope.type = Scope::Type::kPath;
  reader.only({"type", "pattern", "access"}, "path scope");
  if (const std::string_view pattern = reader.text("pattern"); pattern.data() != nullptr) {
    Result<Glob> glob = Glob::compile(pattern);
    if (glob.ok())
      scope.pattern = *std::move(glob);
    else
      reader.fault("/pattern", glob.error().message());
  }
  const std::string_view access = reader.text("access");
  if (access == "write")
    scope.access = Access::kWrite;
  else if (access != "read" && access.data() != nullptr)
    reader.fault("/access", "must be read or write");
}

void read_allowlist(Reader& reader, const json::Value& entries, Scope& scope) {
  if (scope.posture != NetworkPosture::kAllowlist)
    return reader.fault("/allowlist_entries", "goes with posture allowlist only");
  const json::Array* array = entries.if_array();
  if (array == nullptr) return reader.fault("/allowlist_entries", "must be an array");
  for (std::size_t i = 0; i < array->size(); ++i) {
    const std::string* text = (*array)[i].if_string();
    if (text != nullptr && network::parse_entry(*text))
      scope.allowlist.push_back(*text);
    else
      reader.fault("/allowlist_entries/" + std::to_string(i), std::string(kNoEntry));
  }
}

void read_network(Reader& reader, const json::Object& object, Scope& scope) {
  scope.type = Scope::Type::kNetwork;
  reader.only({"type", "posture", "allowlist_entries"}, "network scope");
  const std::string_view posture = reader.text("posture");
  if (posture == "allowlist")
    scope.posture = NetworkPosture::kAllowlist;
  else if (posture == "full")
    scope.posture = NetworkPosture::kFull;
  else if (posture != "off" && posture.data() != nullptr)
    reader.fault("/posture", "must be off, allowlist or full");
  if (const json::Value* entries = object.find("allowlist_entries")) read_allowlist(reader, *entries, scope);
}

std::string_view name(NetworkPosture posture) {
  switch (posture) {
    case NetworkPosture::kOff:
      return "off";
    case NetworkPosture::kAllowlist:
      return "allowlist";
    case NetworkPosture::kFull:
      return "full";
  }
  return "off";
}

}  // namespace

Result<Scope> parse_scope(const json::Value& value) {
  const json::Object* object = value.if_object();
  if (object == nullptr)
    return Error(ErrorCode::kInvalidInput, "a scope must be an object", {{"", "must be an object"}});
  Reader reader(*object);
  Scope scope;
  scope.raw = value;
  const std::string_view type = reader.text("type");
  if (type == "path")
    read_path(reader, scope);
  else if (type == "network")
    read_network(reader, *object, scope);
  else if (type.data() != nullptr)
    reader.fault("/type", "must be path or network");
  return std::move(reader).finish(std::move(scope));
}

std::string allowlist_entry_fault(std::string_view entry) {
  const auto parsed = network::parse_entry(entry);
  if (!parsed) return std::string(kNoEntry);
  return network::is_open(*parsed) ? "is an open network: it holds every public address" : "";
}

std::string to_string(const Scope& scope) {
  if (scope.type == Scope::Type::kPath)
    return std::string(scope.access == Access::kRead ? "read " : "write ") +
           (scope.pattern ? scope.pattern->pattern() : "");
  std::string out = "network " + std::string(name(scope.posture));
  for (const std::string& entry : scope.allowlist) out += " " + entry;
  return out;
}

}  // namespace lumenflow::pack
