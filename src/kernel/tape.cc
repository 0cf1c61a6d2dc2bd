#include "kernel/tape.h"

#include <utility>

namespace lumenflow::kernel {
namespace {

thread_local const Tape* g_strand_of = nullptr;  // the tape whose strand this thread is now

}  // namespace

Tape::OnStrand::OnStrand(const Tape& tape) : before_(std::exchange(g_strand_of, &tape)) {}
Tape::OnStrand::~OnStrand() { g_strand_of = before_; }
Tape::Aside::Aside() : before_(std::exchange(g_strand_of, nullptr)) {}
Tape::Aside::~Aside() { g_strand_of = before_; }

bool Tape::on_strand() const { return g_strand_of == this; }

void Tape::begin(Mode mode) {
  facts_.clear();
  reader_ = bus::FactReader();
  coming_ = {};
  frames_ = 0;
  last_now_ = last_monotonic_ = 0;
  at_end_ = false;
  mode_ = mode;
}

void Tape::record_to(FrameTaker& taker) {
  taker_ = &taker;
  begin(Mode::kRecording);
}

void Tape::replay_from(ReplaySource& source) {
  source_ = &source;
  begin(Mode::kReplaying);
  next_frame();
}

void Tape::stop(std::string reason, std::vector<std::string> not_captured) {
  if (!records()) return;
  mode_ = Mode::kOff;
  facts_.clear();
  coming_ = {};
  std::exchange(taker_, nullptr)->end(std::move(reason), std::move(not_captured));
}

void Tape::next_frame() {
  const auto ingress = source_->next_ingress();
  at_end_ = !ingress;
  reader_ = bus::FactReader(ingress.value_or(std::string_view()));
}

bus::FactReader& Tape::expect(bus::FactKind kind) {
  if (reader_.begin(kind)) return reader_;
  if (at_end_) throw ReplayStopped{};
  if (reader_.at_end())
    differs("the kernel goes on to ask for '" + std::string(name(kind)) + "' where the recorded frame ends");
  const auto next = reader_.peek();
  differs("the kernel asks for '" + std::string(name(kind)) + "', and the recording has " +
          (next ? "'" + std::string(name(*next)) + "'" : std::string("more values of the fact before")));
}

bool Tape::comes(bus::FactKind kind) { return reader_.peek() == kind; }

bool Tape::more() { return !at_end_; }

void Tape::check() {
  if (reader_.failed()) differs("the fact has not the values that it should have");
}

void Tape::differs(std::string what) const {
  throw ReplayStopped{true, "/ingress/" + std::to_string(reader_.index()), std::move(what)};
}

void Tape::appended(Position first, const log::Row& row) { coming_.rows.add(first.value(), row.entries, row.body); }

void Tape::wrote(char operation, std::string_view table, std::string_view key, std::string_view value) {
  bus::ByteBuffer& out = coming_.writes;
  out.push(static_cast<std::uint8_t>(operation));
  for (const std::string_view part : {table, key, value}) {
    const auto size = static_cast<std::uint32_t>(part.size());
    const char bytes[4] = {static_cast<char>(size), static_cast<char>(size >> 8), static_cast<char>(size >> 16),
                           static_cast<char>(size >> 24)};
    out.append({bytes, sizeof bytes});
    out.append(part);
  }
}

void Tape::cut(std::uint64_t tick, Timestamp issued_at, const std::function<std::string()>& state) {
  coming_.tick = tick;
  coming_.issued_at = issued_at.ms;
  if (++frames_ % bus::kCheckpointFrames == 0) coming_.state = state();
  if (replays()) {
    if (!reader_.at_end()) {
      const auto next = reader_.peek();
      throw ReplayStopped{true, "/ingress/" + std::to_string(reader_.index() + 1),
                          "the recorded frame has more of the outside world" +
                              (next ? ": '" + std::string(name(*next)) + "'" : std::string())};
    }
    if (at_end_) throw ReplayStopped{};
    source_->made(coming_);
    coming_.clear();
    return next_frame();
  }
  facts_.take_into(coming_.ingress);
  const bool taken = taker_->take(coming_);
  coming_.clear();
  if (taken) return;
  stop("the recorder's queue was full", {"everything after tick " + std::to_string(tick - 1) +
                                         ": the disk could not keep up, and no call waits for a recording"});
}

Timestamp Tape::now(const Clock& clock) {
  if (records()) {
    const Timestamp read = clock.now();
    fact(bus::FactKind::kNow).difference(read.ms - std::exchange(last_now_, read.ms));
    return read;
  }
  last_now_ += expect(bus::FactKind::kNow).difference();
  check();
  return Timestamp{last_now_};
}

std::chrono::nanoseconds Tape::monotonic(const Clock& clock) {
  if (records()) {
    const std::chrono::nanoseconds read = clock.monotonic();
    fact(bus::FactKind::kMonotonic).difference(read.count() - std::exchange(last_monotonic_, read.count()));
    return read;
  }
  last_monotonic_ += expect(bus::FactKind::kMonotonic).difference();
  check();
  return std::chrono::nanoseconds(last_monotonic_);
}

}  // namespace lumenflow::kernel
