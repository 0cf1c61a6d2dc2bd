// A launcher that confines nothing: children as the operating system starts them, and faults on demand. For tests and
// benches only; it must not stand in for the sandbox.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "sandbox/launcher.h"

namespace lumenflow::hosts::testing {

class PlainLauncher final : public sandbox::Launcher {
 public:
  sandbox::Tier tier() const override { return sandbox::Tier::kNone; }
  std::string describe() const override { return "none"; }
  Result<std::unique_ptr<sandbox::Child>> start(const sandbox::Confinement& confinement) override;

  // What was asked for, in order.
  std::vector<sandbox::Confinement> asked() const;
  int started() const { return started_; }
  // The next so many starts fail.
  void refuse(int times) { refuse_ = times; }

 private:
  mutable std::mutex mutex_;
  std::vector<sandbox::Confinement> asked_;
  std::atomic<int> started_ = 0;
  std::atomic<int> refuse_ = 0;
};

}  // namespace lumenflow::hosts::testing
