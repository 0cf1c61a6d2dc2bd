// cloudevents.mjs SDK EVENTS CLOUDEVENTS: two exports of a workspace, as JSON lines and as CloudEvents. The CloudEvents SDK takes each,
// writes it again as one JSON document and as headers and body, and both ways it comes back as the envelope it was.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { HTTP } from "cloudevents";

const [sdk, exported, cloudExported] = process.argv.slice(2);
const { fromCloudEvent, toCloudEvent } = await import(`${sdk}/index.js`);

/** RFC 8785: what JSON.stringify writes, with keys in order of their UTF-16 code units. */
function canonical(value) {
  return JSON.stringify(value, (_, each) => typeof each === "object" && each !== null && !Array.isArray(each)
    ? Object.fromEntries(Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1))) : each);
}

const linesOf = (path) => readFileSync(path, "utf8").trimEnd().split("\n");
const events = linesOf(exported);
const cloudEvents = linesOf(cloudExported);
assert.ok(events.length > 0);
assert.equal(cloudEvents.length, events.length);
for (const [i, line] of events.entries()) {
  const before = canonical(JSON.parse(line));
  const cloud = JSON.parse(cloudEvents[i]);
  assert.equal(canonical(toCloudEvent(JSON.parse(line))), canonical(cloud), "the package maps as the program does");

  const parsed = HTTP.toEvent({ headers: { "content-type": "application/cloudevents+json" }, body: cloudEvents[i] });
  assert.ok(parsed.validate());
  const document = HTTP.structured(parsed).body;
  assert.equal(canonical(JSON.parse(document)), canonical(cloud), "the SDK writes what it read");
  assert.equal(canonical(fromCloudEvent(JSON.parse(document))), before);

  const { headers, body } = HTTP.binary(parsed);
  const again = HTTP.toEvent({ headers, body });
  assert.equal(canonical(fromCloudEvent(again.toJSON())), before, "also as headers and body");
}

const members = events.map((line) => Object.keys(JSON.parse(line))).flat();
for (const member of ["queue_seq", "trace"]) assert.ok(members.includes(member), `an event with ${member} was among them`);
assert.ok(events.some((line) => JSON.parse(line).schema_version === 1), "a flat kind was among them");
console.log(`${events.length} events`);
