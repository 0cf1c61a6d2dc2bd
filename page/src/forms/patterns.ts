// A pack's patterns are not run here: one that backtracks without end would hang the page, and who wrote it is not trusted. The workspace
// runs them, with RE2; here they are said beside the field.
import type { RJSFSchema } from "@rjsf/utils";

type Fields = { [name: string]: unknown };

// Where members are names that the schema's author chose, and no keywords.
const named = new Set(["properties", "$defs", "definitions", "dependentSchemas"]);
const values = new Set(["const", "enum", "default", "examples"]);

const isFields = (value: unknown): value is Fields => typeof value === "object" && value !== null && !Array.isArray(value);

// Also by reference, which is not followed: where a pattern decides, it is not known what holds without it.
function mentions(schema: unknown, how: (schema: Fields) => boolean): boolean {
  if (Array.isArray(schema)) return schema.some((one) => mentions(one, how));
  if (!isFields(schema)) return false;
  if (how(schema)) return true;
  return Object.entries(schema).some(([name, value]) => {
    if (values.has(name)) return false;
    if (named.has(name) && isFields(value)) return Object.values(value).some((one) => mentions(one, how));
    return mentions(value, how);
  });
}

const hasPattern = (schema: Fields) => typeof schema.pattern === "string" || isFields(schema.patternProperties);
const hasNames = (schema: Fields) => isFields(schema.patternProperties);
const decides = (schema: Fields) => hasPattern(schema) || "$ref" in schema || "$dynamicRef" in schema;

function stripped(schema: unknown, names: boolean): unknown {
  if (Array.isArray(schema)) return schema.map((one) => stripped(one, names));
  if (!isFields(schema)) return schema;
  const kept: Fields = {};
  const put = (name: string, value: unknown) => Object.defineProperty(kept, name, { value, writable: true, enumerable: true, configurable: true });
  const conditional = mentions(schema.if, decides);
  for (const [name, value] of Object.entries(schema)) {
    if (name === "pattern" || name === "patternProperties") continue;
    // Without them more is taken than before; what would then be taken for wrong is left to the workspace.
    if ((name === "not" || name === "maxContains") && mentions(name === "not" ? value : schema.contains, decides)) continue;
    if (conditional && (name === "if" || name === "then" || name === "else")) continue;
    if (name === "additionalProperties" && hasNames(schema)) continue;
    if (name === "unevaluatedProperties" && names) continue;
    if (values.has(name)) put(name, value);
    else if (named.has(name) && isFields(value)) put(name, Object.fromEntries(Object.entries(value).map(([member, one]) => [member, stripped(one, names)])));
    else if (name !== "oneOf" || !mentions(value, decides)) put(name, stripped(value, names));
    else if (!Object.hasOwn(schema, "anyOf")) put("anyOf", stripped(value, names)); // several may seem to hold
  }
  if (typeof schema.pattern === "string") {
    put("description", [schema.description, `It has the form ${schema.pattern}, which the workspace looks at.`].filter((one) => typeof one === "string" && one !== "").join(" "));
  }
  return kept;
}

/** The same schema, but for what only a regular expression of its author's would tell; itself, where it has none. */
export function withoutPatterns<Schema extends RJSFSchema>(schema: Schema): Schema {
  return mentions(schema, hasPattern) ? (stripped(schema, mentions(schema, hasNames)) as Schema) : schema;
}
