// The pack `odd` (odd_pack.cc) loaded into a host without a kernel. For tests only.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "hosts/process_host.h"
#include "hosts/testing/plain_launcher.h"
#include "lumenflow/pack.h"
#include "pack/hosted_run.h"
#include "support/fake_tool_context.h"

namespace lumenflow::hosts::testing {

// A pack of a manifest and nothing else.
class ManifestText final : public pack::PackFiles {
 public:
  explicit ManifestText(std::string manifest) : manifest_(std::move(manifest)) {}
  Result<std::string> read(std::string_view path) const override {
    if (path == "manifest.yaml") return manifest_;
    return Error(ErrorCode::kNotFound, "no such file");
  }

 private:
  const std::string manifest_;
};

std::string odd_manifest(const std::string& folder, const std::string& runtime = "process");
std::string odd_program();

// A run without a kernel behind it: cancelled by the test.
class FakeRun final : public pack::HostedRun {
 public:
  const pack::EnforcedScopes& scopes() const override { return enforced; }
  const std::string& idempotency_key() const override { return key; }
  std::optional<std::chrono::nanoseconds> time_left() const override { return std::chrono::seconds(30); }
  std::function<void()> when_cancelled(std::function<void()> listener) override;
  void held_by(std::string isolation) override { held = std::move(isolation); }
  Result<bool> was_handled(std::string_view, std::string_view replay_key) override { return replay_key == "known"; }
  Result<std::string> invoke(std::string_view tool, json::Value, std::string_view) override;
  void progressed(double fraction, std::string message) override {
    followed.push_back(std::to_string(fraction).substr(0, 4) + " " + message);
  }
  void logged(std::string_view level, std::string message) override {
    followed.push_back(std::string(level) + " " + message);
  }
  void cancel();  // any thread

  std::vector<std::string> followed;  // what whoever follows the call would hear
  pack::EnforcedScopes enforced;
  std::string key;
  std::string held;

 private:
  std::mutex mutex_;
  std::function<void()> listener_;
  bool cancelled_ = false;
};

class OddWorld {
 public:
  explicit OddWorld(ProcessHostOptions options = {});
  ~OddWorld();
  Status load();
  pack::ToolResult call(const std::string& tool, json::Value input = json::Object{});
  pack::ToolResult call_in(FakeRun& run, const std::string& tool, json::Value input = json::Object{});
  // "CODE: message" of a failure or a crash, the data of a success.
  static std::string shown(const pack::ToolResult& result);
  std::string folder(const std::string& name) const { return (root / name).native(); }
  void touch(const std::string& name) const;  // in the pack's own folder
  bool there(const std::string& name) const;

  std::filesystem::path root;           // a fresh folder with `snapshot`, `workspace` and `kept`
  json::Value config = json::Object{};  // before load()
  PlainLauncher launcher;
  std::unique_ptr<ProcessHost> host;
  pack::Manifest manifest;
  std::unique_ptr<pack::Registration> registration;
  lumenflow::testing::MemoryStore store;
  std::function<Result<pack::HttpResponse>(const pack::HttpRequest&)> web;  // what fetches come to
  pack::Programs* programs = nullptr;                                       // what its calls may have run

 private:
  int calls_ = 0;
};

}  // namespace lumenflow::hosts::testing
