// journal.mjs ENTRIES CLOUDEVENTS: a journal, as JSON lines and as CloudEvents. The CloudEvents SDK finds each valid, and reads the
// same entry from it as one JSON document and as headers and body.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { HTTP } from "cloudevents";

const linesOf = (path) => readFileSync(path, "utf8").trimEnd().split("\n");
const [entries, cloudEvents] = process.argv.slice(2).map(linesOf);
assert.ok(entries.length > 10);

/** The second export has what the first one's own command left in the journal as well, if anything. */
assert.ok(cloudEvents.length >= entries.length);
const seen = new Set();
for (const [i, line] of entries.entries()) {
  const { position, leaf_hash: leaf, entry } = JSON.parse(line);
  const parsed = HTTP.toEvent({ headers: { "content-type": "application/cloudevents+json" }, body: cloudEvents[i] });
  assert.ok(parsed.validate());
  const { headers, body } = HTTP.binary(parsed);
  for (const event of [parsed, HTTP.toEvent(HTTP.structured(parsed)), HTTP.toEvent({ headers, body })]) {
    assert.deepEqual(event.data, entry);
    assert.equal(event.specversion, "1.0");
    assert.equal(event.type, `lumenflow.journal.${entry.type}`);
    assert.equal(event.id, String(position));
    assert.equal(String(event.position), String(position));
    assert.equal(event.leafhash, leaf);
    assert.equal(event.subject, entry.receipt_id);
    seen.add(`${event.source} ${event.id}`);
  }
}
assert.equal(seen.size, entries.length, "source and id name one entry");
console.log(`${entries.length} entries, of the types ${[...new Set(entries.map((line) => JSON.parse(line).entry.type))].join(", ")}`);
