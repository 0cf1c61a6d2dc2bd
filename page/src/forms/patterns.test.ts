import { expect, it } from "vitest";
import { withoutPatterns } from "./patterns";
import { validator } from "./validator";

const errors = (schema: object, data: unknown) => validator.validateFormData(data, structuredClone(schema) as never).errors.length;
const endless = "^(a+)+$";

it("runs no pattern of a pack's, and takes nothing for wrong that only one would tell", () => {
  const text = { type: "string", pattern: endless };
  const data = { one: "b", pattern: 7 };
  expect(errors({ type: "object", properties: { one: text, pattern: { type: "integer" } } }, data)).toBe(0);
  expect(errors({ type: "object", properties: { one: text, pattern: { type: "string" } } }, data)).toBe(1);
  expect(errors({ properties: { one: { not: text } } }, data)).toBe(0);
  expect(errors({ properties: { one: { oneOf: [text, { type: "string", pattern: "^b" }] } } }, data)).toBe(0);
  expect(errors({ properties: { one: { oneOf: [text, { type: "integer" }] } } }, { one: true })).toBeGreaterThan(0);
  expect(errors({ $defs: { text }, properties: { one: { if: { $ref: "#/$defs/text" }, then: false } } }, data)).toBe(0);
  expect(errors({ patternProperties: { [endless]: { type: "string" } }, additionalProperties: false }, data)).toBe(0);
});

it("says the pattern beside its field", () => {
  expect(withoutPatterns({ properties: { one: { type: "string", pattern: endless, description: "A name." } } })).toEqual({
    properties: { one: { type: "string", description: `A name. It has the form ${endless}, which the workspace looks at.` } },
  });
  const plain = { properties: { pattern: { type: "string" as const, const: { pattern: "x" } } } };
  expect(withoutPatterns(plain)).toBe(plain);
});
