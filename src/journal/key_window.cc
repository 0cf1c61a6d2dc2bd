#include "journal/key_window.h"

#include <algorithm>
#include <bit>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/encoding.h"
#include "journal/tables.h"

namespace lumenflow::journal {
namespace {

constexpr char kWindowFormat = 1;
// First byte of a key of the index table.
constexpr std::string_view kHeader = "h", kSegment = "s", kFilter = "f", kIndex = "i", kRun = "r";
constexpr std::size_t kKeysPerBucket = 64;    // so a bucket's row fits into a page several times
constexpr std::size_t kIndexEntryBytes = 10;  // fingerprint, offset
constexpr std::size_t kSweptMin = 8;
constexpr std::size_t kKeysPerPage = 256;

std::uint64_t fingerprint_of(const Hash256& key) { return *from_big_endian(as_chars(key).substr(0, 8)); }

std::string row_key(std::string_view kind, std::uint64_t first) { return std::string(kind) + big_endian(first); }

std::string index_key(std::uint64_t first, std::uint64_t bucket) {
  return row_key(kIndex, first) + static_cast<char>(bucket >> 8) + static_cast<char>(bucket & 0xff);
}

std::string encode_time(Timestamp at) { return big_endian(static_cast<std::uint64_t>(at.ms)); }

Timestamp time_at(std::string_view bytes) { return {static_cast<std::int64_t>(*from_big_endian(bytes.substr(0, 8)))}; }

Error malformed(std::string_view what) {
  return Error(ErrorCode::kJournalDamaged, "idempotency keys: " + std::string(what) + " is malformed");
}

}  // namespace

KeyWindow::KeyWindow(log::Log& log, KeyTables tables, KeyWindowShape shape)
    : log_(log), tables_(tables), shape_(shape) {
  LUMENFLOW_CHECK(std::has_single_bit(shape.segment_keys) && shape.segment_keys >= kKeysPerBucket &&
                  shape.segment_keys <= 65'536 && shape.segment_keys % shape.run_keys == 0);
}

Status KeyWindow::load() {
  segments_.clear();
  filters_held_ = 0;
  recent_.clear();
  recent_first_ = 0;
  recent_expires_ = {};
  sweeping_ = true;
  puts_since_expire_ = 0;
  LUMENFLOW_TRY_ASSIGN(const auto header, log_.tables().get(tables_.index, kHeader));
  has_header_ = header.has_value();
  if (!has_header_) return {};
  if (header->empty() || header->front() < kWindowFormat) return malformed("their header");
  if (header->front() > kWindowFormat)
    return Error(ErrorCode::kUnsupportedFormat, "idempotency keys: a newer version of the program wrote them");
  if (header->size() != 9) return malformed("their header");
  recent_first_ = *from_big_endian(std::string_view(*header).substr(1));
  LUMENFLOW_TRY(load_segments());
  return load_recent();
}

Status KeyWindow::load_segments() {
  for (std::string after;;) {
    LUMENFLOW_TRY_ASSIGN(const auto rows, log_.tables().scan(tables_.index, kSegment, after, kKeysPerPage));
    for (const log::KeyValue& row : rows) {
      const auto first = from_big_endian(std::string_view(row.key).substr(1));
      const bool follows = segments_.empty() || first == segments_.back().first + shape_.segment_keys;
      if (!first || !follows || row.value.size() != 8) return malformed("a segment");
      segments_.push_back({*first, time_at(row.value), std::nullopt});
    }
    if (rows.size() == kKeysPerPage) {
      after = rows.back().key;
      continue;
    }
    if (!segments_.empty() && segments_.back().first + shape_.segment_keys != recent_first_)
      return malformed("the last segment");
    return {};
  }
}

// Most are read as runs of fingerprints, the last few as the records themselves.
Status KeyWindow::load_recent() {
  const std::size_t runs_max = shape_.segment_keys / shape_.run_keys;
  LUMENFLOW_TRY_ASSIGN(const auto runs, log_.tables().scan(tables_.index, kRun, "", runs_max));
  for (const log::KeyValue& run : runs) {
    if (run.key != row_key(kRun, recent_first_ + recent_.size()) || run.value.size() != 8 * (shape_.run_keys + 1))
      return malformed("a run");
    recent_expires_ = std::max(recent_expires_, time_at(run.value));
    for (std::size_t at = 8; at < run.value.size(); at += 8)
      recent_.add(*from_big_endian(std::string_view(run.value).substr(at, 8)));
  }
  const std::uint64_t next = recent_first_ + recent_.size();
  const std::string after = next == 0 ? std::string() : big_endian(next - 1);
  LUMENFLOW_TRY_ASSIGN(const auto records, log_.tables().scan(tables_.records, "", after, shape_.run_keys));
  if (records.size() == shape_.run_keys) return malformed("the end");
  for (const log::KeyValue& record : records) {
    if (record.key != big_endian(recent_first_ + recent_.size()) || record.value.size() < 40)
      return malformed("a record");
    recent_expires_ = std::max(recent_expires_, time_at(std::string_view(record.value).substr(32)));
    recent_.add(*from_big_endian(std::string_view(record.value).substr(0, 8)));
  }
  return {};
}

Result<std::optional<std::string>> KeyWindow::find(const Hash256& key, Timestamp now) {
  const std::uint64_t fingerprint = fingerprint_of(key);
  for (const std::uint32_t offset : recent_.offsets_of(fingerprint)) {
    LUMENFLOW_TRY_ASSIGN(auto found, live_record(recent_first_ + offset, key, now));
    if (found) return found;
  }
  bool loaded_one = false;
  for (auto segment = segments_.rbegin(); segment != segments_.rend(); ++segment) {
    if (segment->expires <= now) continue;
    LUMENFLOW_TRY_ASSIGN(const bool possible, may_hold(*segment, fingerprint, loaded_one));
    if (!possible) continue;
    LUMENFLOW_TRY_ASSIGN(auto found, find_in(*segment, key, now));
    if (found) return found;
  }
  return std::optional<std::string>();
}

// Without its filter a segment is asked through its index. After a start the filters come back one with each look-up.
Result<bool> KeyWindow::may_hold(Segment& segment, std::uint64_t fingerprint, bool& loaded_one) {
  if (!segment.filter && !loaded_one && filters_held_ < shape_.filters_max) {
    loaded_one = true;
    LUMENFLOW_TRY_ASSIGN(const auto bytes, log_.tables().get(tables_.index, row_key(kFilter, segment.first)));
    if (bytes) segment.filter = KeyFilter::from_bytes(shape_.segment_keys, *bytes);
    if (!segment.filter) return malformed("a filter");
    ++filters_held_;
  }
  return !segment.filter || segment.filter->may_hold(fingerprint);
}

Result<std::optional<std::string>> KeyWindow::find_in(const Segment& segment, const Hash256& key, Timestamp now) const {
  const std::string_view fingerprint = as_chars(key).substr(0, 8);
  const std::string row_at = index_key(segment.first, bucket_of(fingerprint_of(key)));
  LUMENFLOW_TRY_ASSIGN(const auto row, log_.tables().get(tables_.index, row_at));
  if (!row) return std::optional<std::string>();
  if (row->size() % kIndexEntryBytes != 0) return malformed("an index row");
  for (std::string_view rest = *row; !rest.empty(); rest.remove_prefix(kIndexEntryBytes)) {
    if (rest.substr(0, 8) != fingerprint) continue;
    const auto offset =
        static_cast<std::uint64_t>(static_cast<std::uint8_t>(rest[8]) << 8 | static_cast<std::uint8_t>(rest[9]));
    LUMENFLOW_TRY_ASSIGN(auto found, live_record(segment.first + offset, key, now));
    if (found) return found;
  }
  return std::optional<std::string>();
}

Result<std::optional<std::string>> KeyWindow::live_record(std::uint64_t ordinal, const Hash256& key,
                                                          Timestamp now) const {
  LUMENFLOW_TRY_ASSIGN(auto record, log_.tables().get(tables_.records, big_endian(ordinal)));
  if (!record || record->size() < 40) return malformed("a record");
  const std::string_view bytes = *record;
  if (bytes.substr(0, 32) != as_chars(key) || time_at(bytes.substr(32)) <= now) return std::optional<std::string>();
  return std::optional(record->substr(40));
}

Status KeyWindow::put(const Hash256& key, std::string_view value, Timestamp expires) {
  if (!has_header_) LUMENFLOW_TRY(put_header());
  std::string record;
  record.reserve(40 + value.size());
  record.append(as_chars(key)).append(encode_time(expires)).append(value);
  LUMENFLOW_TRY(log_.put(tables_.records, big_endian(recent_first_ + recent_.size()), record));
  recent_.add(fingerprint_of(key));
  recent_expires_ = std::max(recent_expires_, expires);
  ++puts_since_expire_;
  if (recent_.size() == shape_.segment_keys) return seal();
  if (recent_.size() % shape_.run_keys == 0) return put_run();
  return {};
}

Status KeyWindow::put_header() {
  has_header_ = true;
  return log_.put(tables_.index, kHeader, std::string(1, kWindowFormat) + big_endian(recent_first_));
}

Status KeyWindow::put_run() {
  const std::size_t from = recent_.size() - shape_.run_keys;
  std::string run = encode_time(recent_expires_);
  run.reserve(8 * (shape_.run_keys + 1));
  for (std::size_t i = from; i < recent_.size(); ++i) run += big_endian(recent_.fingerprints()[i]);
  return log_.put(tables_.index, row_key(kRun, recent_first_ + from), run);
}

// All of it in the batch that is open, so it is there with the key that filled the segment, or not at all.
Status KeyWindow::seal() {
  KeyFilter filter(shape_.segment_keys);
  for (const std::uint64_t fingerprint : recent_.fingerprints()) filter.add(fingerprint);
  LUMENFLOW_TRY(put_segment_index(filter));
  for (std::size_t run = 0; run + shape_.run_keys < shape_.segment_keys; run += shape_.run_keys)
    LUMENFLOW_TRY(log_.erase(tables_.index, row_key(kRun, recent_first_ + run)));
  segments_.push_back({recent_first_, recent_expires_, std::move(filter)});
  ++filters_held_;
  keep_filters_within_limit();
  recent_first_ += shape_.segment_keys;
  recent_.clear();
  recent_expires_ = {};
  return put_header();
}

Status KeyWindow::put_segment_index(const KeyFilter& filter) {
  std::vector<std::pair<std::uint64_t, std::uint32_t>> sorted;
  sorted.reserve(recent_.size());
  for (std::uint32_t offset = 0; offset < recent_.size(); ++offset)
    sorted.emplace_back(recent_.fingerprints()[offset], offset);
  std::sort(sorted.begin(), sorted.end());
  std::string row;
  for (auto it = sorted.begin(); it != sorted.end();) {
    const std::uint64_t bucket = bucket_of(it->first);
    row.clear();
    for (; it != sorted.end() && bucket_of(it->first) == bucket; ++it) {
      row += big_endian(it->first);
      row += static_cast<char>(it->second >> 8);
      row += static_cast<char>(it->second & 0xff);
    }
    LUMENFLOW_TRY(log_.put(tables_.index, index_key(recent_first_, bucket), row));
  }
  LUMENFLOW_TRY(log_.put(tables_.index, row_key(kFilter, recent_first_), filter.bytes()));
  return log_.put(tables_.index, row_key(kSegment, recent_first_), encode_time(recent_expires_));
}

std::uint64_t KeyWindow::bucket_of(std::uint64_t fingerprint) const {
  const int bits = std::countr_zero(shape_.segment_keys / kKeysPerBucket);
  return bits == 0 ? 0 : fingerprint >> (64 - bits);
}

void KeyWindow::keep_filters_within_limit() {
  for (auto oldest = segments_.begin(); filters_held_ > shape_.filters_max; ++oldest) {
    if (!oldest->filter) continue;
    oldest->filter.reset();
    --filters_held_;
  }
}

// A dropped segment's rows are swept up a few at a time, by ordinal, so that no commit has to carry all of them and a
// crash in between leaves nothing that another run would not find.
Status KeyWindow::expire(Timestamp now) {
  const std::size_t limit = kSweptMin + 2 * std::exchange(puts_since_expire_, 0);
  if (!segments_.empty() && segments_.front().expires <= now) LUMENFLOW_TRY(drop_oldest());
  if (!sweeping_) return {};
  LUMENFLOW_TRY_ASSIGN(const std::size_t records, sweep(tables_.records, "", limit));
  LUMENFLOW_TRY_ASSIGN(const std::size_t rows, sweep(tables_.index, kIndex, limit));
  sweeping_ = records + rows > 0;
  return {};
}

Status KeyWindow::drop_oldest() {
  const Segment& oldest = segments_.front();
  LUMENFLOW_TRY(log_.erase(tables_.index, row_key(kSegment, oldest.first)));
  LUMENFLOW_TRY(log_.erase(tables_.index, row_key(kFilter, oldest.first)));
  if (oldest.filter) --filters_held_;
  segments_.pop_front();
  sweeping_ = true;
  return {};
}

// Erases rows of the lowest ordinals while they are of nobody; how many.
Result<std::size_t> KeyWindow::sweep(std::string_view table, std::string_view prefix, std::size_t limit) {
  LUMENFLOW_TRY_ASSIGN(const auto rows, log_.tables().scan(table, prefix, "", limit));
  std::size_t erased = 0;
  for (const log::KeyValue& row : rows) {
    const auto ordinal = from_big_endian(std::string_view(row.key).substr(prefix.size()).substr(0, 8));
    if (!ordinal) return malformed("a key");
    if (*ordinal >= first_live()) break;
    LUMENFLOW_TRY(log_.erase(table, row.key));
    ++erased;
  }
  return erased;
}

}  // namespace lumenflow::journal
