// Bytes that are written piece by piece into memory that is kept when they are cleared: what a recording takes of every
// call, so all of it is inline. One thread.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>
#include <utility>

namespace lumenflow::bus {

class ByteBuffer {
 public:
  ByteBuffer() = default;
  ByteBuffer(ByteBuffer&& other) noexcept { swap(other); }
  ByteBuffer& operator=(ByteBuffer&& other) noexcept {
    swap(other);
    return *this;
  }

  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }
  std::size_t capacity() const { return capacity_; }
  std::string_view view() const { return {bytes_.get(), size_}; }
  char* data() { return bytes_.get(); }
  void clear() { size_ = 0; }
  void swap(ByteBuffer& other) noexcept {
    bytes_.swap(other.bytes_);
    std::swap(size_, other.size_);
    std::swap(capacity_, other.capacity_);
  }

  void push(std::uint8_t byte) { *room(1) = static_cast<char>(byte), ++size_; }
  void append(std::string_view bytes) {
    copy(bytes, room(bytes.size()));
    size_ += bytes.size();
  }
  void append_zeros(std::size_t count) {
    std::memset(room(count), 0, count);
    size_ += count;
  }
  void append_varint(std::uint64_t value) { size_ += put_varint(value, room(kVarintMax)); }
  // With the number of bytes before them.
  void append_counted(std::string_view bytes) {
    char* const at = room(kVarintMax + bytes.size());
    const std::size_t head = put_varint(bytes.size(), at);
    copy(bytes, at + head);
    size_ += head + bytes.size();
  }

 private:
  static constexpr std::size_t kVarintMax = 10;

  static void copy(std::string_view bytes, char* to) {
    if (!bytes.empty()) std::memcpy(to, bytes.data(), bytes.size());
  }
  static std::size_t put_varint(std::uint64_t value, char* to) {
    std::size_t size = 0;
    for (; value >= 0x80; value >>= 7) to[size++] = static_cast<char>(0x80 | (value & 0x7F));
    to[size++] = static_cast<char>(value);
    return size;
  }
  char* room(std::size_t more) {
    if (capacity_ - size_ < more) [[unlikely]]
      grow(more);
    return bytes_.get() + size_;
  }
  [[gnu::noinline]] void grow(std::size_t more) {
    const std::size_t capacity = std::max(size_ + more, 2 * capacity_);
    std::unique_ptr<char[]> bytes(new char[capacity]);  // without zeros: all of it is written before it is read
    copy(view(), bytes.get());
    bytes_ = std::move(bytes);
    capacity_ = capacity;
  }

  std::unique_ptr<char[]> bytes_;
  std::size_t size_ = 0, capacity_ = 0;
};

}  // namespace lumenflow::bus
