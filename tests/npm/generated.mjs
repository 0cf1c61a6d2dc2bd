// generated.mjs FOLDER: the AsyncAPI parser takes what was generated there, and it has every event type of the manifest.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { Parser } from "@asyncapi/parser";

const folder = process.argv[2];
const manifest = JSON.parse(readFileSync(`${folder}/runtime_event_manifest.generated.json`, "utf8"));
const { document, diagnostics } = await new Parser().parse(readFileSync(`${folder}/runtime_event_manifest.asyncapi.json`, "utf8"));
const faults = diagnostics.filter((each) => each.severity <= 0).map((each) => `${each.path.join(".")}: ${each.message}`);
assert.deepEqual(faults, []);
const types = manifest.GENERATED_RUNTIME_EVENT_DEFINITIONS.map((each) => each.type).sort();
assert.deepEqual(document.allMessages().all().map((message) => message.name()).sort(), types);
assert.equal(document.info().version(), manifest.hash);
console.log(`${types.length} types`);
