#include "kernel/replay.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/executor.h"
#include "base/files.h"
#include "base/random.h"
#include "catalogue/compatibility.h"
#include "json/canonical.h"
#include "kernel/commands.h"
#include "kernel/kernel.h"
#include "kernel/taped_strand.h"
#include "log/memory_log.h"
#include "pack/event_types.h"

namespace lumenflow::kernel {
namespace {

catalogue::Catalogue catalogue_of_packs(const pack::Registry& registry) {
  std::vector<const pack::Manifest*> manifests;
  for (const auto& loaded : registry.packs()) manifests.push_back(&loaded->manifest);
  return pack::catalogue_of(manifests);
}

const json::Array& array_of(const bus::RecordingHeader& header, std::string_view member) {
  static const json::Array nothing;
  const json::Value* found = header.document.find(member);
  return found != nullptr && found->is_array() ? found->as_array() : nothing;
}

// What of the recorded catalogue cannot be read with the present one.
std::string unmappable(const bus::RecordingHeader& header, const catalogue::Catalogue& now) {
  std::string faults;
  for (const json::Value& recorded : array_of(header, "catalogue")) {
    const std::string type(json::string_or(recorded, "type", ""));
    const catalogue::EventType* present = now.find(type);
    const json::Value* before = recorded.find("schema");
    if (before != nullptr && before->is_null()) before = nullptr;
    std::string fault;
    if (present == nullptr)
      fault = "is gone";
    else if (catalogue::verdict_of(catalogue::compare_schemas(before, present->schema.get(), {})) !=
             catalogue::Verdict::kCompatible)
      fault = "has a schema that takes less than before";
    if (!fault.empty()) faults += (faults.empty() ? "" : "; ") + type + " " + fault;
  }
  return faults;
}

// The header is sealed by digests that anybody can make anew: what it says twice has to be the same both times, and the
// same as what is here.
std::string why_forged(const bus::RecordingHeader& header, const catalogue::Catalogue& now,
                       const ReplayOptions& options) {
  const json::Value& document = header.document;
  for (const char* text : {"version", "workspace_id", "config", "started_at", "log_id", "operator_public_pem"})
    if (const json::Value* found = document.find(text); found == nullptr || !found->is_string())
      return std::string("it has no '") + text + "'";
  for (const char* list : {"catalogue", "packs", "never_captured"})
    if (const json::Value* found = document.find(list); found == nullptr || !found->is_array())
      return std::string("it has no '") + list + "'";
  for (const char* number : {"next_position", "next_tick", "next_task", "next_own"})
    if (const json::Value* found = document.find(number); found == nullptr || found->if_integer() == nullptr)
      return std::string("it has no '") + number + "'";
  if (header.text("workspace_id") != options.kernel.config.id.str())
    return "its workspace_id is not that of its lumenflow.yaml";
  if (now.contract_digest != header.text("contract_digest")) return {};  // mapped: its types are compared one by one
  const auto theirs = json::canonical(*document.find("catalogue"));
  const auto ours = json::canonical(json::Value(catalogue_in_header(now)));
  if (!theirs.ok() || !ours.ok() || *theirs != *ours) return "its catalogue is not the one that its digests are of";
  return {};
}

std::string event_at(const bus::Frame& frame, const std::string& pointer) {
  constexpr std::string_view kEvents = "/events/";
  if (!pointer.starts_with(kEvents)) return {};
  const std::size_t index = std::strtoull(pointer.c_str() + kEvents.size(), nullptr, 10);
  return index < frame.events.size() ? frame.events[index].type : std::string();
}

}  // namespace

Status check_replay(const bus::RecordingHeader& header, const ReplayOptions& options) {
  if (header.text("format") != "lumenflow-recording/1")
    return Error(ErrorCode::kUnsupportedFormat,
                 "the recording is of another format: " + std::string(header.text("format")));
  const catalogue::Catalogue now = catalogue_of_packs(*options.kernel.registry);
  const bool same = now.hash == header.text("manifest_hash") && now.contract_digest == header.text("contract_digest");
  if (!same && !options.map)
    return Error(ErrorCode::kInvalidConfiguration,
                 "the recording was made with another catalogue of event types: manifest hash " +
                     std::string(header.text("manifest_hash")) + ", and here it is " + now.hash +
                     (now.hash == header.text("manifest_hash") ? " with another contract digest" : "") +
                     "; re-run `lumenflow generate`, or pass `--map` to replay compatible types by name");
  if (!same)
    if (const std::string faults = unmappable(header, now); !faults.empty())
      return Error(ErrorCode::kInvalidConfiguration, "the recording's event types cannot be mapped by name: " + faults);
  if (options.kernel.config.hash != header.text("config_hash"))
    return Error(ErrorCode::kInvalidConfiguration, "this is not the lumenflow.yaml that the recording was made with");
  if (const std::string why = why_forged(header, now, options); !why.empty())
    return Error(ErrorCode::kInvalidInput, "the recording was changed: its header is not as it was written: " + why);
  return {};
}

class Replay final : private ReplaySource {
 public:
  Replay(bus::RecordingReader reader, const ReplayOptions& options)
      : options_(options),
        reader_(std::move(reader)),
        catalogue_(catalogue_of_packs(*options.kernel.registry)),
        maker_(catalogue_.hash, catalogue_.contract_digest) {
    report_.remade = encoder_.add(reader_.header());
  }

  ReplayReport run() {
    try {
      run_kernel();
    } catch (const ReplayStopped& stopped) {
      if (stopped.differs) note(tick_, stopped.pointer, stopped.what);
    }
    compare_surroundings();
    report_.torn = reader_.torn();
    if (report_.torn)
      report_.unverified.push_back("what came after tick " + std::to_string(reader_.last_tick()) +
                                   ": the file breaks off there");
    return std::move(report_);
  }

 private:
  void run_kernel() {
    const std::unique_ptr<Files> files = make_memory_files();
    journal::BlobStore blobs(*files, "/blobs");
    const std::unique_ptr<log::Log> log = log::make_memory_log(std::string(reader_.header().text("log_id")));
    const ManualClock clock;
    SeededRandom random(0);
    ManualExecutor executor;
    KernelOptions options = options_.kernel;
    options.doorbell = {};
    options.on_notice = {};
    options.look_at_configuration = {};
    options.operator_public_pem = reader_.header().text("operator_public_pem");
    const std::unique_ptr<Kernel> kernel(new Kernel({*log, blobs, clock, random, executor}, std::move(options)));
    try {
      step_through(*kernel);
    } catch (const ReplayStopped&) {
      keep_unverified(*kernel);
      throw;
    }
  }

  void step_through(Kernel& kernel) {
    const json::Value& start = reader_.header().document;
    Tape& tape = kernel.tape_;
    const auto number = [&start](std::string_view member) {
      return static_cast<std::uint64_t>(json::integer_or(start, member, 0));
    };
    kernel.log_.replay_at(Position(number("next_position")));
    kernel.next_batch_ = number("next_tick");
    kernel.next_task_ = number("next_task");
    kernel.next_own_ = number("next_own");
    if (const json::Value* tampered = start.find("tampered_as"); tampered != nullptr && tampered->is_string())
      kernel.tampered_as_ = tampered->as_string();
    kernel.bell_.watch(&tape.events());
    tape.replay_from(*this);
    {
      const Tape::OnStrand strand(tape);
      if (const Status begun = kernel.taped_->begin_tape(); !begun.ok())
        throw ReplayStopped{true, "/ingress", "the kernel does not open: " + begun.error().to_string()};
    }
    for (;;) {
      if (tape.comes(bus::FactKind::kConfiguration))
        kernel.taped_->replay_configuration();
      else
        kernel.run_pending();
    }
  }

  void keep_unverified(Kernel& kernel) {
    for (std::string& what : kernel.taped_->unverified()) report_.unverified.push_back(std::move(what));
  }

  void note(std::uint64_t tick, std::string pointer, std::string what) {
    std::string event = event_at(recorded_, pointer);
    report_.difference = ReplayDifference{tick, std::move(pointer), std::move(event), std::move(what)};
  }

  [[noreturn]] static void differs(std::string pointer, std::string what) {
    throw ReplayStopped{true, std::move(pointer), std::move(what)};
  }

  std::optional<std::string_view> next_ingress() override {
    if (options_.until && report_.frames > 0 && recorded_.tick >= *options_.until) throw ReplayStopped{};
    for (;;) {
      Result<std::optional<bus::RecordingBlock>> block = reader_.next();
      if (!block.ok()) {
        tick_ = reader_.last_tick() + 1;
        differs("", block.error().message());
      }
      if (!*block) return std::nullopt;
      if (auto* frame = std::get_if<bus::Frame>(&**block)) {
        if (expected_) differs("", "a checkpoint is missing");
        if (report_.frames == 0) report_.first_tick = frame->tick;
        if (options_.until && frame->tick > *options_.until) throw ReplayStopped{};
        recorded_ = std::move(*frame);
        tick_ = recorded_.tick;
        return recorded_.ingress;
      }
      if (const auto* checkpoint = std::get_if<bus::Checkpoint>(&**block))
        compare(*checkpoint);
      else
        end(std::get<bus::RecordingEnd>(**block));
    }
  }

  void made(RawFrame& raw) override {
    raw.ingress.clear();
    raw.ingress.append(recorded_.ingress);
    if (options_.map) map(recorded_);
    chunk_.clear();
    chunk_.add(raw, maker_.manifest_hash());
    maker_.make(chunk_, SIZE_MAX, [this](std::span<char> block, const std::optional<bus::Checkpoint>& checkpoint) {
      const std::string_view payload =
          std::string_view(block.data(), block.size() - Hash256().size()).substr(bus::kBlockHeadBytes);
      if (payload != bus::encode(recorded_)) say_difference(payload);
      encoder_.seal(block);
      report_.remade.append(block.data(), block.size());
      expected_ = checkpoint;
    });
    ++report_.frames;
    report_.last_tick = recorded_.tick;
    if (options_.on_frame) options_.on_frame(recorded_);
  }

  [[noreturn]] void say_difference(std::string_view payload) const {
    const Result<bus::RecordingBlock> made = bus::decode_block(bus::kFrameBlock, payload);
    LUMENFLOW_CHECK(made.ok());  // it was encoded just now
    const Result<json::Value> before = bus::to_json(recorded_), after = bus::to_json(std::get<bus::Frame>(*made));
    if (!before.ok() || !after.ok()) differs("/ingress", "the frame's ingress is malformed");
    const auto found = bus::first_difference(*before, *after);
    if (found.empty()) differs("", "the frame is another one");
    differs(found.front().pointer, "recorded " + found.front().before + ", replayed " + found.front().after);
  }

  void map(bus::Frame& frame) const {
    frame.manifest_hash = catalogue_.hash;
    for (bus::FrameEvent& event : frame.events)
      for (std::uint32_t channel = 0; channel < catalogue_.events.size(); ++channel)
        if (catalogue_.events[channel].type == event.type) event.channel = channel;
  }

  void compare(bus::Checkpoint recorded) {
    if (!expected_) differs("", "there is a checkpoint more than there should be");
    if (options_.map) {
      recorded.manifest_hash = catalogue_.hash;
      recorded.contract_digest = catalogue_.contract_digest;
    }
    const auto found = bus::first_difference(bus::to_json(recorded), bus::to_json(*expected_));
    if (!found.empty())
      differs(found.front().pointer,
              "at the checkpoint: recorded " + found.front().before + ", replayed " + found.front().after);
    report_.remade += encoder_.add(*std::exchange(expected_, std::nullopt));
    ++report_.checkpoints;
  }

  void end(const bus::RecordingEnd& recorded) {
    if (expected_) differs("", "a checkpoint is missing");
    if (recorded.frames != report_.frames)
      differs("", "the recording says that it has " + std::to_string(recorded.frames) + " frames, and " +
                      std::to_string(report_.frames) + " were made again");
    report_.end_reason = recorded.reason;
    for (const std::string& what : recorded.not_captured) report_.unverified.push_back(what);
    report_.remade += encoder_.add(recorded);
  }

  // What no frame says.
  void compare_surroundings() {
    const json::Array& packs = array_of(reader_.header(), "packs");
    for (const json::Value& pack : packs) compare_pack(pack);
    for (const auto& loaded : options_.kernel.registry->packs()) {
      const auto is_it = [&](const json::Value& pack) {
        return json::string_or(pack, "id", "") == loaded->manifest.id;
      };
      if (std::ranges::none_of(packs, is_it))
        report_.unverified.push_back("the pack " + loaded->manifest.id + " is here, and was not there");
    }
    const std::string_view version = reader_.header().text("version");
    if (!options_.program_version.empty() && version != options_.program_version)
      report_.unverified.push_back("it was recorded by version " + std::string(version) + ", and this is " +
                                   options_.program_version);
  }

  void compare_pack(const json::Value& recorded) {
    const std::string id(json::string_or(recorded, "id", ""));
    const pack::LoadedPack* now = options_.kernel.registry->find_pack(id);
    if (now == nullptr)
      report_.unverified.push_back("the pack " + id + " was there and is not now");
    else if (now->origin.integrity != json::string_or(recorded, "integrity", ""))
      report_.unverified.push_back("the pack " + id + " is another one now");
  }

  const ReplayOptions& options_;
  bus::RecordingReader reader_;
  const catalogue::Catalogue catalogue_;
  FrameMaker maker_;
  FrameChunk chunk_;  // one frame at a time
  bus::RecordingEncoder encoder_;
  bus::Frame recorded_;
  std::uint64_t tick_ = 0;
  std::optional<bus::Checkpoint> expected_;
  ReplayReport report_;
};

Result<ReplayReport> replay(std::string_view bytes, const ReplayOptions& options) {
  LUMENFLOW_TRY_ASSIGN(bus::RecordingReader reader, bus::RecordingReader::open(bytes));
  LUMENFLOW_TRY(check_replay(reader.header(), options));
  return Replay(std::move(reader), options).run();
}

}  // namespace lumenflow::kernel
