#include "cli/terminal.h"

#include <termios.h>
#include <unistd.h>

#include <cerrno>

namespace lumenflow::cli {
namespace {

constexpr std::size_t kLineMax = 1024;
constexpr char kInterrupt = 3, kEndOfInput = 4;

// No echo, and no signal that would end the process before the terminal is as it was: Ctrl-C comes as a character.
class Hidden {
 public:
  explicit Hidden(int terminal) : terminal_(terminal), changed_(::tcgetattr(terminal, &before_) == 0) {
    if (!changed_) return;
    termios hidden = before_;
    hidden.c_lflag &= ~static_cast<tcflag_t>(ECHO | ISIG | ICANON);
    hidden.c_cc[VMIN] = 1;
    hidden.c_cc[VTIME] = 0;
    changed_ = ::tcsetattr(terminal, TCSAFLUSH, &hidden) == 0;
  }
  Hidden(const Hidden&) = delete;
  ~Hidden() {
    if (changed_) ::tcsetattr(terminal_, TCSAFLUSH, &before_);
  }
  bool ok() const { return changed_; }

 private:
  const int terminal_;
  termios before_{};
  bool changed_;
};

bool say(int terminal, std::string_view text) {
  return ::write(terminal, text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

}  // namespace

Result<std::string> ask_secret(int terminal, std::string_view question) {
  const Hidden hidden(terminal);
  if (!hidden.ok() || !say(terminal, question)) return Error(ErrorCode::kIo, "there is no terminal to ask on");
  std::string line;
  for (;;) {
    char c = 0;
    const ssize_t got = ::read(terminal, &c, 1);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0 || c == kInterrupt || c == kEndOfInput) {
      (void)say(terminal, "\n");
      return Error(ErrorCode::kCancelled, "no passphrase was given");
    }
    if (c == '\n' || c == '\r') break;
    if ((c == '\b' || c == 127) && !line.empty()) {
      line.pop_back();
    } else if (c != '\b' && c != 127 && line.size() < kLineMax) {
      line += c;
    }
  }
  (void)say(terminal, "\n");
  return line;
}

}  // namespace lumenflow::cli
