// A client of a revision with sessions (until 2025-11-25), between its `initialize` and its end.
//
// Used on the io thread only. Shared by the server's table and the requests in flight.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "mcp/message.h"
#include "mcp_server/stream.h"

namespace lumenflow::mcp_server {

class McpSession {
 public:
  McpSession(std::string id_, std::string subject_, mcp::Revision revision_, json::Value capabilities_)
      : id(std::move(id_)), subject(std::move(subject_)), revision(revision_), capabilities(std::move(capabilities_)) {}

  const std::string id;
  const std::string subject;  // nobody else speaks in it
  const mcp::Revision revision;
  const json::Value capabilities;                    // the client's
  int log_level = 1;                                 // the least that it wants to hear, mcp_log_level()
  std::set<std::string, std::less<>> subscriptions;  // URIs
  std::shared_ptr<const void> hearing;               // of what changes; ends with the session
  std::int64_t used_ms = 0;
  // Ends the request of this id, while it runs; by the JSON text of the id.
  std::map<std::string, std::function<void()>> running;

  std::shared_ptr<McpStream> new_stream();  // shared with the answer that speaks on it
  McpStream& general() { return *general_; }
  McpStream* stream(std::uint64_t number);  // null: none, or long ended

  // Asks the client on a stream; `answered` gets its result, or why there is none.
  using Answered = std::function<void(Result<json::Value>)>;
  std::string ask(std::string_view method, json::Value params, Answered answered);  // the message to send
  void take_answer(mcp::Message message);
  void tend();        // of every stream
  bool read() const;  // by somebody, on any of them
  void end();

 private:
  std::uint64_t next_stream_ = 1, next_question_ = 1;
  std::shared_ptr<McpStream> general_ = std::make_shared<McpStream>(0, primes());
  std::map<std::uint64_t, std::shared_ptr<McpStream>> streams_;
  std::map<std::string, Answered> asked_;
  bool primes() const { return revision >= mcp::Revision::k2025_11_25; }
};

// 0 debug, 1 info, 2 notice, 3 warning, … 7 emergency; -1 for any other name.
int mcp_log_level(std::string_view name);
// What a level of ours is called there.
std::string_view mcp_log_name(std::string_view level);

}  // namespace lumenflow::mcp_server
