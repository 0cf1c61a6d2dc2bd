#include "cli/qr_code.h"

#include <qrencode.h>

#include <memory>

namespace lumenflow::cli {
namespace {

constexpr int kQuiet = 2;  // modules around it

struct FreeCode {
  void operator()(QRcode* code) const { QRcode_free(code); }
};

bool is_dark(const QRcode& code, int x, int y) {
  if (x < 0 || y < 0 || x >= code.width || y >= code.width) return false;
  return (code.data[y * code.width + x] & 1) != 0;
}

}  // namespace

Result<std::string> render_qr_code(const std::string& text) {
  const std::unique_ptr<QRcode, FreeCode> code(QRcode_encodeString(text.c_str(), 0, QR_ECLEVEL_M, QR_MODE_8, 1));
  if (!code) return Error(ErrorCode::kInvalidInput, "the text is too long for a QR code");
  std::string out;
  for (int y = -kQuiet; y < code->width + kQuiet; y += 2) {
    for (int x = -kQuiet; x < code->width + kQuiet; ++x) {
      const bool upper = !is_dark(*code, x, y), lower = !is_dark(*code, x, y + 1);
      out += upper && lower ? "\u2588" : upper ? "\u2580" : lower ? "\u2584" : " ";
    }
    out += '\n';
  }
  return out;
}

}  // namespace lumenflow::cli
