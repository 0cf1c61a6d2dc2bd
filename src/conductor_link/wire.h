// What goes to the conductor and what comes back, as bytes: requests are written, answers are read strictly. The
// conductor is not trusted: counts, sizes, types and names are checked here, so that nobody behind it need.
//
// Pure functions; thread safe because stateless.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "http/client.h"
#include "journal/inbound.h"
#include "lumenflow/json.h"
#include "uplink/link.h"

namespace lumenflow::conductor_link {

// --- what is sent ---

// What the workspace says of itself with every sign of life.
struct Vitals {
  std::string status = "up";
  json::Value lag;       // object
  json::Value versions;  // object
  std::string registry_hash;
};

// A head of the journal for the conductor to co-sign, and that it has grown from the one it co-signed last.
struct HeadOffer {
  std::string checkpoint;  // signed note
  std::uint64_t from = 0;  // 0: nothing was co-signed yet
  std::vector<Hash256> consistency_proof;
  std::uint64_t conductor_known = 0;  // size of the conductor's own Log, as it last held; 0: never
};

// Where the conductor can reach this sidecar, and the enrolled key's word for it.
struct SidecarPlace {
  std::string url;  // empty: nowhere
  std::string proof;
};

std::string write_hello(const uplink::Hello& hello, const Vitals& vitals, const SidecarPlace& place);
std::string write_heartbeat(std::uint64_t session, const Vitals& vitals);
std::string write_batch(const uplink::Batch& batch, const std::optional<HeadOffer>& head);
std::string write_forked(const std::string& log_id, const std::string& reason);
std::string write_rebind(const std::string& log_id);

// --- what comes back ---

// What a status that is no success, or an answer that is none, stands for. Only the conductor's own coded answer is
// taken for more than a fault on the way: what a proxy says must not make events look malformed.
uplink::Refusal refusal_of(const http::ClientResponse& response);

// Each of these: INVALID_OUTPUT naming what is wrong.
Result<uplink::Welcome> read_welcome(std::string_view body);

struct BeatAnswer {
  bool registry_wanted = false;
};
Result<BeatAnswer> read_heartbeat(std::string_view body);

// A head of the conductor's own Log, unverified.
struct ConductorHead {
  std::string checkpoint;
  std::uint64_t from = 0;
  std::vector<Hash256> consistency_proof;
};
struct BatchReply {
  uplink::BatchAnswer answer;
  std::string cosigned_head;  // note; empty: none
  std::optional<ConductorHead> conductor_head;
};
Result<BatchReply> read_batch_answer(std::string_view body, const uplink::Batch& sent);

// Commands behind `after`, ascending; each as JSON text.
Result<journal::InboundBatch> read_commands(std::string_view body, const journal::InboundAt& after);

// What became of reports: the conductor has those, or will never take them.
struct ReportVerdicts {
  std::set<std::string> reported;
  std::map<std::string, Error> rejected;
};
// Of those that were sent alone; any other is INVALID_OUTPUT.
Result<ReportVerdicts> read_report_answer(std::string_view body, const std::set<std::string>& sent);

struct RenewedToken {
  std::string token;
  Timestamp issued_at;
  Timestamp expires_at;
  json::Value conductor_jwks;  // null: as before
};
Result<RenewedToken> read_renewal(std::string_view body);

}  // namespace lumenflow::conductor_link
