// A provider, the host that carries its requests, and the server that answers them.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "agent-runtime/provider.h"
#include "http/server_fixture.h"
#include "http/testing/raw_server.h"
#include "kernel/outbound.h"
#include "support/fake_tool_context.h"
#include "transcripts.h"

namespace lumenflow::testing {

// How it is asked, and in how large pieces a stream comes.
struct Way {
  Dialect dialect = Dialect::kChatCompletions;
  bool stream = false;
  std::size_t piece_bytes = 7;
};
std::string to_string(const Way& way);

class ProviderWorld {
 public:
  explicit ProviderWorld(Way asked);

  // What the server answers next; after the last, that again.
  void answers(http::RawAnswer answer);
  void says(const Said& said);
  void fails(int status, const std::string& type, const std::string& message, const std::string& headers = {});
  // A 200 with this body, as an answer of this way has it.
  void sends(const std::string& body);

  agent_runtime::Completion ask(const agent_runtime::ModelRequest& request);
  agent_runtime::Completion ask(const std::string& text = "Hello");
  agent_runtime::Proposal proposal(const std::string& text = "Hello");  // fails the test where there is none
  std::string code(const std::string& text = "Hello");                  // of the error; "" when there is none
  agent_runtime::ModelRequest request(const std::string& text) const;
  json::Value sent(std::size_t request) const;  // the body of a request

  const Way way;
  http::RawServer server;
  agent_runtime::Model model;  // read by each ask()
  std::vector<std::int64_t> waits;
  bool patient = true;        // false: the call is cancelled while it waits
  bool enough = false;        // the sink wants nothing after the first piece
  std::string shown;          // what the sink got
  std::string error_message;  // of the last code()
  MemoryStore store;
  FakeToolContext host{store};

 private:
  http::RawAnswer next();
  void writes(json::Value step);  // the next of the script

  const std::unique_ptr<kernel::Outbound> outbound_;
  std::mutex mutex_;
  std::deque<http::RawAnswer> answers_;
  http::TemporaryFolder folder_;
  json::Array steps_;
};

}  // namespace lumenflow::testing
