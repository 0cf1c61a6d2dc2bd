// MemoryHost keeps the promises of the real host.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Pack, ToolError, buildKernelEventV2 } from "../index.js";
import { MemoryHost } from "../testing.js";

const noon = "2026-03-01T12:00:00.000Z";
const pack = new Pack();

pack.tool("bank:put", async (context, input) => {
  await context.store.put(input.key, input);
  await context.emit("bank:put", { key: input.key }, { idempotencyKey: input.key });
  await context.emitNow("bank:tried", { key: input.key });
  if (input.fail) throw new ToolError("NO_FUNDS", "there is nothing left");
  const { items } = await context.store.scan("", { limit: 2 });
  return { seen: items.map(({ key }) => key), id: context.newUlid() };
});

pack.handler("bank:put", { replayKey: (event) => event.payload.key }, async (context, event) => {
  await context.store.put(`noted/${event.payload.key}`, event.event_id);
  await context.emit("bank:noted", {});
});

const kinds = (host) => host.events.map(({ kind }) => kind);

test("what a call does counts with its result", async () => {
  const host = new MemoryHost(pack);
  assert.deepEqual((await host.call("bank:put", { key: "b" })).data.seen, ["b"]);
  assert.deepEqual([...host.store.keys()], ["b"]);
  assert.deepEqual(kinds(host), ["bank:tried", "bank:put"]);
  assert.deepEqual(host.events[1], buildKernelEventV2("bank:put", { key: "b" }, { idempotencyKey: "b", timestamp: noon }));
});

test("a failed call leaves nothing but what was emitted at once", async () => {
  const host = new MemoryHost(pack);
  assert.equal((await host.call("bank:put", { key: "a", fail: true })).error.code, "NO_FUNDS");
  assert.deepEqual([host.store.size, kinds(host)], [0, ["bank:tried"]]);
  await host.call("bank:put", { key: "a" }); // its key was given up too
  assert.deepEqual(kinds(host), ["bank:tried", "bank:tried", "bank:put"]);
});

test("a key stands for one event", async () => {
  const host = new MemoryHost(pack);
  await host.call("bank:put", { key: "a" });
  await host.call("bank:put", { key: "a" });
  assert.equal(kinds(host).filter((kind) => kind === "bank:put").length, 1);
});

test("another payload under a key is refused", async () => {
  const other = new Pack();
  other.tool("x:y", (context, input) => context.emit("x:y", input, { idempotencyKey: "k" }));
  const host = new MemoryHost(other);
  assert.ok((await host.call("x:y", { n: 1 })).success);
  assert.equal((await host.call("x:y", { n: 2 })).error.code, "IDEMPOTENCY_CONFLICT");
});

test("an event is applied once", async () => {
  const host = new MemoryHost(pack);
  const first = buildKernelEventV2("bank:put", { key: "a" }, { timestamp: noon });
  const again = buildKernelEventV2("bank:put", { key: "a" }, { timestamp: "2026-03-01T13:00:00Z" });
  const applied = [];
  for (const event of [first, first, again]) applied.push(await host.deliver(event));
  assert.deepEqual(applied, [true, false, false]);
  assert.deepEqual([...host.store], [["noted/a", first.event_id]]);
  assert.equal(host.events.length, 1);
});

test("ids differ between runs, and keys sort by byte", async () => {
  const host = new MemoryHost(pack);
  const ids = [];
  for (const key of ["\u{1f600}", "\ufb33"]) ids.push((await host.call("bank:put", { key })).data.id);
  assert.ok(ids[0] < ids[1]);
  assert.deepEqual((await host.call("bank:put", { key: "z" })).data.seen, ["z", "\ufb33"]);
});

test("a pack says what it has once", () => {
  assert.throws(() => pack.tool("bank:put", () => null), /twice/);
  assert.throws(() => pack.handler("bank:other", {}, () => null), /replayKey or idempotent/);
  assert.throws(() => new ToolError("not found", "x"), /NOT_FOUND/);
});
