// Disk over the real file system.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "sidekick/storage/disk.h"

namespace lumenflow::sidekick {

// How a lock that is held is waited for: asked again after each pause, so many times. A program that the former holder
// was starting may have it a little longer than itself.
struct LockWait {
  std::size_t pauses = 200;
  std::function<void()> pause = nullptr;  // null: sleeps kLockPause
};
constexpr std::chrono::milliseconds kLockPause{10};

// `root` is the real path of the workspace. NOT_FOUND when it is not there.
Result<std::unique_ptr<Disk>> open_posix_disk(const std::string& root, LockWait wait = {});

}  // namespace lumenflow::sidekick
