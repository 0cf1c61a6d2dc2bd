#include "uplink/source.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "event/stream_intake.h"
#include "journal/tables.h"

namespace lumenflow::uplink {
namespace {

constexpr std::uint64_t kGapReadThrough = 16;  // entries between two wanted ones that are cheaper read than sought

class JournalSource final : public Source {
 public:
  explicit JournalSource(const log::Log& log) : log_(log) {}

  Position end() const override { return Position(log_.head().size); }

  Result<OutboxView> view() const override {
    const log::Head head = log_.head();  // before the tables: they know at least as much
    LUMENFLOW_TRY_ASSIGN(const auto tables, log_.snapshot());
    OutboxView view{
        .log_id = head.log_id, .end = Position(head.size), .state = {}, .streams = {}, .dropped = {}, .inbound = {}};
    LUMENFLOW_TRY_ASSIGN(view.state, journal::outbox_switch(*tables));
    LUMENFLOW_TRY_ASSIGN(view.streams, journal::outbox_streams(*tables));
    LUMENFLOW_TRY_ASSIGN(view.dropped, journal::dropped_ephemerals(*tables));
    LUMENFLOW_TRY_ASSIGN(view.inbound, journal::inbound_at(*tables));
    return view;
  }

  Result<Tail> tail(Position after, std::size_t entries_max) const override {
    LUMENFLOW_TRY_ASSIGN(const auto rows, log_.read(after, entries_max));
    Tail tail{after, {}};
    for (const log::StoredRow& row : rows) {
      Position at = row.first;
      for (const std::string& entry : row.entries) {
        if (at > after) {
          LUMENFLOW_TRY_ASSIGN(auto emitted, journal::read_emitted(entry));
          if (emitted) tail.events.push_back({at, *std::move(emitted), std::string(journal::envelope_text(entry))});
          tail.last = at;
        }
        at = at.next();
      }
    }
    return tail;
  }

  Result<Backlog> backlog(std::string_view stream, Position after, Position through, std::size_t events_max,
                          std::size_t bytes_max) const override {
    LUMENFLOW_TRY_ASSIGN(auto rows, items(stream, after, events_max + 1));
    while (!rows.empty() && rows.back().position > through) rows.pop_back();
    Backlog backlog;
    std::size_t bytes = 0;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (i == events_max || (i > 0 && bytes + rows[i].event.bytes > bytes_max)) {
        rows.resize(i);
        backlog.more = true;
        break;
      }
      bytes += rows[i].event.bytes;
    }
    LUMENFLOW_TRY(read_entries(rows, backlog));
    return backlog;
  }

  Result<std::vector<journal::OutboxItem>> items(std::string_view stream, Position after,
                                                 std::size_t limit) const override {
    LUMENFLOW_TRY_ASSIGN(const auto tables, log_.snapshot());
    return journal::pending_events(*tables, stream, after, limit);
  }

  Result<journal::StreamHead> head(std::string_view stream) const override {
    LUMENFLOW_TRY_ASSIGN(const auto tables, log_.snapshot());
    LUMENFLOW_TRY_ASSIGN(const auto value, tables->get(journal::kStreamsTable, stream));
    if (!value) return journal::StreamHead();
    const auto head = journal::decode_stream_head(*value);
    if (!head)
      return Error(ErrorCode::kJournalDamaged, "the head of stream '" + std::string(stream) + "' is malformed");
    return *head;
  }

  Result<bool> had_root(std::uint64_t size, const Hash256& root) const override {
    if (size > log_.head().size) return false;
    LUMENFLOW_TRY_ASSIGN(const Hash256 ours, log_.root_at(size));
    return ours == root;
  }

 private:
  // The entries of these items: near ones with one read, across what lies between.
  Status read_entries(const std::vector<journal::OutboxItem>& items, Backlog& backlog) const {
    for (std::size_t i = 0; i < items.size();) {
      const journal::OutboxItem& item = items[i];
      if (!item.tombstone.empty()) {
        backlog.events.push_back({item.position, item.event.seq, item.event.queue_seq,
                                  event::tombstone_text(item.event.seq, item.event.queue_seq, item.tombstone)});
        ++i;
        continue;
      }
      std::size_t last = i;
      while (last + 1 < items.size() && items[last + 1].tombstone.empty() &&
             items[last + 1].position.value() - items[last].position.value() <= kGapReadThrough)
        ++last;
      const std::size_t before = i;
      LUMENFLOW_TRY_ASSIGN(i, read_run(items, i, last, backlog));
      if (i == before) return Error(ErrorCode::kJournalDamaged, "a pending event is not in the journal");
    }
    return {};
  }

  // Takes of items [first, last] what one read gives; says where to go on.
  Result<std::size_t> read_run(const std::vector<journal::OutboxItem>& items, std::size_t first, std::size_t last,
                               Backlog& backlog) const {
    const std::uint64_t from = items[first].position.value(), to = items[last].position.value();
    LUMENFLOW_TRY_ASSIGN(const auto rows, log_.read(Position(from - 1), to - from + 1));
    for (const log::StoredRow& row : rows) {
      for (; first <= last; ++first) {
        const journal::OutboxItem& item = items[first];
        const std::uint64_t index = item.position.value() - row.first.value();
        if (item.position < row.first || index >= row.entries.size()) break;
        const std::string_view text = journal::envelope_text(row.entries[index]);
        if (text.empty()) return Error(ErrorCode::kJournalDamaged, "a pending event is no event");
        backlog.events.push_back({item.position, item.event.seq, item.event.queue_seq, std::string(text)});
      }
    }
    return first;
  }

  const log::Log& log_;
};

}  // namespace

std::unique_ptr<Source> make_journal_source(const log::Log& log) { return std::make_unique<JournalSource>(log); }

}  // namespace lumenflow::uplink
