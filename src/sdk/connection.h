// The pack's end of the protocol: lines on two file descriptors, requests of its own nested in the host's.
//
// One thread, which reads whenever something is waited for or asked about. Owns the descriptors.
#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "lumenflow/json.h"
#include "lumenflow/result.h"

namespace lumenflow::sdk {

struct Request {
  json::Value id;
  std::string method;
  json::Value params;  // an object
};

class Connection {
 public:
  Connection(int in, int out) : in_(in), out_(out) {}
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // The host's next request, once it is there; nothing when the host is gone.
  std::optional<Request> next();
  void answer(const Request& request, json::Value result);
  // `code` empty: without data, which the host takes for a crash.
  void refuse(const Request& request, int json_rpc, std::string_view message, std::string_view code);

  // What the host offers; nothing at first.
  void offer(std::set<std::string, std::less<>> methods) { methods_ = std::move(methods); }
  bool offers(std::string_view method) const { return methods_.contains(method); }

  // A request of the pack's in the course of the run `run_id`, which `params` name as `in`. METHOD_NOT_ALLOWED without
  // asking for what is not offered, CANCELLED when the run was cancelled or the host is gone, else what the host says;
  // a code of its that is not in our table becomes INTERNAL, with the code in the message.
  // What the host says about it before it answers, by notification, goes to `heard`, which must not ask.
  using Heard = std::function<void(std::string_view method, const json::Value& params)>;
  Result<json::Value> ask(std::string_view method, json::Object params, const std::string& run_id,
                          const Heard& heard = {});
  void notify(std::string_view method, json::Object params);  // nothing when it is not offered
  // What is told of each line of a program that was asked for; empty: nothing is.
  void on_program_line(std::function<void(const json::Value& params)> listener) { program_line_ = std::move(listener); }
  // Takes in what has come so far.
  bool is_cancelled(const std::string& run_id);
  void forget_cancellations() { cancelled_.clear(); }

 private:
  void read(bool wait);  // one chunk
  void take(std::string_view line);
  void send(json::Object message);

  int in_;
  int out_;
  bool gone_ = false;
  std::string rest_;  // of the last chunk: a line without its end
  std::deque<Request> requests_;
  std::optional<json::Value> reply_;  // to what is asked
  const Heard* heard_ = nullptr;
  bool in_heard_ = false;
  std::int64_t last_id_ = 0;
  std::set<std::string, std::less<>> methods_;
  std::set<std::string, std::less<>> cancelled_;
  std::function<void(const json::Value&)> program_line_;
};

}  // namespace lumenflow::sdk
