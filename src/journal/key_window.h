// Keys remembered for a window of time, however many there are: key -> a few bytes, durable, in bounded memory.
//
// The newest keys are in memory by fingerprint. Every `segment_keys` of them are sealed into a segment: an index on
// disk and a small filter, which is durable too and stays in memory while there is room. So a key that was never seen
// costs no read for all segments whose filter is in memory, and one read for each of the others; opening reads the
// newest keys' fingerprints and one short row a segment. A segment is dropped whole when its last key has expired.
//
// All writes belong to the Log's open batch; after a batch was rolled back, load() again. One thread: the Log's writer.
// docs/formats/journal.md has the bytes.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "base/sha256.h"
#include "base/time.h"
#include "journal/key_filter.h"
#include "journal/recent_keys.h"
#include "log/log.h"

namespace lumenflow::journal {

struct KeyTables {
  std::string_view records;
  std::string_view index;
};

// How many of what. The stored form depends on the first two.
struct KeyWindowShape {
  std::size_t segment_keys = 65'536;  // a power of two, 64 to 65,536
  std::size_t run_keys = 1'024;       // divides segment_keys; so many records at most are read when it is opened
  std::size_t filters_max = 128;      // in memory; 128 KiB each
};

class KeyWindow {
 public:
  KeyWindow(log::Log& log, KeyTables tables, KeyWindowShape shape = {});

  // JOURNAL_DAMAGED; UNSUPPORTED_FORMAT when a newer version wrote it.
  Status load();
  // What was put under this key and has not expired, also in the batch that is open.
  Result<std::optional<std::string>> find(const Hash256& key, Timestamp now);
  // The caller has made sure that the key is not there.
  Status put(const Hash256& key, std::string_view value, Timestamp expires);
  // Drops what has expired: a bounded number of rows, but more than were put since the last time.
  Status expire(Timestamp now);

  struct Held {  // in memory
    std::size_t recent_keys;
    std::size_t segments;
    std::size_t filters;
  };
  Held held() const { return {recent_.size(), segments_.size(), filters_held_}; }

 private:
  struct Segment {
    std::uint64_t first;  // ordinal of its first key
    Timestamp expires;    // of the last of its keys to expire
    std::optional<KeyFilter> filter;
  };
  Status load_segments();
  Status load_recent();
  Status put_header();
  Status put_run();
  Status seal();
  Status put_segment_index(const KeyFilter& filter);
  Status drop_oldest();
  Result<std::size_t> sweep(std::string_view table, std::string_view prefix, std::size_t limit);
  Result<bool> may_hold(Segment& segment, std::uint64_t fingerprint, bool& loaded_one);
  Result<std::optional<std::string>> find_in(const Segment& segment, const Hash256& key, Timestamp now) const;
  Result<std::optional<std::string>> live_record(std::uint64_t ordinal, const Hash256& key, Timestamp now) const;
  std::uint64_t bucket_of(std::uint64_t fingerprint) const;
  void keep_filters_within_limit();
  // Ordinals before this one are of nobody any more.
  std::uint64_t first_live() const { return segments_.empty() ? recent_first_ : segments_.front().first; }

  log::Log& log_;
  const KeyTables tables_;
  const KeyWindowShape shape_;
  std::deque<Segment> segments_;  // oldest first
  std::size_t filters_held_ = 0;
  RecentKeys recent_;
  std::uint64_t recent_first_ = 0;  // ordinal of the first of them
  Timestamp recent_expires_;        // of the last of them to expire
  bool has_header_ = false;
  bool sweeping_ = true;  // rows of dropped segments may be left
  std::size_t puts_since_expire_ = 0;
};

}  // namespace lumenflow::journal
