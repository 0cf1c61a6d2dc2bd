// The one table of codes: the same name in process, on the wire, in the journal and at the exit.
//
// Every code belongs to one of sixteen canonical kinds (those of absl::Status) and maps to an HTTP status, a process
// exit code and a JSON-RPC error. docs/reference/errors.md is generated from it (`lumenflow version --errors`).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace lumenflow {

enum class CanonicalCode : std::uint8_t {
  kCancelled,
  kUnknown,
  kInvalidArgument,
  kDeadlineExceeded,
  kNotFound,
  kAlreadyExists,
  kPermissionDenied,
  kResourceExhausted,
  kFailedPrecondition,
  kAborted,
  kOutOfRange,
  kUnimplemented,
  kInternal,
  kUnavailable,
  kDataLoss,
  kUnauthenticated,
};

//        enumerator           wire name               canonical           HTTP exit JSON-RPC retryable  what it says
#define LUMENFLOW_ERROR_CODES(X)                                                                                       \
  X(kCancelled, "CANCELLED", kCancelled, 499, 1, -32800, false, "the caller gave up")                                  \
  X(kMalformedJson, "MALFORMED_JSON", kInvalidArgument, 400, 1, -32700, false, "not one strict JSON value")            \
  X(kInvalidRequest, "INVALID_REQUEST", kInvalidArgument, 400, 2, -32600, false, "the request itself is malformed")    \
  X(kInvalidInput, "INVALID_INPUT", kInvalidArgument, 400, 1, -32602, false,                                           \
    "the input does not match the tool's schema")                                                                      \
  X(kInvalidConfiguration, "INVALID_CONFIGURATION", kInvalidArgument, 400, 2, -32602, false,                           \
    "lumenflow.yaml or a manifest is wrong")                                                                           \
  X(kUnauthenticated, "UNAUTHENTICATED", kUnauthenticated, 401, 1, -32001, false,                                      \
    "no token, or one that does not verify")                                                                           \
  X(kTokenExpired, "TOKEN_EXPIRED", kUnauthenticated, 401, 1, -32001, false, "the token's life is over")               \
  X(kTokenRevoked, "TOKEN_REVOKED", kUnauthenticated, 401, 1, -32001, false, "the token was revoked")                  \
  X(kTokenScopeDenied, "TOKEN_SCOPE_DENIED", kPermissionDenied, 403, 1, -32003, false, "the token lacks a scope")      \
  X(kScopeDenied, "SCOPE_DENIED", kPermissionDenied, 403, 1, -32003, false, "a required scope is not granted")         \
  X(kPolicyDenied, "POLICY_DENIED", kPermissionDenied, 403, 1, -32003, false, "a policy rule denies the call")         \
  X(kApprovalDenied, "APPROVAL_DENIED", kPermissionDenied, 403, 1, -32003, false, "an approver said no")               \
  X(kLimitExceeded, "LIMIT_EXCEEDED", kResourceExhausted, 403, 1, -32003, false,                                       \
    "as much as was allowed to a session is used up")                                                                  \
  X(kFromMismatch, "FROM_MISMATCH", kPermissionDenied, 403, 1, -32003, false,                                          \
    "the event claims another sender than the token")                                                                  \
  X(kToolNotFound, "TOOL_NOT_FOUND", kNotFound, 404, 1, -32601, false, "no active pack has such a tool")               \
  X(kNotFound, "NOT_FOUND", kNotFound, 404, 1, -32002, false, "no such thing")                                         \
  X(kMethodNotAllowed, "METHOD_NOT_ALLOWED", kUnimplemented, 405, 1, -32601, false, "the route has no such method")    \
  X(kIdempotencyConflict, "IDEMPOTENCY_CONFLICT", kAborted, 409, 1, -32009, false,                                     \
    "the key was used with another input")                                                                             \
  X(kInProgress, "IN_PROGRESS", kAborted, 409, 1, -32009, true, "the same call is still running")                      \
  X(kSpecTampered, "SPEC_TAMPERED", kFailedPrecondition, 409, 1, -32009, false,                                        \
    "lumenflow.yaml changed on disk since it was loaded")                                                              \
  X(kToolCancelled, "TOOL_CANCELLED", kCancelled, 409, 1, -32800, false, "the call was cancelled")                     \
  X(kAlreadyDecided, "ALREADY_DECIDED", kAborted, 409, 1, -32009, false, "somebody decided first")                     \
  X(kAlreadyExists, "ALREADY_EXISTS", kAlreadyExists, 409, 1, -32009, false, "it is there already")                    \
  X(kConflict, "CONFLICT", kAborted, 409, 1, -32009, true, "what was read changed before it could be written")         \
  X(kIllegalTransition, "ILLEGAL_TRANSITION", kFailedPrecondition, 409, 1, -32009, false,                              \
    "the task is in a state from which this does not lead on")                                                         \
  X(kLogForked, "LOG_FORKED", kDataLoss, 409, 1, -32009, false, "two histories under one log id")                      \
  X(kWorkspaceIdTaken, "WORKSPACE_ID_TAKEN", kAlreadyExists, 409, 1, -32009, false, "another workspace has this id")   \
  X(kTicketUsed, "TICKET_USED", kFailedPrecondition, 409, 1, -32009, false, "the ticket was used before")              \
  X(kTicketExpired, "TICKET_EXPIRED", kDeadlineExceeded, 410, 1, -32001, false, "the ticket's life is over")           \
  X(kWorkspaceLocked, "WORKSPACE_LOCKED", kFailedPrecondition, 409, 2, -32009, true,                                   \
    "another process holds the workspace")                                                                             \
  X(kApprovalRequired, "APPROVAL_REQUIRED", kFailedPrecondition, 202, 1, -32004, false,                                \
    "the call is parked until somebody decides")                                                                       \
  X(kApprovalExpired, "APPROVAL_EXPIRED", kDeadlineExceeded, 410, 1, -32004, false,                                    \
    "nobody decided in time, which is a denial")                                                                       \
  X(kRetentionEnded, "RETENTION_ENDED", kNotFound, 404, 1, -32002, false,                                              \
    "what was stored is over its retention and was let go; its hash and its proofs stay")                              \
  X(kBodyTooLarge, "BODY_TOO_LARGE", kResourceExhausted, 413, 1, -32600, false, "the request body is over the limit")  \
  X(kUnsupportedMediaType, "UNSUPPORTED_MEDIA_TYPE", kInvalidArgument, 415, 1, -32600, false, "send application/json") \
  X(kStopped, "STOPPED", kFailedPrecondition, 423, 1, -32005, false, "stopped by an operator")                         \
  X(kRateLimited, "RATE_LIMITED", kResourceExhausted, 429, 1, -32006, true, "too many calls by this subject")          \
  X(kHeaderTooLarge, "HEADER_TOO_LARGE", kResourceExhausted, 431, 1, -32600, false,                                    \
    "the request header is over the limit")                                                                            \
  X(kRequestTimeout, "REQUEST_TIMEOUT", kDeadlineExceeded, 408, 1, -32000, true, "the request did not arrive in time") \
  X(kToolCrashed, "TOOL_CRASHED", kInternal, 502, 1, -32000, false, "the tool ended without an answer")                \
  X(kInvalidOutput, "INVALID_OUTPUT", kInternal, 502, 1, -32000, false, "the tool's answer does not match its schema") \
  X(kOutputTooLarge, "OUTPUT_TOO_LARGE", kResourceExhausted, 502, 1, -32000, false,                                    \
    "the tool's answer is over the limit")                                                                             \
  X(kJournalUnavailable, "JOURNAL_UNAVAILABLE", kUnavailable, 503, 1, -32007, true,                                    \
    "the journal cannot be written; nothing was done")                                                                 \
  X(kJournalDamaged, "JOURNAL_DAMAGED", kDataLoss, 503, 1, -32007, false,                                              \
    "the journal contradicts its checkpoint; read-only")                                                               \
  X(kEventBufferOverflow, "EVENT_BUFFER_OVERFLOW", kResourceExhausted, 503, 1, -32007, true,                           \
    "a bus channel holds as many events of this tick as it may")                                                       \
  X(kOutboxFull, "OUTBOX_FULL", kResourceExhausted, 503, 1, -32007, true, "the uplink's backlog is at its limit")      \
  X(kDraining, "DRAINING", kUnavailable, 503, 1, -32007, true, "the sidecar is shutting down")                         \
  X(kUnreachable, "UNREACHABLE", kUnavailable, 503, 3, -32007, true, "nothing answers at that address")                \
  X(kToolTimeout, "TOOL_TIMEOUT", kDeadlineExceeded, 504, 1, -32000, false,                                            \
    "the tool did not answer within its deadline")                                                                     \
  X(kUnknownKind, "UNKNOWN_KIND", kInvalidArgument, 400, 1, -32602, false, "Unknown kind at emit")                     \
  X(kInvalidPayload, "INVALID_PAYLOAD", kInvalidArgument, 400, 1, -32602, false,                                       \
    "the payload does not match the kind's schema")                                                                    \
  X(kPayloadTooLarge, "PAYLOAD_TOO_LARGE", kResourceExhausted, 413, 1, -32602, false, "the payload is over 256 KiB")   \
  X(kUnsupportedFormat, "UNSUPPORTED_FORMAT", kFailedPrecondition, 503, 2, -32007, false,                              \
    "written by a newer lumenflow")                                                                                    \
  X(kSandboxUnavailable, "SANDBOX_UNAVAILABLE", kFailedPrecondition, 503, 2, -32007, false,                            \
    "the sandbox that the workspace asks for cannot be built here")                                                    \
  X(kDefinitionChanged, "DEFINITION_CHANGED", kFailedPrecondition, 409, 1, -32009, false,                              \
    "the server's definition of the tool is not the one that was accepted")                                            \
  X(kClientCapabilityMissing, "CLIENT_CAPABILITY_MISSING", kFailedPrecondition, 409, 1, -32021, false,                 \
    "the tool has a question that who called it cannot answer")                                                        \
  X(kIo, "IO_ERROR", kUnavailable, 503, 2, -32007, true, "the operating system refused")                               \
  X(kInternal, "INTERNAL", kInternal, 500, 1, -32603, false, "a fault in lumenflow; please report it")

enum class ErrorCode : std::uint8_t {
#define LUMENFLOW_X(enumerator, ...) enumerator,
  LUMENFLOW_ERROR_CODES(LUMENFLOW_X)
#undef LUMENFLOW_X
};

struct ErrorCodeInfo {
  ErrorCode code;
  std::string_view name;  // what stands on the wire
  CanonicalCode canonical;
  int http_status;
  int exit_code;  // 1 refused or failed, 2 usage or could not run, 3 could not reach the sidecar
  int json_rpc;
  bool retryable;  // the same request may succeed later without being changed
  std::string_view meaning;
};

const ErrorCodeInfo& info(ErrorCode code);
inline std::string_view name(ErrorCode code) { return info(code).name; }
std::string_view name(CanonicalCode code);

// The code of a wire name; nothing for a tool's own code.
std::optional<ErrorCode> error_code_from_name(std::string_view name);

// In declaration order.
std::span<const ErrorCodeInfo> all_error_codes();

}  // namespace lumenflow
