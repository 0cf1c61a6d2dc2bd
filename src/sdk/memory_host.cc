#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "base/time.h"
#include "base/ulid.h"
#include "json/canonical.h"
#include "lumenflow/testing.h"

namespace lumenflow::pack {
namespace {

using Items = std::map<std::string, json::Value, std::less<>>;

class MemoryStore final : public Store {
 public:
  Items items;

  Result<std::optional<json::Value>> get(std::string_view key) override {
    const auto found = items.find(key);
    return found == items.end() ? std::optional<json::Value>() : std::optional<json::Value>(found->second);
  }
  Status put(std::string_view key, json::Value value) override {
    if (key.empty() || key.size() > 512) return Error(ErrorCode::kInvalidInput, "a key has 1 to 512 bytes");
    items.insert_or_assign(std::string(key), std::move(value));
    return {};
  }
  Status erase(std::string_view key) override {
    if (const auto found = items.find(key); found != items.end()) items.erase(found);
    return {};
  }
  Result<std::vector<StoreItem>> scan(std::string_view prefix, std::string_view after, std::size_t limit) override {
    std::vector<StoreItem> found;
    auto at = after < prefix ? items.lower_bound(prefix) : items.upper_bound(after);
    for (; at != items.end() && at->first.starts_with(prefix) && found.size() < limit; ++at)
      found.push_back({at->first, at->second});
    return found;
  }
  Result<std::vector<StoreItem>> scan_descending(std::string_view prefix, std::string_view before,
                                                 std::size_t limit) override {
    LUMENFLOW_TRY_ASSIGN(std::vector<StoreItem> found, scan(prefix, {}, items.size()));
    if (!before.empty()) std::erase_if(found, [&](const StoreItem& item) { return item.key >= before; });
    std::ranges::reverse(found);
    if (found.size() > limit) found.erase(found.begin() + static_cast<std::ptrdiff_t>(limit), found.end());
    return found;
  }
};

}  // namespace

class MemoryHost::Impl {
 public:
  explicit Impl(json::Value config) : registration(std::move(config)) {}
  Registration registration;
  std::map<std::pair<std::string, std::string>, KernelEvent> keys;  // by kind and idempotency key
  std::set<std::pair<std::string, std::string>> handled;            // kind, and replay key or event_id
  int runs = 0;

  template <class Base>
  class Context;
  class Call;
  class Delivery;
};

// One run: what it writes and emits is its own until it has succeeded.
template <class Base>
class MemoryHost::Impl::Context : public Base {
 public:
  explicit Context(MemoryHost& host) : host_(host), keys_(host.impl_->keys), id_(++host.impl_->runs) {
    store_.items = host.store;
    now_ = parse_rfc3339(host.now).value_or(Timestamp{}).ms;
    ulid_ = make_ulid(Timestamp{now_ + id_}, {});
  }

  void commit() {
    host_.store = std::move(store_.items);
    host_.impl_->keys = std::move(keys_);
    for (KernelEvent& event : held_) host_.events.push_back(std::move(event));
  }

  const std::string& workspace_root() const override { return root_; }
  const json::Value& config() const override { return host_.impl_->registration.config(); }
  std::int64_t now_ms() const override { return now_; }
  std::string new_ulid() override { return std::exchange(ulid_, next_ulid(ulid_)).str(); }
  bool has_tool(std::string_view name) const override {
    const auto& tools = host_.impl_->registration.tools();
    return std::ranges::any_of(tools, [&](const RegisteredTool& tool) { return tool.name == name; });
  }
  bool cancelled() const override { return false; }
  Store& store() override { return store_; }
  Status emit(std::string_view kind, json::Value payload, EmitOptions options) override {
    LUMENFLOW_TRY_ASSIGN(const Said said, admit(kind, std::move(payload), std::move(options), keys_));
    if (said.first) held_.push_back(said.event);
    return {};
  }
  Result<Emitted> emit_now(std::string_view kind, json::Value payload, EmitOptions options) override {
    LUMENFLOW_TRY_ASSIGN(const Said said, admit(kind, std::move(payload), options, keys_));
    if (said.first) {
      host_.events.push_back(said.event);
      if (options.idempotency_key)
        host_.impl_->keys.emplace(std::pair(said.event.kind, *options.idempotency_key), said.event);
    }
    const auto at = std::ranges::find(host_.events, said.event.event_id, &KernelEvent::event_id);
    return Emitted{said.event.event_id, said.event.timestamp,
                   static_cast<std::uint64_t>(at - host_.events.begin()) + 1};
  }
  Status transact(const std::function<Status(Store&)>&) override {
    return Error(ErrorCode::kMethodNotAllowed, "a pack in a process of its own commits with its result alone");
  }
  Result<HttpResponse> fetch(const HttpRequest& request) override { return check_fetch(request).error(); }
  std::vector<Result<ProgramEnd>> run_programs(const std::vector<ProgramRequest>& requests, std::size_t) override {
    return {requests.size(), Error(ErrorCode::kMethodNotAllowed, "a host in memory runs no programs")};
  }
  Status check_fetch(const HttpRequest&) const override {
    return Error(ErrorCode::kMethodNotAllowed, "a host in memory reaches nothing");
  }
  Result<Invoked> invoke(std::string_view tool, json::Value input, std::optional<std::string>) override {
    if (!host_.others) return Error(ErrorCode::kMethodNotAllowed, "set MemoryHost::others to answer for other tools");
    return host_.others(tool, input);
  }
  Result<Invoked> tasks(std::string_view step, json::Value input, std::optional<std::string> key) override {
    return invoke("kernel:task_" + std::string(step), std::move(input), std::move(key));
  }
  void progress(double, std::string_view) override {}
  void log(std::string_view, std::string_view, json::Value) override {}
  bool notify_operator(std::string_view) override { return false; }
  void wake(std::string_view, std::int64_t) override {}
  void watch(std::vector<Trigger>) override {}

 protected:
  std::string id_text(std::string_view prefix) const { return std::string(prefix) + std::to_string(id_); }

 private:
  struct Said {
    KernelEvent event;
    bool first;  // and not said before under its key
  };

  Result<Said> admit(std::string_view kind, json::Value payload, EmitOptions options, decltype(Impl::keys)& said) {
    if (!options.timestamp) options.timestamp = host_.now;
    LUMENFLOW_TRY_ASSIGN(KernelEvent event, build_kernel_event_v2(kind, std::move(payload), options));
    if (!options.idempotency_key) return Said{std::move(event), true};
    const auto [at, first] = said.try_emplace({event.kind, *options.idempotency_key}, event);
    if (!first && json::canonical(at->second.payload).value() != json::canonical(event.payload).value())
      return Error(ErrorCode::kIdempotencyConflict,
                   "the key " + *options.idempotency_key + " of " + event.kind + " stands for another payload");
    return Said{at->second, first};
  }

  MemoryHost& host_;
  decltype(Impl::keys) keys_;
  int id_;
  MemoryStore store_;
  std::vector<KernelEvent> held_;
  std::string root_;
  std::int64_t now_;
  Ulid ulid_;
};

class MemoryHost::Impl::Call final : public Context<ToolContext> {
 public:
  Call(MemoryHost& host, std::string_view tool) : Context(host), receipt_(id_text("rcpt-")), tool_(tool) {}
  const std::string& receipt_id() const override { return receipt_; }
  const std::string& subject() const override { return subject_; }
  const std::string& tool() const override { return tool_; }

 private:
  std::string receipt_, subject_{"ws-test"}, tool_;
};

class MemoryHost::Impl::Delivery final : public Context<HandlerContext> {
 public:
  explicit Delivery(MemoryHost& host) : Context(host), delivery_(id_text("dlv-")) {}
  const std::string& delivery_id() const override { return delivery_; }
  int attempt() const override { return 1; }

 private:
  std::string delivery_;
};

MemoryHost::MemoryHost(void (*register_pack)(Registration&), json::Value config)
    : impl_(std::make_unique<Impl>(std::move(config))) {
  register_pack(impl_->registration);
}

MemoryHost::~MemoryHost() = default;

const Registration& MemoryHost::registration() const { return impl_->registration; }

ToolResult MemoryHost::call(std::string_view tool, const json::Value& input) {
  const auto& tools = impl_->registration.tools();
  const auto found = std::ranges::find(tools, tool, &RegisteredTool::name);
  if (found == tools.end()) return ToolError{"TOOL_NOT_FOUND", "no tool " + std::string(tool) + " is registered", {}};
  Impl::Call context(*this, tool);
  ToolResult result = found->handler(context, input);
  if (std::holds_alternative<ToolOutput>(result)) context.commit();
  return result;
}

Result<bool> MemoryHost::deliver(const KernelEvent& event) {
  const auto& handlers = impl_->registration.handlers();
  const auto found = std::ranges::find(handlers, event.kind, &RegisteredHandler::kind);
  if (found == handlers.end()) return Error(ErrorCode::kNotFound, "no handler for " + event.kind + " is registered");
  const Event seen{event.kind,   event.event_id, event.timestamp,
                   "ws-test",    "sidecar",      static_cast<std::uint64_t>(impl_->runs + 1),
                   event.payload};
  const std::pair key(event.kind, found->replay_key ? found->replay_key(seen) : event.event_id);
  if (impl_->handled.contains(key)) return false;
  Impl::Delivery context(*this);
  LUMENFLOW_TRY(found->handler(context, seen));
  context.commit();
  impl_->handled.insert(key);
  return true;
}

}  // namespace lumenflow::pack
