// asyncapi.mjs DOCUMENT SCHEMAS: the AsyncAPI parser takes the document, and it has every kind of the folder SCHEMAS.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { Parser } from "@asyncapi/parser";

const [documentPath, schemas] = process.argv.slice(2);
const text = readFileSync(documentPath, "utf8");
const kinds = readdirSync(schemas, { recursive: true })
  .filter((name) => name.includes("/") && name.endsWith(".schema.json"))
  .map((name) => JSON.parse(readFileSync(`${schemas}/${name}`, "utf8")));

async function faultsOf(source) {
  const { document, diagnostics } = await new Parser().parse(source);
  const faults = diagnostics.filter((each) => each.severity <= 1).map((each) => `${each.path.join(".")}: ${each.message}`);
  return { document, faults };
}

const { document, faults } = await faultsOf(text);
assert.deepEqual(faults, [], "no errors, no warnings");
assert.equal(document.version(), "3.0.0");
assert.deepEqual(document.allMessages().all().map((message) => message.name()).sort(), kinds.map((kind) => kind.title).sort());
for (const [operation, action] of [["emit.sidecar", "send"], ["receive.phone", "receive"], ["receive.bridge", "receive"]]) {
  const found = document.operations().get(operation);
  assert.equal(found?.action(), action, operation);
  const sent = action === "send" ? "outbound" : "inbound";
  const stream = operation.split(".")[1];
  const expected = kinds.filter((kind) => kind["x-direction"] === sent && kind["x-streams"].includes(stream)).map((kind) => kind.title);
  assert.deepEqual(found.messages().all().map((message) => message.name()).sort(), expected.sort(), operation);
}
// The payload of each message is the whole event: its kind, and under `payload` (or flat) the members of the kind's schema.
for (const message of document.allMessages().all()) {
  const kind = kinds.find((each) => each.title === message.name());
  const event = message.payload().json();
  assert.equal(event.properties.kind.const, kind.title);
  const members = kind["x-schema-version"] === 1 ? event.properties : event.properties.payload.properties;
  for (const name of Object.keys(kind.properties)) assert.equal(members[name].type, kind.properties[name].type, `${kind.title} ${name}`);
}

// The parser does find faults.
const broken = JSON.parse(text);
broken.operations["emit.sidecar"].action = "shout";
assert.notDeepEqual((await faultsOf(JSON.stringify(broken))).faults, []);
const dangling = text.replace('"#/components/messages/task_created"', '"#/components/messages/task_forgotten"');
assert.notEqual(dangling, text);
assert.notDeepEqual((await faultsOf(dangling)).faults, []);
console.log(`${kinds.length} kinds in 3 channels`);
