import { describe, expect, it } from "vitest";
import { validator, withoutUndefined } from "./validator";

const schema = {
  type: "object",
  required: ["title"],
  additionalProperties: false,
  properties: {
    title: { type: "string", minLength: 1, pattern: "\\S" },
    priority: { enum: ["P0", "P1"] },
    tags: { type: "array", items: { type: "string", maxLength: 3 } },
  },
} as const;

const said = (data: unknown) => validator.validateFormData(data, structuredClone(schema) as never).errors.map((error) => `${error.property}: ${error.message}`);

describe("the forms' validator", () => {
  it("takes what is right", () => {
    expect(said({ title: "Water", priority: "P1", tags: ["a"] })).toEqual([]);
  });

  it("names the place of what is not", () => {
    expect(said({ title: "Water", tags: ["fine", "no"] })).toHaveLength(1);
    expect(said({ title: "Water", tags: ["fine", "no"] })[0]).toMatch(/^\.tags\.0: /);
    expect(said({})).toEqual([".title: This is required."]);
    expect(said({ title: "x", priority: "P7" })).toEqual([".priority: This is not one of the values that may stand here."]);
  });

  it("takes a field that was emptied for absent", () => {
    expect(withoutUndefined({ title: undefined, tags: [] })).toEqual({ tags: [] });
    expect(said({ title: undefined })).toEqual([".title: This is required."]);
  });

  it("says so when a schema cannot be read, and does not throw", () => {
    expect(validator.isValid({ $ref: "#/$defs/none" } as never, {}, {} as never)).toBe(false);
  });
});
