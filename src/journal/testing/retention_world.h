// A Log of calls with stored inputs and outputs, and retention over it that can be killed at any step. For tests.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/encoding.h"
#include "base/random.h"
#include "base/ulid.h"
#include "journal/call_row.h"
#include "journal/entry.h"
#include "journal/reader.h"
#include "journal/retain.h"
#include "journal/tables.h"
#include "log/memory_log.h"

namespace lumenflow::journal {

class RetentionWorld {
 public:
  static constexpr Timestamp kNoon{1'772'366'400'000};

  explicit RetentionWorld(std::unique_ptr<log::Log> made = log::make_memory_log("log-a")) : log(std::move(made)) {
    EXPECT_TRUE(files->make_directories("/blobs").ok());
    restart();
    EXPECT_TRUE(begin_retention(*log).ok());
    commit();
  }

  void commit() {
    const Status done = log->commit();
    ASSERT_TRUE(done.ok()) << done.error().to_string();
  }
  // What a process that begins knows: only what is stored.
  void restart() { blobs.emplace(*files, "/blobs"); }

  static std::string text_of(char letter, std::size_t size) { return "\"" + std::string(size, letter) + "\""; }

  // A call in one row; its receipt. Not ended: only its beginning.
  std::string append_call(const std::string& input, const std::string& output, bool ended = true) {
    const Ulid ulid = make_ulid(now, random.draw16());
    const std::string receipt = "rcpt-" + ulid.str();
    CallRequested requested;
    requested.receipt = receipt, requested.ts = now;
    requested.subject = "agent:a", requested.tool = "notes:create";
    requested.input_hash = sha256(input);
    log::Row row;
    row.entries.push_back(encode(requested));
    if (ended) row.entries.push_back(finished(receipt, output));
    row.body = *encode_body({input, ended ? output : std::string()}, *blobs);
    const Position at = append(std::move(row));
    put_places(receipt, {at, ended ? at : Position(0)});
    commit();
    return receipt;
  }
  void end_call(const std::string& receipt, const std::string& output) {
    const Position at = append({{finished(receipt, output)}, *encode_body({{}, output}, *blobs)});
    const auto found = *log->tables().get(kCallsTable, *call_key(ReceiptId(receipt)));
    put_places(receipt, {decode_call_places(*found)->requested, at});
    commit();
  }
  void append_other() {
    const WorkspaceChanged entry{"opened", now, "", "1"};
    append({{encode(entry)}, {}});
    commit();
  }

  RetainPorts ports() {
    return {*log,
            *blobs,
            key,
            [this](const auto& make) { return change(make); },
            [] { return true; },
            [this] { return lock(); }};
  }
  Result<RetainReport> retain_before(Timestamp before) { return retain(ports(), {before, before}, now); }
  // As of the writer's thread: all of the change or nothing, durable on return. `around`: told before it and after.
  std::function<bool(bool before)> around;
  Status change(const std::function<Status(log::Log&)>& make) {
    if (around && !around(true)) return killed();
    Status done = make(*log);
    if (done.ok()) done = log->commit();
    if (!done.ok()) log->rollback();
    return around && !around(false) ? killed() : done;
  }
  static Status killed() { return Error(ErrorCode::kCancelled, "killed"); }
  std::function<Result<std::unique_ptr<FileLock>>()> lock = []() -> Result<std::unique_ptr<FileLock>> {
    return std::unique_ptr<FileLock>();
  };

  RetentionState state() { return *retention_state(log->tables()); }
  BodiesReport verify() {
    const Result<BodiesReport> report = verify_bodies(*log, *blobs, key.public_key);
    EXPECT_TRUE(report.ok());
    return report.ok() ? *report : BodiesReport();
  }
  std::vector<std::string> blob_files() {
    std::vector<std::string> names;
    const std::vector<std::string> folders = *files->list("/blobs");
    for (const std::string& folder : folders) {
      const std::vector<std::string> inside = *files->list("/blobs/" + folder);
      names.insert(names.end(), inside.begin(), inside.end());
    }
    return names;
  }
  std::unique_ptr<Files> files = make_memory_files();
  std::unique_ptr<log::Log> log;
  std::optional<BlobStore> blobs;
  SeededRandom random{7};
  Timestamp now = kNoon;
  const Ed25519KeyPair key = ed25519_from_seed(std::string(32, 'k'));

 private:
  std::string finished(const std::string& receipt, const std::string& output) const {
    CallFinished entry;
    entry.receipt = receipt, entry.ts = now;
    entry.decided_by = "tool";
    entry.output_hash = sha256(output);
    return encode(entry);
  }
  Position append(log::Row row) {
    const std::string body = row.body;
    const Result<Position> at = log->append(std::move(row));
    EXPECT_TRUE(at.ok());
    EXPECT_TRUE(note_blobs(*log, *at, body).ok());
    return *at;
  }
  void put_places(const std::string& receipt, const CallPlaces& places) {
    EXPECT_TRUE(log->put(kCallsTable, *call_key(ReceiptId(receipt)), encode(places)).ok());
  }
};

}  // namespace lumenflow::journal
