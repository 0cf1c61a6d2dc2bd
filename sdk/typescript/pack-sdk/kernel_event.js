// Kernel events v2 as their emitter builds them, before the host stamps them on a stream.
//
// buildKernelEventV2 is the function that the kernel itself uses, so a pack's own test can check what it emits, its
// event_id included, without a host.

import { createHash, randomBytes } from "node:crypto";

import { canonical, isPlainObject } from "./canonical.js";
import { PackError } from "./errors.js";

export const PAYLOAD_BYTES_MAX = 256 * 1024; // of the canonical form

const KIND = /^[a-z][a-z0-9-]*:[a-z][a-z0-9]*(_[a-z0-9]+)*$/;
const TIME = /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:[Zz]|([+-])(\d\d):(\d\d))$/;

/** @typedef {{ schema_version: 2, kind: string, event_id: string, timestamp: string, payload: Record<string, unknown> }} KernelEvent */

/**
 * With a key the id is the SHA-256 of the canonical JSON of {idempotencyKey, kind, payload, timestamp}: the same said
 * twice is one event. Without one it is a random UUID (version 7). UNKNOWN_KIND, INVALID_PAYLOAD, PAYLOAD_TOO_LARGE;
 * INVALID_INPUT for a timestamp that is no RFC 3339 date-time.
 * @param {string} kind
 * @param {unknown} payload
 * @param {{ timestamp: string, idempotencyKey?: string | undefined }} options
 * @returns {KernelEvent}
 */
export function buildKernelEventV2(kind, payload, { timestamp, idempotencyKey }) {
  if (typeof kind !== "string" || !KIND.test(kind)) {
    throw new PackError("UNKNOWN_KIND", `'${kind}' is no event kind: write <slug>:<event_name>, e.g. acme-demo:job_completed`);
  }
  if (!isPlainObject(payload)) throw new PackError("INVALID_PAYLOAD", `the payload of ${kind} must be a JSON object`);
  const at = normalizedTimestamp(timestamp);
  const size = Buffer.byteLength(canonicalOf(payload, `the payload of ${kind}`));
  if (size > PAYLOAD_BYTES_MAX) {
    throw new PackError("PAYLOAD_TOO_LARGE",
      `the payload of ${kind} has ${size} bytes in canonical form, ${PAYLOAD_BYTES_MAX} are allowed`);
  }
  const id = idempotencyKey === undefined ? uuidV7(at) : contentId(kind, payload, idempotencyKey, at);
  return { schema_version: 2, kind, event_id: id, timestamp: at, payload };
}

/**
 * Any RFC 3339 date-time in the envelope's form: UTC, exactly three fractional digits (finer ones are cut off).
 * @param {string} text
 * @returns {string}
 */
export function normalizedTimestamp(text) {
  const match = typeof text === "string" ? TIME.exec(text) : null;
  if (match === null) throw noTime(text);
  const part = (/** @type {number} */ index) => Number(match[index] ?? 0);
  const [year, month, day, hour, minute, second] = [part(1), part(2), part(3), part(4), part(5), part(6)];
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day || day === 0) throw noTime(text);
  if (hour > 23 || minute > 59 || second > 60 || part(9) > 23 || part(10) > 59) throw noTime(text);
  const offset = (match[8] === "-" ? -1 : 1) * (part(9) * 60 + part(10));
  const leap = second === 60; // RFC 3339 5.7: only inserted at 23:59:60 UTC; it counts as the next second
  const milliseconds = leap ? 0 : Number(`${match[7] ?? ""}000`.slice(0, 3));
  const at = date.getTime() + ((hour * 60 + minute - offset) * 60 + second) * 1000 + milliseconds;
  if (leap && at % 86_400_000 !== 0) throw noTime(text);
  const normalized = new Date(at).toISOString();
  if (normalized.length !== 24) throw noTime(text); // before the year 0 or after 9999
  return normalized;
}

/** @param {unknown} text */
function noTime(text) {
  return new PackError("INVALID_INPUT", `'${text}' is not an RFC 3339 date-time, e.g. 2026-03-01T12:00:00Z`);
}

/**
 * @param {unknown} value
 * @param {string} what
 */
function canonicalOf(value, what) {
  try {
    return canonical(value);
  } catch (fault) {
    if (!(fault instanceof PackError)) throw fault;
    throw new PackError("INVALID_PAYLOAD", `${what}: ${fault.reason}`, fault.details);
  }
}

/**
 * @param {string} kind
 * @param {Record<string, unknown>} payload
 * @param {string} idempotencyKey
 * @param {string} timestamp
 */
function contentId(kind, payload, idempotencyKey, timestamp) {
  if (typeof idempotencyKey !== "string") {
    throw new PackError("INVALID_PAYLOAD", `the idempotency key of ${kind} must be a string`);
  }
  const text = canonicalOf({ idempotencyKey, kind, payload, timestamp }, `what identifies ${kind}`);
  return createHash("sha256").update(text, "utf8").digest("hex");
}

/** @param {string} timestamp */
function uuidV7(timestamp) {
  const data = Buffer.concat([Buffer.alloc(6), randomBytes(10)]);
  data.writeUIntBE(Math.max(0, Date.parse(timestamp)), 0, 6);
  data[6] = 0x70 | (data.readUInt8(6) & 0x0f);
  data[8] = 0x80 | (data.readUInt8(8) & 0x3f);
  const text = data.toString("hex");
  return [text.slice(0, 8), text.slice(8, 12), text.slice(12, 16), text.slice(16, 20), text.slice(20)].join("-");
}
