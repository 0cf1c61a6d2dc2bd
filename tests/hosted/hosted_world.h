// A kernel with the pack `odd`, whose code is a process, beside the builtin pack `calm`, in real time and with real
// threads: the strand is a thread of its own. For tests only.
#pragma once

#include <condition_variable>
#include <filesystem>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/executor.h"
#include "base/files.h"
#include "base/random.h"
#include "base/time.h"
#include "hosts/process_host.h"
#include "hosts/testing/plain_launcher.h"
#include "journal/body.h"
#include "kernel/kernel.h"
#include "log/log.h"

namespace lumenflow::hosted {

class HostedWorld {
 public:
  HostedWorld();
  ~HostedWorld();

  void open();
  // Ends the kernel as it stands; the log keeps what was committed.
  void close();

  std::future<kernel::CallResult> submit(const std::string& tool, json::Value input = json::Object{});
  // The Result, with its outcome in front: `success {"data":…}`; receipts and durations are left out.
  std::string call(const std::string& tool, json::Value input = json::Object{});
  static std::string shown(const kernel::CallResult& result);
  void order(const std::string& kernel_tool, json::Value input);  // as an operator at this machine
  // On the strand, between batches.
  void on_strand(const std::function<void(kernel::Kernel&)>& look);
  std::vector<ReceiptId> running();
  void cancel_all();
  // Entries of the journal of this type, serialized.
  std::vector<std::string> entries(const std::string& type);
  std::string last_entry(const std::string& type);
  // Waits until so many entries of the type contain the text.
  void await_entries(const std::string& type, const std::string& text, std::size_t count);

  void touch(const std::string& name) const;
  bool there(const std::string& name) const;
  void await(const std::string& name) const;  // until the pack has made this file

  std::filesystem::path root;  // a fresh folder with `snapshot`, `workspace` and `kept`
  hosts::testing::PlainLauncher launcher;
  std::unique_ptr<hosts::ProcessHost> host;

 private:
  void run_strand();

  SystemClock clock_;
  SystemRandom random_;
  std::unique_ptr<Files> files_ = make_memory_files();
  journal::BlobStore blobs_{*files_, "/blobs"};
  std::unique_ptr<log::Log> log_;
  ThreadPoolExecutor executor_{2, 64};
  std::unique_ptr<kernel::Kernel> kernel_;

  std::mutex mutex_;
  std::condition_variable changed_;
  bool rung_ = false;
  bool stop_ = false;
  std::vector<std::packaged_task<void()>> looks_;
  std::thread strand_;
};

}  // namespace lumenflow::hosted
