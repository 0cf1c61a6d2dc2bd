// The official client (@ag-ui/client), which checks the order and shape of every event by itself.
//   node run.mjs '{"url", "token", "stranger", "program", "root"}'
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createPrivateKey, sign } from "node:crypto";
import { readFileSync } from "node:fs";
import { HttpAgent } from "@ag-ui/client";

const world = JSON.parse(process.argv[2]);
const endpoint = `${world.url}/ag-ui/v1/run`;
let messages = 0;

function agentFor(model, token = world.token) {
  const agent = new HttpAgent({ url: endpoint, headers: { Authorization: `Bearer ${token}` }, threadId: `thread of ${model} ${++messages}` });
  return agent;
}

// One run: its events, and how it ended.
async function run(agent, model, { say, resume, onEvent } = {}) {
  if (say) agent.addMessage({ id: `u${++messages}`, role: "user", content: say });
  const events = [];
  const end = {};
  try {
    await agent.runAgent({ resume, forwardedProps: model ? { lumenflow: { model_profile: model } } : {} }, {
      onEvent: ({ event }) => { events.push(event); onEvent?.(event); },
      onRunFinishedEvent: (finished) => Object.assign(end, finished),
      onRunErrorEvent: ({ event }) => { end.error = event; },
      onRunFailed: ({ error }) => { end.failed = error; },
    });
  } catch (error) {
    end.failed = error;
  }
  return { events, end, types: events.map((event) => event.type) };
}

const textOf = (events) => events.filter((event) => event.type === "TEXT_MESSAGE_CONTENT").map((event) => event.delta).join("");
const lumenflow = (...words) => execFileSync(world.program, ["--workspace", world.root, ...words], { encoding: "utf8" });
async function get(path) {
  const answer = await fetch(world.url + path, { headers: { Authorization: `Bearer ${world.token}` } });
  return answer.json();
}

// --- text ---
{
  const agent = agentFor("text");
  const { types, events, end } = await run(agent, "text", { say: "Hello?" });
  assert.deepEqual(types, ["RUN_STARTED", "STEP_STARTED", "TEXT_MESSAGE_START", "TEXT_MESSAGE_CONTENT", "TEXT_MESSAGE_END",
    "STEP_FINISHED", "STATE_SNAPSHOT", "RUN_FINISHED"]);
  assert.equal(textOf(events), "Hello there.");
  assert.equal(end.outcome, "success");
  assert.equal(agent.messages.at(-1).content, "Hello there.");
  assert.match(agent.state.lumenflow.turn_id, /^t-/);
  console.log("text: ok");
}

// --- a tool ---
{
  const agent = agentFor("tool");
  const { events, end } = await run(agent, "tool", { say: "Tidy up" });
  assert.equal(end.outcome, "success", JSON.stringify(end));
  const call = agent.messages.find((message) => message.toolCalls)?.toolCalls[0];
  assert.equal(call.function.name, "task:create");
  assert.deepEqual(JSON.parse(call.function.arguments), { title: "Tidy up" });
  const answer = agent.messages.find((message) => message.role === "tool");
  assert.equal(answer.toolCallId, call.id);
  assert.equal(JSON.parse(answer.content).outcome, "success");
  assert.equal(textOf(events), "Created Tidy up.");
  console.log("tool: ok");
}

// --- a tool that policy denies: the model is told, and so is the client ---
{
  const agent = agentFor("denied");
  const { events, end } = await run(agent, "denied", { say: "What do you remember?" });
  assert.equal(end.outcome, "success", JSON.stringify(end));
  const answer = agent.messages.find((message) => message.role === "tool");
  assert.equal(JSON.parse(answer.content).error.code, "POLICY_DENIED");
  assert.match(textOf(events), /POLICY_DENIED/);
  console.log("denied tool: ok");
}

// --- an approval: interrupt, decided on the console, resume ---
async function interrupted() {
  const agent = agentFor("approval");
  const first = await run(agent, "approval", { say: "Go" });
  assert.equal(first.end.outcome, "interrupt", JSON.stringify(first.end));
  const [interrupt] = first.end.interrupts;
  assert.equal(interrupt.reason, "tool_call");
  const call = agent.messages.flatMap((message) => message.toolCalls ?? []).find((each) => each.id === interrupt.toolCallId);
  assert.equal(call.function.name, "routine:list");
  return { agent, interrupt };
}
{
  const { agent, interrupt } = await interrupted();
  const resume = [{ interruptId: interrupt.id, status: "resolved", payload: { approved: true } }];
  const other = new HttpAgent({ url: endpoint, headers: { Authorization: `Bearer ${world.token}` }, threadId: agent.threadId });
  const blocked = await run(other, undefined, { say: "Something else" });
  assert.equal(blocked.end.error?.code, "CONFLICT", "what waits blocks new input");
  const stranger = new HttpAgent({ url: endpoint, headers: { Authorization: `Bearer ${world.stranger}` }, threadId: agent.threadId });
  const refused = await run(stranger, undefined, { resume });
  assert.equal(refused.end.error?.code, "NOT_FOUND", "another's thread says nothing");
  lumenflow("approvals", "approve", interrupt.id);
  const second = await run(agent, undefined, { resume });
  assert.equal(second.end.outcome, "success", JSON.stringify(second.end));
  const result = second.events.find((event) => event.type === "TOOL_CALL_RESULT");
  assert.equal(result.toolCallId, interrupt.toolCallId);
  assert.equal(JSON.parse(result.content).outcome, "success");
  assert.ok(!second.types.includes("TOOL_CALL_START"), "the call is not told again");
  assert.match(textOf(second.events), /success/);
  const again = await run(new HttpAgent({ url: endpoint, headers: { Authorization: `Bearer ${world.token}` }, threadId: agent.threadId }), undefined, { resume });
  assert.equal(again.end.error?.code, "CONFLICT", "a resume that is sent again does nothing");
  console.log("approval on the console: ok");
}

// --- an approval that the client's user signs: what POST /approvals/{id} takes goes along with the answer ---
{
  const { agent, interrupt } = await interrupted();
  const shown = await get(`/approvals/${interrupt.id}`);
  const unsigned = await run(agent.clone(), undefined, { resume: [{ interruptId: interrupt.id, status: "resolved", payload: { approved: false } }] });
  assert.ok(unsigned.end.error, "a decision is signed, or it is none");
  const decided_at = new Date().toISOString();
  const statement = { approval_id: interrupt.id, call_digest: shown.call_digest, decided_at, decided_by: shown.decider,
    decision: "deny", purpose: "approval", reason: "not today" };
  const key = createPrivateKey(readFileSync(`${world.root}/.lumenflow/state/keys/operator.pem`));
  const signature = sign("sha256", Buffer.from(JSON.stringify(statement)), { key, dsaEncoding: "ieee-p1363" }).toString("base64url");
  const second = await run(agent, undefined, { resume: [{ interruptId: interrupt.id, status: "resolved", payload: { approved: false },
    metadata: { "io.lumenflow/decision": { decided_at, reason: "not today", signature } } }] });
  assert.equal(second.end.outcome, "success", JSON.stringify(second.end));
  const result = second.events.find((event) => event.type === "TOOL_CALL_RESULT");
  assert.equal(JSON.parse(result.content).error.code, "APPROVAL_DENIED");
  console.log("approval signed by the client's user: ok");
}

// --- given up, and what is no answer ---
{
  const { agent, interrupt } = await interrupted();
  for (const [entry, code] of [
    [{ interruptId: "appr-01JEXAMP1E0000000000000000", status: "cancelled" }, "NOT_FOUND"],
    [{ interruptId: interrupt.id, status: "resolved", payload: "yes" }, "INVALID_INPUT"],
    [{ interruptId: interrupt.id, status: "resolved", payload: { approved: true, editedArgs: {} } }, "INVALID_INPUT"]]) {
    const wrong = new HttpAgent({ url: endpoint, headers: { Authorization: `Bearer ${world.token}` }, threadId: agent.threadId });
    const { end } = await run(wrong, undefined, { resume: [entry] });
    assert.equal(end.error?.code, code, JSON.stringify(end));
  }
  const second = await run(agent, undefined, { resume: [{ interruptId: interrupt.id, status: "cancelled" }] });
  assert.equal(second.end.outcome, "success", JSON.stringify(second.end));
  assert.match(textOf(second.events), /cancelled/);
  console.log("given up: ok");
}

// --- the model asks a person ---
{
  const agent = agentFor("question");
  const first = await run(agent, "question", { say: "Choose" });
  assert.equal(first.end.outcome, "interrupt", JSON.stringify(first.end));
  assert.equal(first.end.interrupts[0].reason, "input_required");
  assert.match(first.end.interrupts[0].message, /Which one/);
  const second = await run(agent, "question", { resume: [{ interruptId: first.end.interrupts[0].id, status: "resolved", payload: { answer: "That one" } }] });
  assert.equal(second.end.outcome, "success", JSON.stringify(second.end));
  assert.equal(textOf(second.events), "Thank you.");
  console.log("question: ok");
}

// --- a turn that has to be approved itself ---
{
  const agent = agentFor("gated");
  const first = await run(agent, "gated", { say: "Go" });
  assert.equal(first.end.outcome, "interrupt", JSON.stringify(first.end));
  const [interrupt] = first.end.interrupts;
  assert.equal(interrupt.reason, "confirmation");
  lumenflow("approvals", "approve", interrupt.id);
  const second = await run(agent, "gated", { resume: [{ interruptId: interrupt.id, status: "resolved", payload: { approved: true } }] });
  assert.equal(second.end.outcome, "success", JSON.stringify(second.end));
  assert.equal(textOf(second.events), "Let in.");
  console.log("approved turn: ok");
}

// --- errors: of the model, of the input, of the token ---
{
  const failed = await run(agentFor("error"), "error", { say: "Go" });
  assert.equal(failed.end.error?.code, "PROVIDER_RATE_LIMITED");
  assert.equal(failed.types[0], "RUN_STARTED");
  const nothing = await run(agentFor("text"), "text");
  assert.equal(nothing.end.error?.code, "INVALID_INPUT");
  const post = (body, token) => fetch(endpoint, { method: "POST", body, headers: { "Content-Type": "application/json", ...(token ? { Authorization: `Bearer ${token}` } : {}) } });
  assert.equal((await post("{}", undefined)).status, 401);
  assert.equal((await post("{}", world.token)).status, 400);
  assert.equal((await post("{", world.token)).status, 400);
  const reader = lumenflow("token", "mint", "--scope", "tools:read").trim();
  assert.equal((await post("{}", reader)).status, 403);
  console.log("errors: ok");
}

// --- the same run twice is one turn ---
{
  const body = JSON.stringify({ threadId: "twice", runId: "run-1", messages: [{ id: "1", role: "user", content: "Hello?" }] });
  const post = async () => {
    const answer = await fetch(endpoint, { method: "POST", body, headers: { "Content-Type": "application/json", Authorization: `Bearer ${world.token}` } });
    return (await answer.text()).split("\n\n").filter((frame) => frame.startsWith("data: ")).map((frame) => JSON.parse(frame.slice(6)));
  };
  const [first, second] = [await post(), await post()];
  const receipt = (events) => events.at(-1).result.receipt_id;
  assert.equal(receipt(first), receipt(second));
  assert.equal(textOf(second), "Hello there.");
  console.log("twice: ok");
}

// --- a client that goes away ends its run ---
{
  const agent = agentFor("slow");
  const gone = await run(agent, "slow", { say: "Go", onEvent: (event) => { if (event.type === "TOOL_CALL_START") agent.abortRun(); } });
  assert.ok(!gone.types.includes("RUN_FINISHED"));
  const ended = async () => {
    const { items } = await get("/audit?limit=1000");
    return items.map((item) => item.entry ?? item).find((entry) => JSON.stringify(entry).includes('"cancelled"'));
  };
  for (let tries = 0; tries < 600 && !(await ended()); ++tries) await new Promise((resolve) => setTimeout(resolve, 50));
  assert.ok(await ended(), "the turn was cancelled");
  console.log("gone: ok");
}
