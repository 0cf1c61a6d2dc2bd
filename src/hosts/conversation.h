// One question to a child and all that is said until it is answered.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "hosts/child_connection.h"
#include "hosts/message.h"
#include "hosts/pack_requests.h"
#include "hosts/protocol.h"
#include "pack/hosted_run.h"

namespace lumenflow::hosts {

struct ConversationLimits {
  std::size_t messages_max;       // from the child
  std::size_t message_bytes_max;  // of them together, but for the answer
  std::chrono::milliseconds cancel_grace;
};

struct Question {
  std::string_view method;
  json::Value params;
  json::Value cancel;                  // params of call/cancel; null: it cannot be cancelled
  ChildConnection::Deadline deadline;  // then it is cancelled; nothing: only by `run`
  pack::HostedRun* run = nullptr;      // whose cancellation is heeded; null: none
};

struct Outcome {
  enum class Kind : std::uint8_t {
    kAnswered,   // `message` is the answer or the refusal
    kFault,      // the child broke the protocol or is gone: `error` says how
    kCancelled,  // or out of time
  } kind = Kind::kFault;
  Message message;
  Error error{ErrorCode::kToolCrashed, {}};
  bool reusable = false;   // the child waits for the next question
  bool not_asked = false;  // no child got to see the question
};

// Asks, answers what the child asks meanwhile, and returns its answer, which matches its schema. The caller ends a
// child that is not reusable.
Outcome ask(ChildConnection& child, const Protocol& protocol, const ConversationLimits& limits, Question question,
            PackRequests& requests);

// Reads away what a child wrote while nobody asked it anything: whether it may be asked something.
bool settle(ChildConnection& child, PackRequests& requests, std::size_t messages_max);

}  // namespace lumenflow::hosts
