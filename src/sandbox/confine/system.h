// Small things of the operating system that the helper's parts share. The helper is one thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace lumenflow::sandbox {

// Says over kStatusFd why the program does not run, and ends this process.
[[noreturn]] void fail_start(char kind, const std::string& what, int error);

// The file from its beginning, to `bytes_max`; empty when it cannot be read.
std::string read_small_file(const char* path, std::size_t bytes_max = 16 * 1024);
std::string read_all(int fd);
bool write_file(const std::string& path, const std::string& text);

// The same file under a number that none of the helper's own has; `fd` is closed. -1 when there is none.
int lifted(int fd);
// Through a socket of the UNIX family. False when it did not go.
bool send_file(int socket, int fd);
// Close-on-exec; -1 when none comes any more.
int receive_file(int socket);

// The number that stands after `key` at the beginning of a line: "oom_kill 3", "RssAnon:   12 kB".
std::optional<std::uint64_t> number_after(const std::string& text, const std::string& key);

}  // namespace lumenflow::sandbox
