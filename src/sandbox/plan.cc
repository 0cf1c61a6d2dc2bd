#include "sandbox/plan.h"

#include <cstring>
#include <type_traits>

namespace lumenflow::sandbox {
namespace {

// Both directions walk the same fields in the same order.
template <class Archive, class PlanType>
void walk(Archive& archive, PlanType& plan) {
  archive(plan.bubblewrap);
  archive(plan.command);
  archive(plan.environment);
  archive(plan.directory);
  archive(plan.rules);
  archive(plan.inet);
  archive(plan.own_network);
  archive(plan.listener);
  archive(plan.cgroups);
  archive(plan.count);
  archive(plan.memory_bytes);
  archive(plan.processes);
  archive(plan.cpu_ms);
  archive(plan.file_bytes);
  archive(plan.open_files);
  archive(plan.scratch);
}

class Writer {
 public:
  void operator()(std::uint64_t value) { bytes_.append(reinterpret_cast<const char*>(&value), sizeof value); }
  void operator()(const std::string& text) {
    (*this)(text.size());
    bytes_ += text;
  }
  void operator()(const PathRule& rule) {
    (*this)(rule.path);
    (*this)(std::uint64_t{rule.write});
    (*this)(rule.device);
    (*this)(rule.inode);
  }
  template <class T>
  void operator()(const std::vector<T>& values) {
    (*this)(values.size());
    for (const T& value : values) (*this)(value);
  }
  std::string take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}
  void operator()(std::uint64_t& value) {
    if (rest_.size() < sizeof value) return fail();
    std::memcpy(&value, rest_.data(), sizeof value);
    rest_.remove_prefix(sizeof value);
  }
  void operator()(bool& value) {
    std::uint64_t number = 0;
    (*this)(number);
    value = number != 0;
  }
  void operator()(std::string& text) {
    std::uint64_t bytes = 0;
    (*this)(bytes);
    if (bytes > rest_.size()) return fail();
    text = rest_.substr(0, bytes);
    rest_.remove_prefix(bytes);
  }
  void operator()(PathRule& rule) {
    (*this)(rule.path);
    (*this)(rule.write);
    (*this)(rule.device);
    (*this)(rule.inode);
  }
  template <class T>
  void operator()(std::vector<T>& values) {
    std::uint64_t count = 0;
    (*this)(count);
    if (count > rest_.size()) return fail();
    for (std::uint64_t i = 0; i < count && ok_; ++i) (*this)(values.emplace_back());
  }
  bool complete() const { return ok_ && rest_.empty(); }

 private:
  void fail() {
    ok_ = false;
    rest_ = {};
  }
  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace

std::string encode(const Plan& plan) {
  Writer writer;
  walk(writer, plan);
  return writer.take();
}

std::optional<Plan> decode(std::string_view bytes) {
  Plan plan;
  Reader reader(bytes);
  walk(reader, plan);
  if (!reader.complete()) return std::nullopt;
  return plan;
}

}  // namespace lumenflow::sandbox
