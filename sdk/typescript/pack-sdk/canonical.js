// The canonical form of JSON (RFC 8785): one byte sequence per value, the input of every content hash.
//
// Keys in UTF-16 code unit order, numbers as ECMAScript prints them, -0 as 0. A number of JavaScript is a double: an
// integer beyond 2^53 in a text has become its nearest double when JSON.parse hands it over. Whoever needs it exactly
// sends it as a string; a BigInt is taken only where a double holds it.

import { PackError } from "./errors.js";

/**
 * INVALID_INPUT, with the JSON pointer, for the first part that has no canonical form.
 * @param {unknown} value
 * @returns {string}
 */
export function canonical(value) {
  return write(value, "");
}

/** @param {string} text */
export function isUnicode(text) {
  return !/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/.test(text);
}

/**
 * @param {unknown} value
 * @param {string} pointer
 * @returns {string}
 */
function write(value, pointer) {
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "number") {
    if (!Number.isFinite(value)) throw refused(pointer, "is not a finite number");
    return String(value);
  }
  if (typeof value === "bigint") return integer(value, pointer);
  if (typeof value === "string") return string(value, pointer, "is not Unicode: it has half of a surrogate pair");
  if (Array.isArray(value)) return `[${Array.from(value, (item, index) => write(item, `${pointer}/${index}`)).join(",")}]`;
  if (isPlainObject(value)) return object(value, pointer);
  throw refused(pointer, `is of type ${typeof value}, which JSON does not have`);
}

/**
 * @param {unknown} value
 * @returns {value is Record<string, unknown>}
 */
export function isPlainObject(value) {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

/**
 * @param {Record<string, unknown>} value
 * @param {string} pointer
 */
function object(value, pointer) {
  const members = Object.keys(value).sort().map((key) => {  // JavaScript compares UTF-16 code units
    const name = string(key, pointer, "has a key with half of a surrogate pair");
    return `${name}:${write(value[key], `${pointer}/${key.replace(/~/g, "~0").replace(/\//g, "~1")}`)}`;
  });
  return `{${members.join(",")}}`;
}

/**
 * @param {bigint} value
 * @param {string} pointer
 */
function integer(value, pointer) {
  const text = value.toString();
  if (String(Number(value)) === text) return text;
  throw refused(pointer, `is the integer ${text}, which JavaScript would read as another number: send it as a string`);
}

/**
 * @param {string} value
 * @param {string} pointer
 * @param {string} reason
 */
function string(value, pointer, reason) {
  if (!isUnicode(value)) throw refused(pointer, reason);
  return JSON.stringify(value);
}

/**
 * @param {string} pointer
 * @param {string} reason
 */
function refused(pointer, reason) {
  return new PackError("INVALID_INPUT", `no canonical form: ${pointer || "the value"} ${reason}`, [{ pointer, reason }]);
}
