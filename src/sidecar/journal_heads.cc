#include "sidecar/journal_heads.h"

#include <algorithm>
#include <utility>

#include "base/encoding.h"
#include "base/logging.h"
#include "journal/tables.h"
#include "kernel/commands.h"
#include "log/merkle.h"
#include "log/witness.h"

namespace lumenflow::sidecar {
namespace {

using conductor_link::BatchReply;
using conductor_link::ConductorHead;
using conductor_link::HeadOffer;

constexpr std::chrono::minutes kWitnessSkew{5};
constexpr std::string_view kTheirsKey = "witness/conductor";  // {log_id, size, root} of its Log, as it last held
constexpr std::string_view kAlarmKey = "witness/alarm";

std::string kernel_key(std::string_view key) { return journal::store_key("kernel", key); }

std::optional<log::Head> decode_head(const json::Value& record) {
  log::Head head;
  head.log_id = json::string_or(record, "log_id", "");
  head.size = static_cast<std::uint64_t>(json::integer_or(record, "size", 0));
  const auto root = from_hex(json::string_or(record, "root", ""));
  if (head.log_id.empty() || !root || root->size() != head.root.size()) return std::nullopt;
  std::ranges::copy(as_bytes(*root), head.root.begin());
  return head;
}

// A signed note's text, which its signatures are of.
std::string_view text_of_note(std::string_view note) { return note.substr(0, note.find("\n\n")); }

std::string witnessed_entry(const std::string& whose, const std::string& note, const log::Head& head, Timestamp now) {
  return json::serialize(json::Value(json::Object{{"log_id", head.log_id},
                                                  {"note", note},
                                                  {"root", to_hex(head.root)},
                                                  {"size", head.size},
                                                  {"ts", format_rfc3339(now)},
                                                  {"type", "head.witnessed"},
                                                  {"whose", whose}}));
}

}  // namespace

JournalHeads::JournalHeads(Workspace& workspace, const conductor_link::Enrollment& enrollment)
    : workspace_(workspace),
      log_public_key_(workspace.keys().log_key.public_key),
      conductor_key_(enrollment.conductor_log_public_key),
      witness_key_(enrollment.witness_key) {
  const log::TableReader& tables = workspace.log().tables();
  if (const auto text = tables.get(journal::kStoreTable, kernel_key(kTheirsKey)); text.ok() && *text)
    if (const auto record = json::parse(**text); record.ok()) theirs_ = decode_head(*record);
  if (const auto text = tables.get(journal::kStoreTable, kernel_key(kAlarmKey)); text.ok() && *text)
    if (const auto record = json::parse(**text); record.ok()) alarm_ = json::string_or(*record, "what", "");
}

std::string JournalHeads::alarm() const {
  const std::lock_guard lock(mutex_);
  return alarm_;
}

void JournalHeads::greeted(const uplink::Welcome& welcome) {
  const std::lock_guard lock(mutex_);
  known_from_ = true;
  from_ = welcome.head ? welcome.head->size : 0;
}

void JournalHeads::lost() {
  const std::lock_guard lock(mutex_);
  known_from_ = false;  // it may have co-signed what it was sent, or not
}

std::optional<HeadOffer> JournalHeads::offer() {
  const std::lock_guard lock(mutex_);
  const auto now = clock_.monotonic();
  if (!known_from_ || witness_key_.empty() || now < offered_at_ + kOfferEvery) return std::nullopt;
  const log::Head head = workspace_.log().head();
  if (head.size <= from_) return std::nullopt;
  HeadOffer offer;
  if (from_ > 0) {
    auto proof = workspace_.log().consistency_proof(from_, head.size);
    if (!proof.ok()) return std::nullopt;
    offer.consistency_proof = *std::move(proof);
  }
  offer.from = from_;
  offer.checkpoint = log::sign_checkpoint(head, workspace_.keys().log_key).note;
  if (theirs_) offer.conductor_known = theirs_->size;
  offered_at_ = now;
  return offer;
}

Status JournalHeads::check_cosigned(const std::string& offered, const std::string& cosigned) const {
  LUMENFLOW_TRY_ASSIGN(const log::WitnessKey witness, log::parse_witness_key(witness_key_));
  LUMENFLOW_TRY_ASSIGN(const log::Checkpoint note, log::parse_checkpoint(cosigned, log_public_key_));
  if (text_of_note(note.note) != text_of_note(offered))
    return Error(ErrorCode::kInvalidOutput, "it co-signed another head than it was sent");
  LUMENFLOW_TRY_ASSIGN(const auto at, log::cosigned_at(cosigned, witness));
  const Timestamp now = clock_.now();
  if (!at) return Error(ErrorCode::kInvalidOutput, "its line is not on the head that it sent back");
  if (*at > now + kWitnessSkew || *at + kWitnessSkew < now)
    return Error(ErrorCode::kInvalidOutput, "it co-signed at " + format_rfc3339(*at) + "; compare the clocks");
  return {};
}

// LOG_FORKED when it is no growth of the one that held; INVALID_OUTPUT when that cannot be told.
Result<log::Checkpoint> JournalHeads::check_conductor_head(const ConductorHead& said) const {
  LUMENFLOW_TRY_ASSIGN(log::Checkpoint checkpoint, log::parse_checkpoint(said.checkpoint, conductor_key_));
  if (!theirs_) return checkpoint;
  const log::Head& now = checkpoint.head;
  const auto forked = [](const std::string& what) {
    return Error(ErrorCode::kLogForked, "the conductor's history is not the one that it has shown before: " + what);
  };
  if (now.log_id != theirs_->log_id) return forked("its log is " + now.log_id + ", and was " + theirs_->log_id);
  if (now.size < theirs_->size)
    return forked("it has " + std::to_string(now.size) + " entries, and had " + std::to_string(theirs_->size));
  if (said.from != theirs_->size && now.size != theirs_->size)
    return Error(ErrorCode::kInvalidOutput,
                 "its proof begins at " + std::to_string(said.from) + ", not where it was asked");
  if (!log::verify_consistency(theirs_->size, theirs_->root, now.size, now.root, said.consistency_proof))
    return forked("it does not begin with the " + std::to_string(theirs_->size) + " entries that it had");
  return checkpoint;
}

void JournalHeads::heard(const std::optional<HeadOffer>& offered, const BatchReply& reply) {
  const std::lock_guard lock(mutex_);
  const auto now = clock_.monotonic();
  if (offered && reply.cosigned_head.empty()) known_from_ = false;
  if (offered && !reply.cosigned_head.empty()) {
    const Status checked = check_cosigned(offered->checkpoint, reply.cosigned_head);
    const auto head = log::parse_checkpoint(offered->checkpoint, log_public_key_);
    if (!checked.ok()) {
      known_from_ = false;
      write_log(LogLevel::kWarn, "sidecar", "the conductor's co-signature does not hold",
                {{"reason", checked.error().message()}});
    } else if (head.ok()) {
      from_ = head->head.size;
      const bool due = now >= recorded_ours_ + kRecordEvery;
      if (due) {
        recorded_ours_ = now;
        record("workspace", reply.cosigned_head, head->head, true);
      }
    }
  }
  if (!reply.conductor_head || conductor_key_.empty()) return;
  const Result<log::Checkpoint> theirs = check_conductor_head(*reply.conductor_head);
  if (!theirs.ok()) {
    if (theirs.error().code() == ErrorCode::kLogForked) return raise(theirs.error().message());
    write_log(LogLevel::kWarn, "sidecar", "the conductor's own head does not hold",
              {{"reason", theirs.error().message()}});
    return;
  }
  const bool grown = !theirs_ || theirs->head.size > theirs_->size;
  theirs_ = theirs->head;
  if (!grown) return;
  const bool due = now >= recorded_theirs_ + kRecordEvery;
  if (due) recorded_theirs_ = now;
  record("conductor", reply.conductor_head->checkpoint, theirs->head, due);
}

void JournalHeads::record(const std::string& whose, const std::string& note, const log::Head& head, bool with_entry) {
  log::Log& log = workspace_.log();
  const std::string entry = with_entry ? witnessed_entry(whose, note, head, clock_.now()) : std::string();
  const std::string row = json::serialize(
      json::Value(json::Object{{"log_id", head.log_id}, {"root", to_hex(head.root)}, {"size", head.size}}));
  workspace_.kernel().change_outbox(
      [&log, whose, entry, row](journal::Outbox&) -> Status {
        if (!entry.empty()) {
          log::Row added;
          added.entries.push_back(entry);
          LUMENFLOW_TRY(log.append(std::move(added)));
        }
        return whose == "conductor" ? log.put(journal::kStoreTable, kernel_key(kTheirsKey), row) : Status();
      },
      [](const Status&) {});  // the next one says it again
}

void JournalHeads::raise(const std::string& what) {
  if (!alarm_.empty()) return;
  alarm_ = what;
  write_log(LogLevel::kError, "sidecar", "the conductor's history was changed", {{"reason", what}});
  log::Log& log = workspace_.log();
  kernel::Kernel& kernel = workspace_.kernel();
  const std::string row =
      json::serialize(json::Value(json::Object{{"since", format_rfc3339(clock_.now())}, {"what", what}}));
  kernel.change_outbox(
      [&log, &kernel, row, what](journal::Outbox&) -> Status {
        LUMENFLOW_TRY(log.put(journal::kStoreTable, kernel_key(kAlarmKey), row));
        return kernel.commands().warn(what);
      },
      [](const Status&) {});
}

}  // namespace lumenflow::sidecar
