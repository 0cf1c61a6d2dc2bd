"""A whole journal: an export (one JSON object a line, as `audit export` writes it without a choice), or its database."""

import collections
import hashlib
import os
import sqlite3

import cut
import strict_json
import tree
from failure import Failure

Item = collections.namedtuple("Item", "position leaf entry")  # the stated leaf (None: not stated), the entry's bytes
Report = collections.namedtuple("Report", "entries confirmed bodies let_go cut root")

INLINE, BLOB = 0, 1


def _exported(path):
    with open(path, encoding="utf-8") as file:
        for line in file:
            item = strict_json.parse(line)
            try:
                position, stated, entry = item["position"], bytes.fromhex(item["leaf_hash"]), item["entry"]
            except (TypeError, KeyError, ValueError):
                raise Failure("a line is not {position, leaf_hash, entry}") from None
            yield Item(position, stated, strict_json.canonical(entry).encode())


def _varint(data, at):
    value = shift = 0
    while True:
        if at >= len(data) or shift > 63:
            raise Failure("a row is cut short")
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at


def _row(position, data):
    """docs/formats/log.md, "Row"."""
    if not data or data[0] != 1:
        raise Failure("a row of an unknown format", position)
    count, at = _varint(data, 1)
    items = []
    for i in range(count):
        size, at = _varint(data, at)
        if size == 0 or at + 32 + size > len(data):
            raise Failure("a row is cut short", position + i)
        items.append(Item(position + i, data[at : at + 32], data[at + 32 : at + 32 + size]))
        at += 32 + size
    if at != len(data) or not items:
        raise Failure("a row has bytes after its last entry, or none at all", position)
    return items


def _parts(body):
    """docs/formats/journal.md, "The body beside a row": the input and the result, each (tag, bytes)."""
    parts, at = [], 0
    while at < len(body):
        size = int.from_bytes(body[at + 1 : at + 5], "big")
        parts.append((body[at], body[at + 5 : at + 5 + size]))
        at += 5 + size
    if at != len(body) or len(parts) != 2:
        raise Failure("a body is malformed")
    return parts


class Database:
    def __init__(self, path, public_key):
        self._database = sqlite3.connect("file:%s?mode=ro" % path.replace("?", "%3f").replace("#", "%23"), uri=True)
        self._blobs = os.path.join(os.path.dirname(path), "blobs")
        self.bodies = self.let_go = 0
        meta = dict(self._database.execute("SELECT name, value FROM meta"))
        log_id = meta.get("log_id", b"")
        log_id = log_id if isinstance(log_id, str) else log_id.decode()
        self.origin = "lumenflow/" + log_id
        self.cut = self._read_cut(public_key, log_id)

    def _entries(self, of_type):
        """Those of a type, before they are proven: (position, entry). What is looked for is found again by items()."""
        rows = self._database.execute(
            "SELECT position, entries FROM rows WHERE instr(entries, CAST(? AS BLOB)) ORDER BY position",
            ('"type":"%s"' % of_type,))
        for position, data in rows:
            for item in _row(position, data):
                entry = strict_json.parse(item.entry.decode())
                if entry.get("type") == of_type:
                    yield item.position, entry

    def _read_cut(self, public_key, log_id):
        """Up to where retention may have let go of inputs and outputs."""
        log_ids = {log_id} | {entry.get("from_log_id") for _, entry in self._entries("workspace.restored")}
        largest = cut.Cut(0, 0)
        for position, entry in self._entries(cut.TYPE):
            largest = cut.Cut(*map(max, largest, cut.read(entry, position, public_key, log_ids)))
        return largest

    def items(self):
        rows = self._database.execute(
            "SELECT r.position, r.entries, b.body FROM rows r LEFT JOIN bodies b USING (position) ORDER BY r.position"
        )
        for position, data, body in rows:
            items = _row(position, data)
            yield from items
            self._hold(position, [strict_json.parse(item.entry.decode()) for item in items], body)

    def _hold(self, position, entries, body):
        """The stored input and result against the hashes in the entries beside them."""
        hashes = {}
        for entry in entries:
            if entry.get("type") == "call.requested":
                hashes[0] = entry.get("input_hash")
            if entry.get("type") == "call.finished":
                hashes[1] = entry.get("output_hash")
        try:
            parts = _parts(body) if body else [(INLINE, b""), (INLINE, b"")]
        except Failure as failure:
            raise Failure(str(failure), position) from None
        for i, (tag, data) in enumerate(parts):
            if tag == INLINE and not data:
                if hashes.get(i) is not None:
                    self._note_absent(i, position)
                continue
            digest = self._blob_digest(data.hex(), position) if tag == BLOB else hashlib.sha256(data).hexdigest()
            if digest is None:
                self._note_absent(i, position)
            elif digest != hashes.get(i):
                raise Failure("the stored %s is not the one whose hash the entry has" % ("result" if i else "input"),
                              position)
            else:
                self.bodies += 1

    def _note_absent(self, part, position):
        if position > self.cut[part]:
            raise Failure("the stored %s is gone, and no retention let it go" % ("result" if part else "input"),
                          position)
        self.let_go += 1

    def _blob_digest(self, name, position):
        try:
            with open(os.path.join(self._blobs, name[:2], name), "rb") as file:
                digest = hashlib.sha256(file.read()).hexdigest()
        except FileNotFoundError:
            return None
        if digest != name:
            raise Failure("the blob %s has other content" % name, position)
        return digest


def _is_database(path):
    with open(path, "rb") as file:
        return file.read(16) == b"SQLite format 3\0"


def _compare(grown, head, confirmed):
    if grown.root() != head.root:
        raise Failure("entries %d to %d are not those of the checkpoint of %d: one of them at least was changed, "
                      "dropped, inserted or moved" % (confirmed + 1, head.size, head.size), confirmed + 1)


def _note_former(item, former):
    """A log that goes on after a restore says which one it has its entries of, up to there."""
    if b"workspace.restored" in item.entry:
        entry = strict_json.parse(item.entry.decode())
        size = entry.get("from_size") if entry.get("type") == "workspace.restored" else None
        if isinstance(size, int):
            former["lumenflow/" + str(entry.get("from_log_id"))] = min(size, item.position - 1)


def _check_origins(heads, own, former):
    """Each head is of this log, or of one that it was restored from. An export does not say which log it is of."""
    others = [head for head in heads if head.size > former.get(head.origin, -1)]
    origins = {head.origin for head in others} | ({own} if own else set())
    if len(origins) > 1:
        raise Failure("a checkpoint is of %s" % sorted(origins - {own})[0])


def check(path, heads, public_key):
    """Every entry against its leaf and the tree against every head; a Failure names the position."""
    database = Database(path, public_key) if _is_database(path) else None
    heads = sorted(heads, key=lambda head: head.size)
    grown, confirmed, waiting, former = tree.Tree(), 0, [head for head in heads if head.size > 0], {}
    for item in database.items() if database else _exported(path):
        if item.position != grown.size + 1:
            raise Failure("position %s stands where %d belongs" % (item.position, grown.size + 1), grown.size + 1)
        leaf = tree.leaf_hash(item.entry)
        if item.leaf is not None and item.leaf != leaf:
            raise Failure("the entry is not the one of its leaf", item.position)
        grown.append(leaf)
        _note_former(item, former)
        while waiting and waiting[0].size == grown.size:
            _compare(grown, waiting.pop(0), confirmed)
            confirmed = grown.size
    if waiting:
        raise Failure("the journal has %d entries, a checkpoint has %d: its end is gone, or some after position %d" %
                      (grown.size, waiting[0].size, confirmed), confirmed + 1)
    _check_origins(heads, database.origin if database else None, former)
    if database is None:
        return Report(grown.size, confirmed, 0, 0, cut.Cut(0, 0), grown.root())
    return Report(grown.size, confirmed, database.bodies, database.let_go, database.cut, grown.root())
