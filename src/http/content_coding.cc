#include "http/content_coding.h"

#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <memory>

#include "base/check.h"

namespace lumenflow::http {
namespace {

constexpr std::size_t kStep = 64 * 1024;
constexpr int kGzipWindow = 15 + 16;  // zlib: the largest window, with a gzip header
constexpr int kZstdWindowLog = 23;    // 8 MiB of memory for a sender's window, whatever it asks for

Error too_large(std::size_t bytes_max) {
  return Error(ErrorCode::kBodyTooLarge, "the body has more than " + std::to_string(bytes_max) + " bytes unpacked");
}
Error not_whole(std::string_view coding) {
  return Error(ErrorCode::kInvalidRequest, "the body is not whole " + std::string(coding));
}

struct EndInflate {
  void operator()(z_stream* stream) const { inflateEnd(stream); }
};

Result<std::string> gunzip(std::string_view packed, std::size_t bytes_max) {
  z_stream stream{};
  LUMENFLOW_CHECK(inflateInit2(&stream, kGzipWindow) == Z_OK);
  const std::unique_ptr<z_stream, EndInflate> guard(&stream);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));  // zlib does not write there
  stream.avail_in = static_cast<uInt>(packed.size());
  std::string out;
  for (int state = Z_OK; state != Z_STREAM_END;) {
    const std::size_t used = out.size();
    out.resize(used + kStep);
    stream.next_out = reinterpret_cast<Bytef*>(out.data() + used);
    stream.avail_out = kStep;
    state = inflate(&stream, Z_NO_FLUSH);
    out.resize(out.size() - stream.avail_out);
    if (out.size() > bytes_max) return too_large(bytes_max);
    if (state != Z_STREAM_END && (state != Z_OK || out.size() == used)) return not_whole("gzip");
  }
  if (stream.avail_in != 0) return not_whole("gzip");
  return out;
}

struct FreeZstd {
  void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};

Result<std::string> unzstd(std::string_view packed, std::size_t bytes_max) {
  const std::unique_ptr<ZSTD_DCtx, FreeZstd> context(ZSTD_createDCtx());
  LUMENFLOW_CHECK(context != nullptr);
  ZSTD_DCtx_setParameter(context.get(), ZSTD_d_windowLogMax, kZstdWindowLog);
  ZSTD_inBuffer in{packed.data(), packed.size(), 0};
  std::string out;
  for (std::size_t left = 1; left != 0;) {
    const std::size_t used = out.size();
    out.resize(used + kStep);
    ZSTD_outBuffer to{out.data() + used, kStep, 0};
    left = ZSTD_decompressStream(context.get(), &to, &in);
    out.resize(used + to.pos);
    if (ZSTD_isError(left)) return not_whole("zstd");
    if (out.size() > bytes_max) return too_large(bytes_max);
    if (left != 0 && to.pos == 0 && in.pos == in.size) return not_whole("zstd");
  }
  if (in.pos != in.size) return not_whole("zstd");
  return out;
}

}  // namespace

Result<std::string> decode_content(std::string body, std::string_view coding, std::size_t bytes_max) {
  if (coding.empty() || coding == "identity") {
    if (body.size() > bytes_max) return too_large(bytes_max);
    return body;
  }
  if (coding == "gzip") return gunzip(body, bytes_max);
  if (coding == "zstd") return unzstd(body, bytes_max);
  return Error(ErrorCode::kUnsupportedMediaType, "send the body as it is, or with Content-Encoding gzip or zstd");
}

Status unpack(Request& request, std::size_t bytes_max) {
  using Header = std::pair<std::string, std::string>;
  const auto coding = std::ranges::find(request.headers, "content-encoding", &Header::first);
  if (coding == request.headers.end()) return {};
  LUMENFLOW_TRY_ASSIGN(request.body, decode_content(std::move(request.body), coding->second, bytes_max));
  request.headers.erase(coding);
  return {};
}

std::string gzip(std::string_view text) {
  z_stream stream{};
  LUMENFLOW_CHECK(deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, kGzipWindow, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string out(deflateBound(&stream, text.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  LUMENFLOW_CHECK(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  out.resize(out.size() - stream.avail_out);
  deflateEnd(&stream);
  return out;
}

std::string zstd(std::string_view text) {
  std::string out(ZSTD_compressBound(text.size()), '\0');
  const std::size_t size = ZSTD_compress(out.data(), out.size(), text.data(), text.size(), 3);
  LUMENFLOW_CHECK(!ZSTD_isError(size));
  out.resize(size);
  return out;
}

}  // namespace lumenflow::http
