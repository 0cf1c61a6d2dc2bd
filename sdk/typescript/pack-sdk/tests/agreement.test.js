// Canonical JSON and event ids: the public vectors, and the cases that all SDKs share (sdk/cases.json).

import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import { PackError, buildKernelEventV2, canonical } from "../index.js";
import { normalizedTimestamp } from "../kernel_event.js";

const root = new URL("../../../../", import.meta.url);
const { LUMENFLOW_VECTORS, LUMENFLOW_VECTORS_DEFAULT } = process.env;
const vectors = LUMENFLOW_VECTORS || LUMENFLOW_VECTORS_DEFAULT || fileURLToPath(new URL("../shared/vectors", root));
const cases = readJson(new URL("sdk/cases.json", root));
const noon = "2026-03-01T12:00:00.000Z";

function readJson(file) {
  return JSON.parse(readFileSync(file, "utf8"));
}

function need(context, name) {
  const path = `${vectors}/${name}`;
  if (existsSync(path)) return path;
  context.skip(`no public vectors at ${path}; set LUMENFLOW_VECTORS`);
  return null;
}

function refusal(action) {
  try {
    action();
  } catch (fault) {
    if (fault instanceof PackError) return fault.code;
    throw fault;
  }
  return null;
}

test("public vectors: event ids", (context) => {
  const file = need(context, "event-id.json");
  if (file === null) return;
  const { vectors: all } = readJson(file);
  assert.ok(all.length > 0);
  for (const { idempotencyKey, kind, payload, timestamp, canonical: text, event_id } of all) {
    assert.equal(canonical({ idempotencyKey, kind, payload, timestamp }), text);
    assert.equal(buildKernelEventV2(kind, payload, { idempotencyKey, timestamp }).event_id, event_id);
  }
});

test("public vectors: canonical form", (context) => {
  const folder = need(context, "jcs/testdata");
  if (folder === null) return;
  const names = readdirSync(`${folder}/input`).filter((name) => name.endsWith(".json"));
  assert.ok(names.length > 0);
  for (const name of names) {
    assert.equal(canonical(readJson(`${folder}/input/${name}`)), readFileSync(`${folder}/output/${name}`, "utf8"), name);
  }
});

test("shared cases: canonical form", () => {
  for (const { json, integer, canonical: text, refused } of cases.canonical) {
    const value = integer ? BigInt(json) : JSON.parse(json);
    if (refused) assert.equal(refusal(() => canonical(value)), refused, json);
    else assert.equal(canonical(value), text, json);
  }
});

test("shared cases: timestamps", () => {
  for (const { text, normalized } of cases.timestamps) {
    if (normalized) assert.equal(normalizedTimestamp(text), normalized);
    else assert.equal(refusal(() => normalizedTimestamp(text)), "INVALID_INPUT", text);
  }
});

test("shared cases: events", () => {
  for (const { kind, payload, idempotency_key: idempotencyKey, timestamp, event_id, refused } of cases.events) {
    const build = () => buildKernelEventV2(kind, payload, { idempotencyKey, timestamp });
    if (refused) assert.equal(refusal(build), refused, kind);
    else assert.equal(build().event_id, event_id);
  }
});

test("the canonical form refuses what JSON does not have, and says where", () => {
  for (const [value, pointer] of [[{ a: [NaN] }, "/a/0"], [{ "a/b": undefined }, "/a~1b"], [["\ud800"], "/0"],
    [[new Date(0)], "/0"], [Infinity, ""], [[, 1], "/0"]]) {
    assert.throws(() => canonical(value), (fault) => fault instanceof PackError && fault.details[0].pointer === pointer);
  }
  assert.throws(() => canonical({ "\udc00": 1 }), PackError);
});

test("the builder makes the emitter's envelope", () => {
  const event = buildKernelEventV2("acme-demo:job_completed", { status: "ok" },
    { timestamp: "2026-03-01T12:00:00Z", idempotencyKey: "job-1" });
  assert.deepEqual({ ...event, event_id: "?" },
    { schema_version: 2, kind: "acme-demo:job_completed", event_id: "?", timestamp: noon, payload: { status: "ok" } });
});

test("without a key every event is another, and ids sort by time", () => {
  const ids = [noon, noon, "2026-03-01T12:00:01Z"].map((timestamp) => buildKernelEventV2("a:b", {}, { timestamp }).event_id);
  assert.equal(new Set(ids).size, 3);
  assert.ok(ids[0] < ids[2]);
  for (const id of ids) assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});

test("the builder measures the canonical payload", () => {
  const payload = { a: "x".repeat(256 * 1024 - '{"a":""}'.length) };
  buildKernelEventV2("a:b", payload, { timestamp: noon });
  payload.a += "x";
  assert.equal(refusal(() => buildKernelEventV2("a:b", payload, { timestamp: noon })), "PAYLOAD_TOO_LARGE");
  assert.equal(refusal(() => buildKernelEventV2("a:b", { n: 2n ** 53n + 1n }, { timestamp: noon })), "INVALID_PAYLOAD");
});
