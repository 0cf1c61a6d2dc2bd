#include "http/request_parser.h"

#include <gtest/gtest.h>

namespace lumenflow::http {
namespace {

using Step = RequestParser::Step;

constexpr std::size_t kHeaderMax = 1024, kBodyMax = 100;

struct Outcome {
  Step step = Step::kNeedMore;
  std::string code = {};
  Request request = {};
  std::size_t left_over = 0;
};

// Feeds `text` in pieces of `piece` bytes, as a connection would.
Outcome parse(std::string_view text, std::size_t piece = std::string_view::npos) {
  RequestParser parser(kHeaderMax, kBodyMax);
  Outcome outcome;
  std::string pending;
  for (std::size_t at = 0; at < text.size() && outcome.step == Step::kNeedMore;
       at += std::min(piece, text.size() - at)) {
    pending += text.substr(at, piece);
    const RequestParser::Taken taken = parser.put(pending);
    pending.erase(0, taken.bytes);
    outcome.step = taken.step;
  }
  if (outcome.step == Step::kRefused) outcome.code = name(parser.refusal().code());
  if (outcome.step == Step::kComplete) outcome.request = parser.take();
  outcome.left_over = pending.size();
  return outcome;
}

std::string get(const std::string& fields) { return "GET /x HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n"; }
std::string chunked(const std::string& body) {
  return "POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + body;
}

TEST(RequestParser, ReadsMethodTargetFieldsAndBody) {
  const Outcome o =
      parse("POST /tools/a:b?x=1 HTTP/1.1\r\nHost: h\r\nX-Thing:  v \r\nContent-Length: 4\r\n\r\nbodyGET");
  ASSERT_EQ(o.step, Step::kComplete);
  EXPECT_EQ(o.request.method, Method::kPost);
  EXPECT_EQ(o.request.target, "/tools/a:b?x=1");
  EXPECT_EQ(o.request.header("x-thing"), "v");
  EXPECT_EQ(o.request.header("absent"), std::nullopt);
  EXPECT_EQ(o.request.body, "body");
  EXPECT_EQ(o.left_over, 3u) << "the next request stays with the caller";
}

TEST(RequestParser, TakesTheSameRequestInPiecesOfAnySize) {
  const std::string body = "7\r\n{\"t\":\"\xe2\r\n5;ext=1\r\n\x82\xac\"}\n\r\n0\r\nTrailer: t\r\n\r\n";
  for (std::size_t piece = 1; piece <= 40; ++piece) {
    const Outcome o = parse(chunked(body), piece);
    ASSERT_EQ(o.step, Step::kComplete) << piece;
    EXPECT_EQ(o.request.body, "{\"t\":\"\xe2\x82\xac\"}\n") << "UTF-8 split over packets stays intact";
    EXPECT_EQ(o.request.header("trailer"), std::nullopt) << "trailers are dropped";
  }
}

TEST(RequestParser, SkipsEmptyLinesBeforeARequest) {
  EXPECT_EQ(parse("\r\n\r\n" + get("")).step, Step::kComplete);
  EXPECT_EQ(parse("\r\n\r\n" + get(""), 1).step, Step::kComplete);
}

TEST(RequestParser, TurnsAbsoluteFormIntoAPath) {
  EXPECT_EQ(parse("GET http://h:1/a?b HTTP/1.1\r\nHost: h\r\n\r\n").request.target, "/a?b");
  EXPECT_EQ(parse("GET https://h HTTP/1.1\r\nHost: h\r\n\r\n").request.target, "/");
  EXPECT_EQ(parse("OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n").request.target, "*");
}

TEST(RequestParser, KnowsWhenToKeepAlive) {
  const auto keeps = [](const std::string& text) {
    RequestParser parser(kHeaderMax, kBodyMax);
    EXPECT_EQ(parser.put(text).step, Step::kComplete);
    return parser.keep_alive();
  };
  EXPECT_TRUE(keeps(get("")));
  EXPECT_FALSE(keeps(get("Connection: close\r\n")));
  EXPECT_FALSE(keeps("GET / HTTP/1.0\r\n\r\n"));
  EXPECT_TRUE(keeps("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"));
}

struct Refusal {
  const char* what;
  std::string text;
  const char* code;
};
void PrintTo(const Refusal& refusal, std::ostream* out) { *out << refusal.what; }

class RefusedRequest : public testing::TestWithParam<Refusal> {};

TEST_P(RefusedRequest, IsRefusedWithItsCodeInAnyPieces) {
  for (const std::size_t piece : {std::string_view::npos, std::size_t{1}, std::size_t{7}}) {
    const Outcome o = parse(GetParam().text, piece);
    EXPECT_EQ(o.step, Step::kRefused) << piece;
    EXPECT_EQ(o.code, GetParam().code) << piece;
  }
}

std::vector<Refusal> refusals() {
  std::string small_fields;
  for (int i = 0; i < 300; ++i) small_fields += "a:b\r\n";
  return {
      {"NoRequestLine", "hello\r\n\r\n", "INVALID_REQUEST"},
      {"BinaryNoise", std::string("\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", 11), "INVALID_REQUEST"},
      {"BadVersion", "GET / HTTP/2.0\r\nHost: a\r\n\r\n", "INVALID_REQUEST"},
      {"SpaceInTarget", "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", "INVALID_REQUEST"},
      {"ControlInTarget", "GET /a\x01 HTTP/1.1\r\nHost: a\r\n\r\n", "INVALID_REQUEST"},
      {"BareTarget", "GET nowhere HTTP/1.1\r\nHost: a\r\n\r\n", "INVALID_REQUEST"},
      {"AuthorityForm", "CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n", "INVALID_REQUEST"},
      {"NoHost", "GET / HTTP/1.1\r\n\r\n", "INVALID_REQUEST"},
      {"TwoHosts", get("Host: b\r\n"), "INVALID_REQUEST"},
      {"SpaceBeforeColon", get("X-A : b\r\n"), "INVALID_REQUEST"},
      {"ControlInValue", get(std::string("X-A: b\0c\r\n", 10)), "INVALID_REQUEST"},
      {"TwoLengths", get("Content-Length: 4\r\nContent-Length: 5\r\n"), "INVALID_REQUEST"},
      {"TheSameLengthTwice", get("Content-Length: 4\r\nContent-Length: 4\r\n"), "INVALID_REQUEST"},
      {"LengthList", get("Content-Length: 4, 4\r\n"), "INVALID_REQUEST"},
      {"NegativeLength", get("Content-Length: -1\r\n"), "INVALID_REQUEST"},
      {"LengthBeyond64Bits", get("Content-Length: 99999999999999999999999\r\n"), "INVALID_REQUEST"},
      {"LengthThenCoding", get("Content-Length: 4\r\nTransfer-Encoding: chunked\r\n"), "INVALID_REQUEST"},
      {"CodingThenLength", get("Transfer-Encoding: chunked\r\nContent-Length: 4\r\n"), "INVALID_REQUEST"},
      {"TwoCodings", get("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"), "INVALID_REQUEST"},
      {"UnknownCoding", get("Transfer-Encoding: gzip\r\n"), "INVALID_REQUEST"},
      {"CodingList", get("Transfer-Encoding: gzip, chunked\r\n"), "INVALID_REQUEST"},
      {"CodingIn10", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", "INVALID_REQUEST"},
      {"ChunkWithoutSize", chunked("zz\r\nabc\r\n0\r\n\r\n"), "INVALID_REQUEST"},
      {"ChunkLongerThanSaid", chunked("1\r\nabc\r\n0\r\n\r\n"), "INVALID_REQUEST"},
      {"EndlessChunkExtension", chunked("1;" + std::string(8000, 'a')), "INVALID_REQUEST"},
      {"LongLine", get("X: " + std::string(2000, 'a') + "\r\n"), "HEADER_TOO_LARGE"},
      {"LongTarget", "GET /" + std::string(2000, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n", "HEADER_TOO_LARGE"},
      {"ManyFields", get(small_fields), "HEADER_TOO_LARGE"},
      {"LongBody", get("Content-Length: 101\r\n"), "BODY_TOO_LARGE"},
      {"LongChunk", chunked("65\r\nxx"), "BODY_TOO_LARGE"},
      {"HugeChunk", chunked("ffffffffffffffff\r\n"), "BODY_TOO_LARGE"},
      {"ManyChunks", chunked("32\r\n" + std::string(50, 'a') + "\r\n33\r\n" + std::string(51, 'a') + "\r\n0\r\n\r\n"),
       "BODY_TOO_LARGE"},
  };
}

INSTANTIATE_TEST_SUITE_P(Hostile, RefusedRequest, testing::ValuesIn(refusals()),
                         [](const auto& param) { return std::string(param.param.what); });

TEST(RequestParser, TakesABodyOfExactlyTheLimit) {
  const std::string body(kBodyMax, 'x');
  EXPECT_EQ(parse("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n" + body).request.body, body);
  EXPECT_EQ(parse(chunked("64\r\n" + body + "\r\n0\r\n\r\n"), 1).request.body, body);
}

}  // namespace
}  // namespace lumenflow::http
