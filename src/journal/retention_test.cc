// What retention lets go of, and what it does not.
#include "journal/retention.h"

#include <gtest/gtest.h>

#include "journal/outbox_rows.h"
#include "journal/proof.h"
#include "journal/testing/retention_world.h"
#include "json/canonical.h"
#include "log/cursor.h"
#include "log/verify.h"

namespace lumenflow::journal {
namespace {

using std::chrono::hours;

class RetentionTest : public testing::Test {
 protected:
  std::string call(const std::string& text = "\"small\"") { return world.append_call(text, text); }
  void later(int by_hours) { world.now = world.now + hours(by_hours); }
  RetainReport retain_older_than(int age_hours) {
    const auto report = world.retain_before(world.now - hours(age_hours));
    EXPECT_TRUE(report.ok()) << report.error().to_string();
    return *report;
  }
  RecordedCall read(const std::string& receipt) {
    const auto read = Reader(*world.log, *world.blobs).call(ReceiptId(receipt));
    EXPECT_TRUE(read.ok()) << read.error().to_string();
    return *read;
  }
  void advance(const std::string& cursor, Position to) {
    ASSERT_TRUE(log::Cursor(*world.log, cursor).advance(to).ok());
    world.commit();
  }

  RetentionWorld world;
};

TEST_F(RetentionTest, LetsGoOfWhatIsOldAndSaysSo) {
  const std::string old = call();
  later(2);
  const std::string young = call();
  const RetainReport report = retain_older_than(1);
  EXPECT_EQ(report.cut, (Cut{Position(2), Position(2)}));
  EXPECT_EQ(report.bodies, 2u) << "an input and an output";
  EXPECT_EQ(report.bytes, 14u);
  const RecordedCall gone = read(old);
  EXPECT_TRUE(gone.input_let_go && gone.result_let_go);
  EXPECT_TRUE(gone.body.result.empty());
  EXPECT_TRUE(gone.finished) << "the entries stay";
  EXPECT_EQ(read(young).body.result, "\"small\"");
  EXPECT_FALSE(read(young).result_let_go);
  const BodiesReport verified = world.verify();
  EXPECT_EQ(verified.first_bad, 0u) << verified.what;
  EXPECT_EQ(verified.let_go, 1u);
}

TEST_F(RetentionTest, InputsAndOutputsAgeByThemselves) {
  const std::string receipt = call();
  later(2);
  const auto report = retain(world.ports(), {world.now - hours(1), world.now - hours(3)}, world.now);
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(report->cut, (Cut{Position(2), Position(0)}));
  EXPECT_TRUE(read(receipt).input_let_go);
  EXPECT_EQ(read(receipt).body.result, "\"small\"");
  EXPECT_EQ(world.verify().first_bad, 0u);
  EXPECT_EQ(retain_older_than(1).bodies, 1u) << "then the output";
  EXPECT_TRUE(read(receipt).result_let_go);
  EXPECT_EQ(world.state().done, world.state().recorded);
}

TEST_F(RetentionTest, WithNothingOldNothingIsWritten) {
  call();
  const std::uint64_t before = world.log->head().size;
  EXPECT_EQ(retain_older_than(1).bodies, 0u);
  EXPECT_EQ(world.log->head().size, before);
}

TEST_F(RetentionTest, NothingIsRecordedWhereNothingIsToGo) {
  call();
  later(2);
  ASSERT_EQ(retain_older_than(1).bodies, 2u);
  const std::uint64_t before = world.log->head().size;
  for (int i = 0; i < 3; ++i) {
    later(2);  // by then the entry of retention itself is old
    EXPECT_EQ(retain_older_than(1).bodies, 0u);
  }
  EXPECT_EQ(world.log->head().size, before);
}

TEST_F(RetentionTest, ALongStretchWithoutBodiesIsLookedAtOnce) {
  for (int i = 0; i < 5'000; ++i) world.append_other();
  const std::string behind = call();
  later(2);
  EXPECT_EQ(retain_older_than(1).bodies, 2u);
  EXPECT_TRUE(read(behind).result_let_go);
  for (int i = 0; i < 5'000; ++i) world.append_other();
  later(2);
  const std::uint64_t before = world.log->head().size;
  EXPECT_EQ(retain_older_than(1).bodies, 0u);
  EXPECT_EQ(world.log->head().size, before);
  EXPECT_GT(world.state().looked.inputs, Position(9'000));
  EXPECT_EQ(world.verify().first_bad, 0u);
}

TEST_F(RetentionTest, ACallThatHasNotEndedKeepsWhatCameAfterItsBeginning) {
  const std::string before = call();
  const std::string open = world.append_call("\"in\"", "", false);
  const std::string after = call();
  later(2);
  RetainReport report = retain_older_than(1);
  EXPECT_EQ(report.held_by, open);
  EXPECT_TRUE(read(before).result_let_go);
  EXPECT_EQ(read(open).body.input, "\"in\"");
  EXPECT_EQ(read(after).body.result, "\"small\"");
  world.end_call(open, "\"out\"");
  report = retain_older_than(1);
  EXPECT_EQ(report.held_by, "");
  EXPECT_TRUE(read(open).input_let_go);
  EXPECT_EQ(read(open).body.result, "\"out\"") << "it ended just now";
}

TEST_F(RetentionTest, NeverPassesTheSlowestCursorNorADeadLetter) {
  for (int i = 0; i < 4; ++i) call();  // rows at 1, 3, 5, 7
  advance("handler/notes", Position(6));
  advance("handler/notes/old-stream", Position(1));  // its pack has dealt with more since
  advance("uplink/sidecar", Position(2));            // there is no uplink
  later(2);
  EXPECT_EQ(retain_older_than(1).held_by, "the cursor handler/notes");
  EXPECT_EQ(world.state().recorded.inputs, Position(6));
  advance("handler/notes", Position(8));
  ASSERT_TRUE(log::Cursor(*world.log, "handler/notes").dead_letter(Position(7), "failed").ok());
  world.commit();
  EXPECT_EQ(retain_older_than(1).held_by, "a dead letter of handler/notes");
  EXPECT_EQ(world.state().recorded.inputs, Position(6));
  ASSERT_TRUE(log::Cursor(*world.log, "handler/notes").redrive(Position(7)).ok());
  ASSERT_TRUE(world.log->put(kOutboxTable, kOutboxSwitch, encode(OutboxSwitch{true, {}, {}, {}})).ok());
  world.commit();
  EXPECT_EQ(retention_limit(*world.log)->held_by, "the cursor uplink/sidecar");
}

TEST_F(RetentionTest, ABlobStaysUntilNothingNamesIt) {
  const std::string big = RetentionWorld::text_of('x', 70'000);
  world.append_call(big, "\"a\"");
  later(2);
  const std::string second = world.append_call("\"b\"", big);
  EXPECT_EQ(retain_older_than(1).blobs, 0u);
  EXPECT_EQ(world.blob_files().size(), 1u);
  EXPECT_EQ(read(second).body.result, big);
  later(2);
  const RetainReport report = retain_older_than(1);
  EXPECT_EQ(report.blobs, 1u);
  EXPECT_GT(report.bytes, 70'000u);
  EXPECT_TRUE(world.blob_files().empty());
  EXPECT_TRUE(world.log->tables().scan(kBlobUsesTable, "", "", 10)->empty());
  const std::string third = world.append_call(big, "\"c\"");
  EXPECT_EQ(read(third).body.input, big) << "written again";
}

TEST_F(RetentionTest, BlobsOfAJournalThatNeverNotedThemAreCountedFirst) {
  const std::string big = RetentionWorld::text_of('x', 70'000);
  world.append_call(big, "\"a\"");
  later(2);
  world.append_call("\"b\"", big);
  // As a version without retention left it.
  for (const std::string_view table : {kBlobUsesTable, kRetentionTable}) {
    const std::vector<log::KeyValue> rows = *world.log->tables().scan(table, "", "", 10);
    for (const log::KeyValue& row : rows) ASSERT_TRUE(world.log->erase(table, row.key).ok());
  }
  world.commit();
  EXPECT_EQ(retain_older_than(1).blobs, 0u);
  EXPECT_EQ(world.blob_files().size(), 1u);
  EXPECT_TRUE(world.state().counted());
  later(2);
  EXPECT_EQ(retain_older_than(1).blobs, 1u);
}

TEST_F(RetentionTest, BlobsWaitWhileABackupIsWritten) {
  world.append_call(RetentionWorld::text_of('x', 70'000), "\"a\"");
  later(2);
  const auto free = std::exchange(
      world.lock, [] { return Result<std::unique_ptr<FileLock>>(Error(ErrorCode::kWorkspaceLocked, "a backup")); });
  EXPECT_EQ(retain_older_than(1).blobs, 0u);
  EXPECT_EQ(world.blob_files().size(), 1u);
  world.lock = free;
  EXPECT_EQ(retain_older_than(1).blobs, 1u);
}

TEST_F(RetentionTest, EveryProofHoldsAfterIt) {
  for (int i = 0; i < 12; ++i) call();
  later(2);
  const std::uint64_t before = world.log->head().size;
  const log::Head head = world.log->head();
  ASSERT_GT(retain_older_than(1).bodies, 0u);
  ASSERT_EQ(world.state().done.inputs, Position(before));
  const log::VerifyReport report = *log::verify_all(*world.log, std::span(&head, 1));
  EXPECT_TRUE(report.intact) << report.what;
  const std::uint64_t size = world.log->head().size;
  for (std::uint64_t to = 1; to <= size; ++to) {
    for (std::uint64_t at = 1; at <= to; ++at) {
      const auto proof = prove_entry(*world.log, Position(at), to, world.key);
      ASSERT_TRUE(proof.ok() && check_proof(*proof, world.key.public_key).ok()) << at << " of " << to;
      const auto growth = prove_growth(*world.log, at, to, world.key);
      ASSERT_TRUE(growth.ok() && check_proof(*growth, world.key.public_key).ok()) << at << " to " << to;
    }
  }
}

// --- what nobody let go of ---

class MissingBody : public RetentionTest {
 protected:
  std::string verdict() {
    const BodiesReport report = world.verify();
    return report.first_bad == 0 ? "" : std::to_string(report.first_bad) + ": " + report.what;
  }
  void drop(Position row) {
    ASSERT_TRUE(world.log->replace_body(row, "").ok());
    world.commit();
  }
  // Somebody who can write the file, and has no key.
  void append_entry(json::Object entry) {
    ASSERT_TRUE(world.log->append({{*json::canonical(json::Value(std::move(entry)))}, {}}).ok());
    world.commit();
  }
};

TEST_F(MissingBody, IsMissingWhereNoCutCoversIt) {
  call();
  later(2);
  const std::string young = call();
  retain_older_than(1);
  ASSERT_EQ(verdict(), "");
  drop(Position(3));
  EXPECT_EQ(verdict().substr(0, 3), "3: ");
  EXPECT_NE(verdict().find("no retention let it go"), std::string::npos);
  const auto read = Reader(*world.log, *world.blobs).call(ReceiptId(young));
  EXPECT_FALSE(read.ok());
  EXPECT_EQ(read.error().code(), ErrorCode::kJournalDamaged);
}

TEST_F(MissingBody, AForgedCutIsFound) {
  call();
  call();
  const Cut all{Position(4), Position(4)};
  const std::string genuine = signed_cut(all, {world.now, world.now}, "log-a", world.now, world.key);
  const json::Object entry = json::parse(genuine)->as_object();
  drop(Position(1));
  // Told by the table alone: nothing stands there.
  ASSERT_TRUE(record_cut(*world.log, {all, all, false, {}}, genuine).ok());
  world.log->rollback();
  EXPECT_EQ(verdict().substr(0, 3), "1: ");

  json::Object further = entry;
  further.set("inputs_to", 5), further.set("outputs_to", 4);
  json::Object unsigned_entry = entry;
  unsigned_entry.erase("signature");
  json::Object foreign =
      json::parse(signed_cut(all, {world.now, world.now}, "log-b", world.now, world.key))->as_object();
  json::Object by_another =
      json::parse(signed_cut(all, {world.now, world.now}, "log-a", world.now, ed25519_from_seed(std::string(32, 'z'))))
          ->as_object();
  for (const json::Object& forged : {further, unsigned_entry, foreign, by_another}) {
    RetentionWorld other;
    other.append_call("\"a\"", "\"a\"");
    other.append_call("\"a\"", "\"a\"");
    ASSERT_TRUE(record_cut(*other.log, {all, all, false, {}}, *json::canonical(json::Value(forged))).ok());
    ASSERT_TRUE(other.log->replace_body(Position(1), "").ok());
    other.commit();
    EXPECT_EQ(other.verify().first_bad, 5u) << other.verify().what;
    EXPECT_NE(other.verify().what.find("retention"), std::string::npos);
  }
  RetentionWorld honest;
  honest.append_call("\"a\"", "\"a\"");
  honest.append_call("\"a\"", "\"a\"");
  ASSERT_TRUE(record_cut(*honest.log, {all, all, false, {}}, genuine).ok());
  ASSERT_TRUE(honest.log->replace_body(Position(1), "").ok());
  honest.commit();
  EXPECT_EQ(honest.verify().first_bad, 0u) << honest.verify().what;
}

TEST_F(MissingBody, ACutDoesNotCoverItself) {
  call();
  const std::string entry =
      signed_cut({Position(3), Position(3)}, {world.now, world.now}, "log-a", world.now, world.key);
  append_entry(json::parse(entry)->as_object());
  EXPECT_EQ(verdict().substr(0, 3), "3: ");
}

}  // namespace
}  // namespace lumenflow::journal
