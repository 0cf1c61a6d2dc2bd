// The pack that protocol_test.py drives, in JavaScript.

import { Pack, ToolError, ToolOutput } from "../../../sdk/typescript/pack-sdk/index.js";

const pack = new Pack();

pack.tool("probe:echo", (_, input) => input);

pack.tool("probe:surroundings", (context) => ({
  receipt_id: context.receiptId, tool: context.tool, subject: context.subject, now_ms: context.nowMs(),
  ulids: [context.newUlid(), context.newUlid()], config: context.config,
}));

pack.tool("probe:ledger", async (context, input) => {
  await context.store.put("a", input);
  await context.store.delete("b");
  const absent = (await context.store.get("b")) === null;
  const keys = [];
  for await (const { key } of context.store.items("a")) keys.push(key);
  const emitted = await context.emitNow("probe:done", { n: 1 }, { idempotencyKey: "k", timestamp: "2026-03-01T13:00:00+01:00" });
  await context.emit("probe:done", { n: 2 });
  return { a: await context.store.get("a"), absent, keys, event_id: emitted.event_id };
});

pack.tool("probe:refuse", () => {
  throw new ToolError("NOT_FOUND", "no such thing", { asked: true });
});

pack.tool("probe:crash", async () => {
  throw new Error("the tool broke");
});

pack.tool("probe:until_cancelled", async (context) => {
  for (;;) await context.store.get("a");
});

pack.tool("probe:print", (context) => {
  console.log("this is no message");
  context.progress(0.5, "half");
  context.log("info", "a line", { n: 1 });
  return new ToolOutput({ printed: true }, [{ type: "text", text: "printed" }]);
});

pack.tool("probe:outside", async (context) => ({
  data: await context.invoke("other:tool", { x: 1 }, { idempotencyKey: "i" }),
  status: (await context.fetch("https://example.com/hook", "{}")).status,
  handled: await context.wasHandled("conductor:recovery_requested", "t-1"),
  task: await context.tasks("claim", { task_id: "t-1" }),
}));

pack.tool("probe:streamed", async (context, { wanted = 1000 }) => {
  let text = "";
  const said = await context.fetch("https://example.com/stream", undefined, {
    method: "GET", headers: [{ name: "authorization", value: "Bearer ", environment: "PROBE_KEY" }],
    sink: (piece) => (text += piece).length < wanted,
  });
  return { text, complete: said.complete, type: said.headers["content-type"] };
});

pack.tool("probe:program", async (context) => {
  /** @type {string[]} */
  const lines = [];
  const end = await context.runProgram(["printf", "a\\nb"], {
    directory: "jobs", environment: { X: "1" }, stdin: "in", paths: [{ pattern: "jobs/**", access: "read" }],
    timeoutMs: 1000, onLine: (stream, line) => lines.push(`${stream}: ${line}`),
  });
  return { lines, exit_code: end.exit_code, limit: end.limit };
});

pack.handler("conductor:recovery_requested", { replayKey: (event) => event.payload.target_id }, async (context, event) => {
  await context.store.put(`recovered/${event.payload.target_id}`, { attempt: context.attempt, from: event.from });
});

pack.handler("task_created", { idempotent: true }, (_, event) => {
  throw new Error(`not today, ${event.payload.task_id}`);
});

pack.status((receiptId) => {
  if (receiptId === "rcpt-applied") return { status: "applied", data: { n: 1 } };
  return { status: receiptId === "rcpt-not" ? "not_applied" : "unknown" };
});

await pack.run();
