// witnesses.mjs FILE: another validator (ajv) agrees on each line {from, by, witness} of FILE: the first schema takes the payload,
// the second refuses it.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";

const lines = readFileSync(process.argv[2], "utf8").trimEnd().split("\n").map((line) => JSON.parse(line));
assert.ok(lines.length > 30);
for (const { from, by, witness } of lines) {
  const ajv = new Ajv2020({ strict: false });
  addFormats.default(ajv);
  assert.ok(ajv.compile(from)(witness), `${JSON.stringify(from)} refuses ${JSON.stringify(witness)}`);
  assert.ok(!ajv.compile(by)(witness), `${JSON.stringify(by)} takes ${JSON.stringify(witness)}`);
}
console.log(`${lines.length} witnesses`);
