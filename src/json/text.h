// Writing JSON text: a small buffer in front of the string, and quoted strings as both the plain serialiser and the
// canonical form write them (RFC 8785, 3.2.2.2).
//
// A writer borrows the string, lives on the stack of one call, and has written everything once it is destroyed or
// flushed.
#pragma once

#include <array>
#include <charconv>
#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>

namespace lumenflow::json {

class Value;

class TextWriter {
 public:
  explicit TextWriter(std::string& out) : out_(out) {}
  ~TextWriter() { flush(); }
  TextWriter(const TextWriter&) = delete;
  TextWriter& operator=(const TextWriter&) = delete;

  void put(char c) {
    if (size_ == buffer_.size()) flush();
    buffer_[size_++] = c;
  }
  void put(std::string_view text) {
    if (text.size() > buffer_.size() - size_) {
      flush();
      if (text.size() > buffer_.size()) {
        out_.append(text);
        return;
      }
    }
    std::memcpy(buffer_.data() + size_, text.data(), text.size());
    size_ += text.size();
  }
  // In quotes; the text needs no escape.
  void put_plain_quoted(std::string_view text) {
    if (text.size() + 2 > buffer_.size() - size_) flush();
    if (text.size() + 2 > buffer_.size()) {
      out_.append(1, '"').append(text).append(1, '"');
      return;
    }
    char* const begin = buffer_.data() + size_;
    begin[0] = begin[text.size() + 1] = '"';
    std::memcpy(begin + 1, text.data(), text.size());
    size_ += text.size() + 2;
  }
  template <class Integer>
  void put_integer(Integer value) {
    if (buffer_.size() - size_ < 24) flush();
    char* const begin = buffer_.data() + size_;
    size_ += static_cast<std::size_t>(std::to_chars(begin, begin + 24, value).ptr - begin);
  }
  void flush() {
    out_.append(buffer_.data(), size_);
    size_ = 0;
  }
  void discard() { size_ = 0; }

 private:
  std::string& out_;
  std::size_t size_ = 0;
  std::array<char, 1024> buffer_;
};

// Whether the text is ASCII that needs no escape.
bool is_plain(std::string_view text);

// The string in quotes. False, possibly after a part of it, when it is not UTF-8.
bool put_quoted(std::string_view text, TextWriter& out);

// The same with every byte that is no UTF-8 replaced by U+FFFD.
void put_quoted_repaired(std::string_view text, TextWriter& out);

// For whoever writes a large document as it goes: a string as serialize() writes it, and a value as serialize_pretty()
// does where it stands in `depth` arrays and objects, beginning within a line.
void append_quoted(std::string_view text, std::string& out);
void append_pretty(const Value& value, std::size_t depth, std::string& out);

}  // namespace lumenflow::json
