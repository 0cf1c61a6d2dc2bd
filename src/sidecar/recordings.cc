#include "sidecar/recordings.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "base/logging.h"
#include "sidecar/catalogue_check.h"

namespace lumenflow::sidecar {
namespace {

constexpr std::string_view kRecordInput = R"({
  "type": "object", "additionalProperties": false, "required": ["action"],
  "properties": {
    "action": {"enum": ["start", "stop", "status"]},
    "file": {"type": "string", "minLength": 1, "maxLength": 4096,
             "description": "start: an absolute path that is free"}}})";
constexpr std::string_view kRecordOutput = R"({
  "type": "object", "additionalProperties": false, "required": ["state", "frames", "bytes"],
  "properties": {"state": {"enum": ["none", "begins", "records", "ends", "ended", "failed"]},
                 "file": {"type": "string"}, "frames": {"type": "integer"}, "bytes": {"type": "integer"},
                 "reason": {"type": "string"}}})";

constexpr int kFilesMax = 1'000;  // of one recording, by reloads

Error file_error(const std::string& what) {
  return Error(ErrorCode::kIo, what + ": " + std::string(std::strerror(errno)));
}

class FileSink final : public kernel::RecordingSink {
 public:
  FileSink(int descriptor, std::string path) : descriptor_(descriptor), path_(std::move(path)) {}
  ~FileSink() override { ::close(descriptor_); }
  Status write(std::string_view bytes) override {
    while (!bytes.empty()) {
      const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return file_error(path_);
      bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return {};
  }
  Status sync() override { return ::fdatasync(descriptor_) == 0 ? Status() : Status(file_error(path_)); }

 private:
  const int descriptor_;
  const std::string path_;
};

// "session.lfrec" -> "session.2.lfrec"
std::string numbered(const std::string& path, int number) {
  const std::size_t name = path.rfind('/') + 1, dot = path.rfind('.');
  const std::size_t at = dot == std::string::npos || dot <= name ? path.size() : dot;
  return path.substr(0, at) + "." + std::to_string(number) + path.substr(at);
}

Result<std::unique_ptr<kernel::RecordingSink>> new_file(const std::string& path) {
  if (!path.starts_with('/')) return Error(ErrorCode::kInvalidInput, "a recording's path is absolute");
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (descriptor < 0 && errno == EEXIST)
    return Error(ErrorCode::kAlreadyExists, path + " is there already; a recording takes a new file");
  if (descriptor < 0) return file_error(path);
  return std::unique_ptr<kernel::RecordingSink>(std::make_unique<FileSink>(descriptor, path));
}

}  // namespace

Recordings::~Recordings() = default;

Status Recordings::start(kernel::Kernel& kernel, const std::string& path) {
  if (begins_ || kernel.recording())
    return Error(ErrorCode::kConflict, "this workspace is being recorded already, into " + path_);
  kernel::WorkspacePacks now;
  now.config = kernel.config();
  now.registry = kernel.shared_registry();
  check_catalogue(files_, root_, now);
  if (!now.config) return Error(ErrorCode::kInvalidConfiguration, "\n" + pack::render_text(now.diagnostics, false));
  LUMENFLOW_TRY_ASSIGN(std::unique_ptr<kernel::RecordingSink> sink, new_file(path));
  path_ = first_path_ = path;
  begin(kernel, std::move(sink), "");
  return {};
}

void Recordings::begin(kernel::Kernel& kernel, std::unique_ptr<kernel::RecordingSink> sink,
                       const std::string& continues) {
  begins_ = true;
  fault_.clear();
  std::erase_if(before_, [](const auto& recorder) { return recorder->is_over(); });
  if (recorder_ != nullptr) before_.push_back(std::move(recorder_));  // its end is not waited for
  // Shared: a function that is copied owns what it hands on.
  const auto kept = std::make_shared<std::unique_ptr<kernel::RecordingSink>>(std::move(sink));
  kernel::RecordingRequest request;
  request.begin = [this, kept, continues](json::Object start) -> Result<kernel::FrameTaker*> {
    if (!continues.empty()) start.set("continues", continues);
    recorder_ = std::make_unique<kernel::Recorder>(std::move(*kept), json::Value(std::move(start)));
    return recorder_.get();
  };
  request.begun = [this](const Status& begun) {
    begins_ = false;
    if (begun.ok()) return;
    fault_ = begun.error().to_string();
    if (recorder_ == nullptr) ::unlink(path_.c_str());  // nothing was written
  };
  request.reloaded = [this, &kernel] { go_on(kernel); };
  kernel.record(std::move(request));
}

// In a file of its own: what is recorded from now on was made with another configuration or other packs.
void Recordings::go_on(kernel::Kernel& kernel) {
  for (int number = 2; number <= kFilesMax; ++number) {
    const std::string path = numbered(first_path_, number);
    auto sink = new_file(path);
    if (!sink.ok() && sink.error().code() == ErrorCode::kAlreadyExists) continue;
    if (sink.ok()) {
      const std::string before = std::exchange(path_, path);
      return begin(kernel, *std::move(sink), before.substr(before.rfind('/') + 1));
    }
    fault_ = "it does not go on after the reload: " + sink.error().to_string();
    break;
  }
  if (fault_.empty()) fault_ = "it does not go on after the reload: there are too many files of it";
  write_log(LogLevel::kError, "sidecar", "the recording ended with a reload", {{"reason", fault_}});
}

Status Recordings::stop(kernel::Kernel& kernel, const std::string& reason) {
  if (!kernel.recording()) return Error(ErrorCode::kNotFound, "this workspace is not being recorded");
  kernel.stop_recording(reason);
  return {};
}

json::Object Recordings::status(const kernel::Kernel& kernel) const {
  const kernel::RecorderState done = recorder_ == nullptr ? kernel::RecorderState() : recorder_->state();
  std::string state = "none", reason = done.reason;
  if (begins_) {
    state = "begins";
  } else if (!fault_.empty()) {
    state = "failed";
    reason = fault_;
  } else if (recorder_ != nullptr) {
    state = kernel.recording() ? "records" : done.ended ? "ended" : "ends";
    if (done.fault) {
      state = "failed";
      reason = done.fault->to_string();
    }
  }
  json::Object out{{"state", state}, {"frames", done.frames}, {"bytes", done.bytes}};
  if (!path_.empty()) out.set("file", path_);
  if (!reason.empty()) out.set("reason", reason);
  return out;
}

Result<kernel::KernelTool> make_record_tool(std::function<Recordings&()> recordings,
                                            std::function<kernel::Kernel&()> kernel) {
  kernel::KernelToolSpec spec;
  spec.name = "kernel:record";
  spec.title = "Record the workspace";
  spec.description =
      "Writes what the kernel hears of the outside world into a file, from a moment on when nothing is under way, "
      "until "
      "it is stopped; `lumenflow replay` runs it again.";
  spec.scope = "tools:admin";
  spec.input_schema = kRecordInput;
  spec.output_schema = kRecordOutput;
  return kernel::make_kernel_tool(spec,
                                  [recordings = std::move(recordings), kernel = std::move(kernel)](
                                      pack::ToolContext&, const json::Value& input) -> pack::ToolResult {
                                    const std::string_view action = json::string_or(input, "action", "");
                                    Status status;
                                    if (action == "start")
                                      status =
                                          recordings().start(kernel(), std::string(json::string_or(input, "file", "")));
                                    if (action == "stop") status = recordings().stop(kernel(), "it was stopped");
                                    if (!status.ok()) return kernel::refused(status.error());
                                    return pack::ToolOutput{recordings().status(kernel()), {}};
                                  });
}

}  // namespace lumenflow::sidecar
