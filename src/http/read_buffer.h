// Bytes that were read and not yet parsed: appended at the back, taken from the front, moved together when room is
// needed.
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>
#include <utility>

namespace lumenflow::http {

class ReadBuffer {
 public:
  std::string_view view() const { return {data_.get() + begin_, end_ - begin_}; }
  bool empty() const { return begin_ == end_; }
  std::size_t size() const { return end_ - begin_; }

  // Room for at least `bytes` more, at the returned place; room() says how much there is.
  char* prepare(std::size_t bytes) {
    if (empty()) begin_ = end_ = 0;
    if (capacity_ - end_ < bytes) {
      if (capacity_ - size() < bytes) {
        reallocate(size() + bytes);
      } else {
        std::memmove(data_.get(), data_.get() + begin_, size());
        end_ = size(), begin_ = 0;
      }
    }
    return data_.get() + end_;
  }
  std::size_t room() const { return capacity_ - end_; }
  void commit(std::size_t bytes) { end_ += bytes; }
  void consume(std::size_t bytes) { begin_ += bytes; }
  void clear() { begin_ = end_ = 0; }

  // Gives memory back after a large body, so that idle connections stay small.
  void shrink(std::size_t capacity_max) {
    if (capacity_ > capacity_max && size() <= capacity_max) reallocate(capacity_max);
  }

 private:
  void reallocate(std::size_t capacity) {
    std::unique_ptr<char[]> data(new char[capacity]);
    const std::size_t kept = size();
    if (kept > 0) std::memcpy(data.get(), data_.get() + begin_, kept);
    data_ = std::move(data);
    capacity_ = capacity, begin_ = 0, end_ = kept;
  }

  std::unique_ptr<char[]> data_;
  std::size_t capacity_ = 0, begin_ = 0, end_ = 0;
};

}  // namespace lumenflow::http
