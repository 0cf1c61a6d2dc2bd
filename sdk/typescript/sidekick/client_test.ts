// All 16 tools of a real sidecar with the typed client: node client_test.js URL TOKEN. Throws at the first thing amiss.

import { Client, ToolFailure, packVersion } from "./client.js";
import type { Tools, ToolName, Reply, RequestOf, ResponseOf } from "./client.js";

declare const process: { argv: string[] };

const [url, token] = process.argv.slice(2) as [string, string];
const client = new Client({ url, token });
const called = new Set<string>();

function expect(held: boolean, what: string): void {
  if (!held) throw new Error(`it was expected that ${what}`);
}

async function call<Name extends ToolName>(tool: Name, request: RequestOf<Name>): Promise<ResponseOf<Name>> {
  const reply: Reply<ResponseOf<Name>> = await client.call(tool, request);
  expect(/^rcpt-/.test(reply.receiptId), `${tool} has a receipt`);
  called.add(tool);
  return reply.data;
}

async function failure(attempt: Promise<unknown>): Promise<ToolFailure> {
  try {
    await attempt;
  } catch (error) {
    if (error instanceof ToolFailure) return error;
    throw error;
  }
  throw new Error("a failure was expected");
}

// Every tool and every field has a name here; one that the contract lost or renamed does not compile.
const everyTool: { [Name in keyof Tools]: true } = {
  "task:create": true, "task:list": true, "task:complete": true, "task:schedule": true,
  "memory:store": true, "memory:recall": true, "memory:forget": true,
  "channel:configure": true, "channel:send": true, "channel:receive": true,
  "routine:create": true, "routine:list": true, "routine:run": true,
  "sidekick:init": true, "sidekick:status": true, "sidekick:export": true,
};

async function tasks(): Promise<void> {
  const { task } = await call("task:create", { title: "Water the plants", priority: "P1", tags: ["home"] });
  expect(task.status === "pending" && task.priority === "P1", "the task is as asked for");
  const scheduled = await call("task:schedule", { id: task.id, cron: "0 9 * * *" });
  expect(scheduled.task.next_due_at !== undefined, "a scheduled task says when it falls due");
  const done = await call("task:complete", { id: task.id, note: "done" });
  expect(done.task.note === "done" && done.task.completed_at !== undefined, "the task is completed");
  const dry = await call("task:create", { title: "Nothing", dry_run: true });
  expect(dry.dry_run === true, "a dry run says so");
  for (let i = 0; i < 4; ++i) await call("task:create", { title: `Task ${i}` });
  expect((await call("task:list", { limit: 2 })).next_cursor !== undefined, "more pages follow");
  const titles: string[] = [];
  for await (const each of client.items("task:list", { limit: 2 })) titles.push(each.title);
  expect(titles.length === 5 && titles[4] === "Water the plants", "all pages come, newest first");
}

async function memories(): Promise<void> {
  const { memory } = await call("memory:store", { type: "fact", content: "The kettle is blue" });
  const found = await call("memory:recall", { query: "kettle" });
  expect(found.count === 1 && found.items[0]?.id === memory.id, "the memory is recalled");
  expect((await call("memory:forget", { id: memory.id })).deleted_id === memory.id, "it is forgotten");
}

async function channels(): Promise<void> {
  const { channel } = await call("channel:configure", { name: "day", type: "terminal" });
  const { message } = await call("channel:send", { content: "hello", channel: channel.name, metadata: { n: 1 } });
  expect(message.delivery.state === "stored" || message.delivery.state === "delivered", "the message went out");
  expect((await call("channel:receive", { channel: "day" })).items[0]?.id === message.id, "it can be received");
  let seen = 0;
  for await (const each of client.items("channel:receive", { limit: 1 })) seen += each.content === "hello" ? 1 : 0;
  expect(seen === 1, "a cursor that is always there still comes to an end");
}

async function routines(): Promise<void> {
  const { routine, warnings } = await call("routine:create", { name: "Morning", steps: [{ tool: "task:list" }, { tool: "no:tool" }] });
  expect(warnings.length === 1, "an unknown tool is a warning");
  expect((await call("routine:list", { enabled_only: true })).items[0]?.id === routine.id, "the routine is listed");
  const planned = await call("routine:run", { id: routine.id });
  expect(planned.plan_only && planned.plan.length === 2 && planned.governance.dispatch_required, "a plan, no more");
}

async function failures(): Promise<void> {
  const absent = await failure(client.call("task:complete", { id: "task-01ARZ3NDEKTSV4RRFFQ69G5FAV" }));
  expect(absent.code === "NOT_FOUND" && absent.httpStatus === 200 && absent.receiptId !== "", "the tool's own failure");
  const wrong = await failure(client.call("task:create", { title: "" }));
  expect(wrong.code === "INVALID_INPUT" && wrong.httpStatus === 400 && !wrong.retryable, "a wrong input is refused");
  const stranger = new Client({ url, token: "nobody" });
  expect((await failure(stranger.call("task:list", {}))).code === "UNAUTHENTICATED", "a bad token is refused");
  const nowhere = await failure(new Client({ url: "http://127.0.0.1:1", token }).call("task:list", {}));
  expect(nowhere.code === "UNREACHABLE" && nowhere.retryable, "nobody answers there");
  const gone = new AbortController();
  gone.abort();
  expect((await failure(client.call("task:list", {}, { signal: gone.signal }))).code === "CANCELLED", "a call can be given up");

  const once = await client.call("task:create", { title: "once" }, { idempotencyKey: "key-1" });
  const again = await client.call("task:create", { title: "once" }, { idempotencyKey: "key-1" });
  expect(!once.replayed && again.replayed && again.receiptId === once.receiptId, "a retry gives the recorded answer");
  expect(again.data.task.id === once.data.task.id, "and does nothing twice");
  const other = await failure(client.call("task:create", { title: "other" }, { idempotencyKey: "key-1" }));
  expect(other.code === "IDEMPOTENCY_CONFLICT" && other.httpStatus === 409, "a key stands for one request");
}

async function main(): Promise<void> {
  expect((await call("sidekick:init", {})).initialized, "sidekick is set up");
  await tasks();
  await memories();
  await channels();
  await routines();
  const status = await call("sidekick:status", {});
  expect(status.health === "ok" && status.counts.tasks === 5, "the state is sound");
  const all = await call("sidekick:export", { format: "ndjson", include_audit: false });
  expect(typeof all.data.tasks === "string" && all.data.audit === undefined, "an export in lines, without the audit");
  await failures();
  const missed = Object.keys(everyTool).filter((tool) => !called.has(tool));
  expect(missed.length === 0, `every tool was called, but not ${missed.join(", ")}`);
  console.log(`the ${called.size} tools of sidekick ${packVersion} answer as their types say`);
}

await main();
