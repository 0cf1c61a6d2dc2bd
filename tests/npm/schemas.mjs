// schemas.mjs SCHEMAS EVENTS: another validator (ajv) takes the schemas of the folder SCHEMAS as they stand, and index.json accepts
// each line of EVENTS, an export of a workspace; none of them with a member more, or without one that is required.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";

const [folder, exported] = process.argv.slice(2);
const ajv = new Ajv2020({ strict: true, strictRequired: false, allErrors: false });
addFormats.default(ajv);
for (const annotation of ["x-class", "x-direction", "x-owner", "x-schema-version", "x-streams"]) ajv.addKeyword(annotation);
const names = readdirSync(folder, { recursive: true }).filter((name) => name.endsWith(".schema.json")).sort();
for (const name of names) ajv.addSchema(JSON.parse(readFileSync(`${folder}/${name}`, "utf8")));
for (const name of names) ajv.getSchema(JSON.parse(readFileSync(`${folder}/${name}`, "utf8")).$id);
const accepts = ajv.compile(JSON.parse(readFileSync(`${folder}/index.json`, "utf8")));

const events = readFileSync(exported, "utf8").trimEnd().split("\n").map((line) => JSON.parse(line));
assert.ok(events.length > 0);
for (const { position, class: eventClass, ...event } of events) {
  assert.ok(Number.isSafeInteger(position) && typeof eventClass === "string");
  assert.ok(accepts(event), `${event.kind}: ${ajv.errorsText(accepts.errors)}`);
  assert.ok(!accepts({ ...event, later: 1 }), event.kind);
  assert.ok(!accepts({ ...event, kind: "acme-demo:job_completed" }), event.kind);
  assert.ok(!accepts({ ...event, channel: "phone:x" }), `${event.kind} is emitted by the workspace`);
  for (const member of Object.keys(event).filter((name) => !["on_behalf_of", "trace"].includes(name))) {
    const { [member]: gone, ...fewer } = event;
    assert.ok(!accepts(fewer), `${event.kind} without ${member}`);
  }
}
console.log(`${names.length} schemas, ${events.length} events of ${new Set(events.map((event) => event.kind)).size} kinds`);
