// What the compiler makes of the types, and what the guards do. `@ts-expect-error` fails where there is no error.

import { type AnyEvent, type EventOf, type KnownEvent, fromCloudEvent, isKind, isKnownEvent, kinds, parseEvent, payloadOf,
  toCloudEvent } from "./index.js";

function expect(condition: boolean, what: string): void {
  if (!condition) throw new Error(`expected: ${what}`);
}

function throws(action: () => unknown, what: string): void {
  try {
    action();
  } catch (error) {
    return expect(error instanceof TypeError, `${what} with a TypeError`);
  }
  expect(false, what);
}

const stamp = {
  event_id: "019ca945-0a00-7000-8000-000000000000", timestamp: "2026-03-01T12:00:00.000Z", from: "ws-42", channel: "sidecar",
  seq: 3, emitted_at: "2026-03-01T12:00:00.001Z",
};
const called: EventOf<"agent-runtime:tool_called"> = {
  ...stamp, schema_version: 2, kind: "agent-runtime:tool_called",
  payload: { receipt_id: "rcpt-01J9ZK3M7Q8W2X4Y6A8C0E2G4H", tool_name: "task:create", envelope_hash: "0".repeat(64), outcome: "success", duration_ms: 2 },
};
const blocked: EventOf<"task_blocked"> = { ...stamp, schema_version: 1, kind: "task_blocked", queue_seq: 1, task_id: "t-1", reason: "r" };
const foreign: AnyEvent = { ...stamp, schema_version: 2, kind: "acme-demo:job_completed" };

/** The union is told apart by its kind. */
function describe(event: KnownEvent): string {
  switch (event.kind) {
    case "agent-runtime:tool_called": return `${event.payload.tool_name} ${event.payload.outcome}`;
    case "task_blocked": return `${event.task_id}: ${event.reason}`;
    // @ts-expect-error: there is no such kind
    case "agent-runtime:tool_forgotten": return "";
    default: return event.kind;
  }
}

// @ts-expect-error: an outcome is one of a list of words
called.payload.outcome = "fine";
called.payload.outcome = "success";
// @ts-expect-error: a flat kind has no payload
blocked.payload;
// @ts-expect-error: reason is required
const unreasoned: EventOf<"task_blocked"> = { ...stamp, schema_version: 1, kind: "task_blocked", task_id: "t-1" };
expect(unreasoned.kind === "task_blocked", "used");

expect(describe(called) === "task:create success", "a prefixed kind is narrowed");
expect(describe(blocked) === "t-1: r", "a flat kind is narrowed");
expect(isKnownEvent(called) && isKnownEvent(blocked) && !isKnownEvent(foreign), "known kinds are told from a pack's");
expect(!isKnownEvent({ ...called, schema_version: 1 }), "of another version it is none of these");
expect(!isKnownEvent({ ...foreign, kind: "toString" }), "what every object has is no kind");
const some: AnyEvent = called;
expect(isKind(some, "agent-runtime:tool_called") && some.payload.duration_ms === 2, "a guard narrows to one kind");
expect(!isKind(some, "task_blocked"), "and refuses another");
expect(kinds["task_blocked"].class === "queue", "the table says how a kind travels");
expect(JSON.stringify(payloadOf(blocked)) === '{"task_id":"t-1","reason":"r"}', "the payload of a flat kind is its members");
expect(payloadOf(called).tool_name === "task:create", "the payload of a prefixed kind is its payload");

expect(parseEvent(JSON.stringify(called)).kind === called.kind, "a line is read");
for (const text of ["null", "[]", "1", JSON.stringify({ ...called, seq: "3" }), JSON.stringify({ ...called, from: 1 })])
  throws(() => parseEvent(text), `${text} is refused`);

const same = (a: unknown, b: unknown): boolean => {
  const sorted = (value: unknown): unknown => typeof value === "object" && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).sort(([x], [y]) => (x < y ? -1 : 1)).map(([name, each]) => [name, sorted(each)])) : value;
  return JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));
};
for (const event of [called, blocked, { ...blocked, from: 'ws-42:phone:"π"/50%', channel: "bridge:a b", on_behalf_of: "operator:ana" }])
  expect(same(fromCloudEvent(toCloudEvent(event)), event), `${event.kind} comes back as it was`);
const cloud = toCloudEvent(called);
for (const wrong of [{ source: "/elsewhere" }, { data: 1 }, { sequence: "x" }, { emittedat: undefined }])
  throws(() => fromCloudEvent({ ...cloud, ...wrong }), `${JSON.stringify(wrong)} is refused`);
