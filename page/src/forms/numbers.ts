// Schemas whose numbers a double would round, made ready for forms: a limit counts as the double next to it, and what would stand in a
// field stands there as it was written, so that nobody sends it unseen. What counts is the workspace's own check.
import { Exact } from "../api/exact";

const values = new Set(["default", "const", "enum", "examples"]);

export function forForms(schema: unknown, asText = false): unknown {
  if (schema instanceof Exact) return asText ? schema.literal : Number(schema.literal);
  if (typeof schema !== "object" || schema === null) return schema;
  if (Array.isArray(schema)) return schema.map((one) => forForms(one, asText));
  return Object.fromEntries(Object.entries(schema).map(([name, member]) => [name, forForms(member, asText || values.has(name))]));
}
