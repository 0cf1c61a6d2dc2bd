#include "http/server_fixture.h"

#include <unistd.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <cstdlib>
#include <filesystem>

namespace lumenflow::http {
namespace {

Response describe(const Error& error) {
  Response response;
  response.status = info(error.code()).http_status;
  response.body = error.to_string();
  return response;
}

}  // namespace

struct ServerThread::Context {
  boost::asio::io_context io{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work{io.get_executor()};
};

ServerThread::ServerThread(Handler handler, const Limits& limits)
    : context_(std::make_unique<Context>()),
      server(make_server(context_->io, std::move(handler), &describe, limits)),
      thread_([this] { context_->io.run(); }) {}

ServerThread::~ServerThread() {
  on_thread([this] { server.reset(); });
  context_->work.reset();
  thread_.join();
}

void ServerThread::post(std::function<void()> task) { boost::asio::post(context_->io, std::move(task)); }

std::uint16_t ServerThread::listen() {
  return on_thread([this] { return server->listen_tcp("127.0.0.1", 0).value(); });
}

TemporaryFolder::TemporaryFolder() {
  std::string pattern = (std::filesystem::temp_directory_path() / "lumenflow-http-XXXXXX").string();
  path_ = ::mkdtemp(pattern.data());
}

TemporaryFolder::~TemporaryFolder() { std::filesystem::remove_all(path_); }

}  // namespace lumenflow::http
