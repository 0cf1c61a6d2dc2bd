// What the forms validate with: an interpreter of JSON Schema 2020-12. One that compiles schemas to code would need
// `unsafe-eval`, which the policy of the page refuses. What counts is the workspace's own check; this one spares a round trip.
import { Validator, type Schema } from "@cfworker/json-schema";
import type { CustomValidator, ErrorTransformer, RJSFSchema, RJSFValidationError, UiSchema, ValidationData, ValidatorType } from "@rjsf/utils";
import { withoutPatterns } from "./patterns";
import { createErrorHandler, toErrorSchema, unwrapErrorHandler, validationDataMerge } from "@rjsf/utils";

interface Unit {
  keyword: string;
  instanceLocation: string;
  error: string;
}

// Errors that say only that a part below failed.
const wrappers = new Set(["properties", "items", "prefixItems", "$ref", "allOf", "additionalProperties", "if"]);

function words({ keyword, error }: Unit): string {
  if (keyword === "required") return "Something that is required is missing.";
  if (keyword === "enum" || keyword === "const") return "This is not one of the values that may stand here.";
  return error.replace(/^Instance (type )?/, (_, type) => (type ? "The type " : "It ")).replace(/^Property "([^"]+)" /, "$1 ");
}

// "#/a/0/b~1c" as rjsf names places: ".a.0.b/c".
function place(location: string): string[] {
  return location.replace(/^#\/?/, "").split("/").filter((part) => part !== "").map((part) => decodeURIComponent(part).replaceAll("~1", "/").replaceAll("~0", "~"));
}

function errorsOf(schema: object, data: unknown): RJSFValidationError[] {
  let found: Unit[];
  try {
    found = new Validator(withoutPatterns(schema) as Schema, "2020-12", false).validate(data === undefined ? {} : withoutUndefined(data)).errors;
  } catch (error) {
    return [{ stack: String(error), message: `The schema cannot be read: ${String(error)}`, property: "" }];
  }
  const errors: RJSFValidationError[] = [];
  for (const unit of found) {
    if (wrappers.has(unit.keyword)) continue;
    const at = place(unit.instanceLocation);
    // What is missing is told where it is missing.
    const missing = unit.keyword === "required" ? /"([^"]+)"/.exec(unit.error)?.[1] : undefined;
    const where = missing === undefined ? at : [...at, missing];
    const message = missing === undefined ? words(unit) : "This is required.";
    errors.push({ name: unit.keyword, message, property: where.length === 0 ? "." : `.${where.join(".")}`, stack: `${where.at(-1) ?? "input"}: ${message}` });
  }
  return errors;
}

// Fields that were emptied are `undefined` in the form, and absent in JSON.
export function withoutUndefined(data: unknown): unknown {
  return data === undefined ? undefined : JSON.parse(JSON.stringify(data));
}

class Interpreter implements ValidatorType {
  validateFormData<T>(data: T | undefined, schema: RJSFSchema, custom?: CustomValidator<T>, transform?: ErrorTransformer<T>, ui?: UiSchema<T>): ValidationData<T> {
    let errors = errorsOf(schema, data);
    if (transform) errors = transform(errors, ui);
    const told = { errors, errorSchema: toErrorSchema<T>(errors) };
    if (!custom) return told;
    const handler = custom(data, createErrorHandler<T>(data as T), ui);
    return validationDataMerge<T>(told, unwrapErrorHandler<T>(handler));
  }

  isValid<T>(schema: RJSFSchema, data: T | undefined, root: RJSFSchema): boolean {
    const whole = root.$defs === undefined || schema.$defs !== undefined ? schema : { ...schema, $defs: root.$defs };
    return errorsOf(whole, data).length === 0;
  }

  rawValidation<Result>(schema: RJSFSchema, data?: unknown): { errors?: Result[]; validationError?: Error } {
    return { errors: errorsOf(schema, data) as Result[] };
  }
}

export const validator: ValidatorType = new Interpreter();
