// openapi.mjs FILE...: each is a valid description by OpenAPI 3.1, and one that was broken is not.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { Validator } from "@seriousme/openapi-schema-validator";

for (const file of process.argv.slice(2)) {
  const description = JSON.parse(readFileSync(file, "utf8"));
  const result = await new Validator().validate(structuredClone(description));
  assert.ok(result.valid, `${file}: ${JSON.stringify(result.errors)}`);
  const [path] = Object.keys(description.paths);
  description.paths[path].get.responses["200"].description = 7;
  assert.ok(!(await new Validator().validate(description)).valid, "a validator that refuses nothing");
  console.log(`${file}: ${Object.keys(description.paths).length} paths`);
}
assert.ok(process.argv.length > 2);
