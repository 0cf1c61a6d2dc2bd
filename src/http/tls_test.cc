#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "base/signing.h"
#include "http/client.h"
#include "http/self_signed.h"
#include "http/server_fixture.h"

namespace lumenflow::http {
namespace {

using testing::HasSubstr;
using namespace std::chrono_literals;

// A self-signed certificate for 127.0.0.1 and its key, as files.
class TlsTest : public testing::Test {
 protected:
  void SetUp() override { write_self_signed(cert_file, key_file); }

  std::uint16_t listen(ServerThread& at) {
    const auto port = at.on_thread([&] { return at.server->listen_tls("127.0.0.1", 0, cert_file, key_file); });
    EXPECT_TRUE(port.ok()) << port.error().to_string();
    return *port;
  }
  ClientOptions options(std::uint16_t port) const {
    ClientOptions o;
    o.base_url = "https://127.0.0.1:" + std::to_string(port);
    o.ca_file = cert_file;
    return o;
  }

  TemporaryFolder folder;
  const std::string cert_file = folder.file("cert.pem"), key_file = folder.file("key.pem");
};

void echo_back(Request request, std::unique_ptr<Responder> responder) {
  Response response;
  response.body = std::move(request.body);
  responder->send(std::move(response));
}

TEST_F(TlsTest, CarriesTheSameRequests) {
  ServerThread at(echo_back);
  Client client(options(listen(at)));
  for (const std::size_t size : {std::size_t{2}, std::size_t{100'000}, std::size_t{1} << 20}) {
    const std::string body(size, 'x');
    const auto answer = client.send({Method::kPost, "/x", {}, body});
    ASSERT_TRUE(answer.ok()) << answer.error().to_string();
    EXPECT_EQ(answer->body, body);
  }
  const auto refused = client.send({Method::kPost, "/x", {}, std::string((1 << 20) + 1, 'x')});
  ASSERT_TRUE(refused.ok()) << refused.error().to_string();
  EXPECT_EQ(refused->status, 413);
}

TEST_F(TlsTest, StreamsAndHearsThatTheReaderHasGone) {
  std::promise<void> gone;
  std::shared_ptr<BodyStream> stream;
  ServerThread at([&](Request, std::unique_ptr<Responder> responder) {
    stream = responder->stream(Response{});
    stream->on_close([&] { gone.set_value(); });
    stream->write("one\n"), stream->write("two\n"), stream->write("three\n");
  });
  {
    Client client(options(listen(at)));
    const auto answer = client.stream({}, [](std::string_view line) { return line != "two"; });
    ASSERT_TRUE(answer.ok()) << answer.error().to_string();
  }
  EXPECT_EQ(gone.get_future().wait_for(10s), std::future_status::ready);
  at.on_thread([&] { stream.reset(); });
}

TEST_F(TlsTest, AClientThatDoesNotTrustTheCertificateIsNotServed) {
  ServerThread at(echo_back);
  ClientOptions untrusting = options(listen(at));
  untrusting.ca_file.clear();
  EXPECT_EQ(Client(untrusting).send({}).error().code(), ErrorCode::kUnreachable);
}

TEST_F(TlsTest, PlainTextAndSilenceOnATlsPortAreClosed) {
  Limits limits;
  limits.header_time = 20ms;
  ServerThread at(echo_back, limits);
  const std::uint16_t port = listen(at);
  RawSocket plain = RawSocket::tcp(port), silent = RawSocket::tcp(port);
  plain.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_THAT(plain.read_to_end(), Not(HasSubstr("HTTP/1.1 200")));
  EXPECT_EQ(silent.read_to_end(), "") << "a handshake that never begins has the header's time";
}

TEST_F(TlsTest, NamesTheFileThatIsWrong) {
  ServerThread at(echo_back);
  const auto refusal = [&](const std::string& cert, const std::string& key) {
    return at.on_thread([&] { return at.server->listen_tls("127.0.0.1", 0, cert, key); }).error().to_string();
  };
  EXPECT_THAT(refusal(folder.file("absent"), key_file),
              HasSubstr("INVALID_CONFIGURATION: the TLS certificate " + folder.file("absent")));
  EXPECT_THAT(refusal(cert_file, folder.file("absent")), HasSubstr("the TLS key " + folder.file("absent")));
  const std::string other = folder.file("other.pem");
  std::ofstream(other) << generate_p256().value().private_pem;
  EXPECT_THAT(refusal(cert_file, other), HasSubstr(other));
}

}  // namespace
}  // namespace lumenflow::http
