// The client against a real conductor and the sidecar of a real workspace that is enrolled with it.
//
//   conductor_test.js URL LINK     LINK: what `lumenflow device add` gave. Prints the key's thumbprint, for the
//                                  workspace's operator to compare and accept; later asks for the sidecar to be ended, and
//                                  goes on with the next line of its input.

import { Conductor, DeviceKey, Problem, type WorkspaceEvent, canonicalJson, canonicalTexts, serverEvents } from "./index.js";

declare const process: { argv: string[]; stdin: AsyncIterable<unknown>; stdout: { write(text: string): void } };

function expect(condition: boolean, what: string): asserts condition {
  if (!condition) throw new Error(`expected: ${what}`);
}

async function problem(asked: Promise<unknown>, code: string, status: number): Promise<void> {
  const thrown = await asked.then(() => undefined, (error: unknown) => error);
  expect(thrown instanceof Problem, `a Problem instead of ${String(thrown)}`);
  expect(thrown.code === code && thrown.httpStatus === status, `${code} ${status} instead of ${thrown.code} ${thrown.httpStatus}: ${thrown.message}`);
}

async function rejects(asked: Promise<unknown>, what: string): Promise<void> {
  expect(await asked.then(() => false, () => true), what);
}

async function eventually<T>(look: () => Promise<T | undefined>): Promise<T> {
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const [url = "", link = ""] = process.argv.slice(2);
const invited = new URLSearchParams(link.slice(link.indexOf("?")));
const workspace = invited.get("workspace") ?? "", deviceId = invited.get("device") ?? "", ticket = invited.get("ticket") ?? "";
const subject = `${workspace}:phone:${deviceId}`;

// Without a conductor: what is signed, and what a stream is read as.
expect(canonicalTexts({ b: "é\n\"", a: "" }) === '{"a":"","b":"é\\n\\""}', "canonical JSON");
expect(canonicalJson({ b: [1e21, -0, "\u2028"], a: { z: null, "\u00e4": true } }) === '{"a":{"z":null,"ä":true},"b":[1e+21,0,"\u2028"]}', "canonical JSON of more than texts");
let refused = false;
try {
  canonicalTexts({ a: "\uD800" });
} catch {
  refused = true;
}
expect(refused, "half of a surrogate pair has no canonical form");
const chunks = ["id: 7\nevent: a\nda", "ta: {\"x\":\"ü", "\"}\ndata: 2\n\n: beat\n\ndata:3\n\nid: 8\ndata: half"];
const body = new ReadableStream<Uint8Array>({
  start(controller) {
    for (const chunk of chunks) controller.enqueue(new TextEncoder().encode(chunk));
    controller.close();
  },
});
const read: string[] = [];
for await (const event of serverEvents(body)) read.push(`${event.id}|${event.event}|${event.data}`);
expect(JSON.stringify(read) === JSON.stringify(['7|a|{"x":"ü"}\n2', "7|message|3"]), `events instead of ${JSON.stringify(read)}`);

// A device with a key that cannot leave.
const key = await DeviceKey.generate();
await rejects(crypto.subtle.exportKey("pkcs8", key.pair.privateKey), "the private key is not to be had");
const stranger = new Conductor({ url });
await problem(stranger.requestDevice({ ticket: "AAAAA-AAAAA", workspace, deviceId, name: "Pixel", key: await key.publicKey() }), "UNAUTHENTICATED", 401);
await stranger.requestDevice({ ticket, workspace, deviceId, name: "Pixel", key: await key.publicKey() });
process.stdout.write(JSON.stringify({ thumbprint: await key.thumbprint() }) + "\n");
const accepted = await stranger.deviceDecision(ticket, deviceId);
expect(accepted.state === "accepted" && !("token" in accepted), `accepted: ${JSON.stringify(accepted)}`);
await problem(stranger.renew(workspace, deviceId, await DeviceKey.generate()), "UNAUTHENTICATED", 401);
const phone = new Conductor({ url });
const given = await phone.renew(workspace, deviceId, key);
expect(given.workspace_token !== undefined, "the workspace's own token, too");
await problem(stranger.tools(workspace), "UNAUTHENTICATED", 401);

// What the workspace offers, and a call, whose event arrives.
const tools = await phone.tools(workspace);
expect(tools.some((tool) => tool.name === "task:create"), "task:create among the tools");
const watching = new AbortController();
const seen: WorkspaceEvent[] = [];
const follows = (async () => {
  for await (const item of phone.follow(workspace, { after: 0, kind: "agent-runtime:tool_called", signal: watching.signal }))
    if ("kind" in item) seen.push(item);
})();
const signer = { key, subject };
await problem(phone.call(workspace, "task:create", { title: "Unsigned" }), "TOKEN_SCOPE_DENIED", 403);
await problem(phone.call(workspace, "task:create", { title: "By another key" }, { signer: { key: await DeviceKey.generate(), subject } }), "UNAUTHENTICATED", 401);
const made = await phone.call(workspace, "task:create", { title: "Water the plants" }, { idempotencyKey: "plants-1", signer });
expect(made.state === "done" && made.result?.success === true, `done: ${JSON.stringify(made)}`);
const again = await phone.call(workspace, "task:create", { title: "Water the plants" }, { idempotencyKey: "plants-1", signer });
expect(again.command_id === made.command_id, "the same key is the same call");
await problem(phone.call(workspace, "task:create", { title: "Another" }, { idempotencyKey: "plants-1", signer }), "IDEMPOTENCY_CONFLICT", 409);
await problem(phone.call(workspace, "no:such_tool", {}, { signer }), "TOOL_NOT_FOUND", 404);
await eventually(async () => (seen.some((event) => JSON.stringify(event.payload).includes(made.receipt_id ?? "?")) ? true : undefined));

// A call of an operator that waits until the device approves it.
const operator = new Conductor({ url });
await problem(operator.signIn("ana", "not this passphrase"), "UNAUTHENTICATED", 401);
await operator.signIn("ana", "correct horse battery");
const pending = () => eventually(async () =>
  (await phone.approvals(workspace, "pending")).find((each) => each.tool_name === "memory:store"));
const note = { type: "preference", content: "Tea in the afternoon" };
const asking = new AbortController();
const waiting = operator.call(workspace, "memory:store", note, { signal: asking.signal });
const approval = await pending();
const ignored = await phone.decide(approval, await DeviceKey.generate(), { decision: "approve", subject });
const nothing = await phone.outcome(workspace, ignored.command_id);
expect(JSON.stringify(nothing.result).includes('"code":"UNAUTHENTICATED"'), `another key decides nothing: ${JSON.stringify(nothing)}`);
await problem(operator.told(operator.api.POST("/v2/approvals/{approval_id}", {
  params: { path: { approval_id: approval.approval_id } }, body: { decision: "approve", signature: "", workspace_id: workspace },
})), "TOKEN_SCOPE_DENIED", 403);
const decided = await phone.decide(approval, key, { decision: "approve", subject, reason: "tea is good" });
const counted = await phone.outcome(workspace, decided.command_id);
expect(JSON.stringify(counted.result).includes('"success":true'), `the decision counts: ${JSON.stringify(counted)}`);
const approved = await waiting;
expect(approved.state === "done" && approved.result?.success === true, `approved: ${JSON.stringify(approved)}`);

// The workspace goes away: what is asked meanwhile waits, and can be taken back.
process.stdout.write(JSON.stringify({ wanted: "no sidecar" }) + "\n");
for await (const _gone of process.stdin) break;
const queued = await operator.told(operator.api.POST("/v2/workspaces/{id}/tools/{name}", {
  params: { path: { id: workspace, name: "memory:store" }, query: { wait: "0s" } }, body: note,
}));
await problem(operator.told(operator.api.POST("/v2/workspaces/{id}/tools/{name}", {
  params: { path: { id: workspace, name: "memory:store" }, query: { wait: "soon" } }, body: note,
})), "INVALID_REQUEST", 400);
const queuedId = queued.command_id ?? "";  // there is one where it went over the uplink
await operator.cancel(workspace, queuedId, "never mind");
const taken = await operator.outcome(workspace, queuedId);
expect(taken.state === "cancelled" && taken.error?.message === "never mind", `cancelled: ${JSON.stringify(taken)}`);
await problem(operator.cancel(workspace, queuedId), "CONFLICT", 409);
await operator.signOut();
await problem(operator.tools(workspace), "UNAUTHENTICATED", 401);

// The device with a new token.
await phone.renew(workspace, deviceId, key);
expect((await phone.tools(workspace)).length === tools.length, "the new token is as good");
watching.abort();
await follows;
expect(new Set(seen.map((event) => event.event_id)).size === seen.length, "each event once");
expect(seen.every((event, i) => i === 0 || event.position > (seen[i - 1]?.position ?? 0)), "in order");
await problem(new Conductor({ url: "http://127.0.0.1:1" }).tools(workspace), "UNREACHABLE", 0);
process.stdout.write(JSON.stringify({ ok: true, events: seen.length }) + "\n");
