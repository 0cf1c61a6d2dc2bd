// What a client sees of a governed workspace, with the official clients of both generations: calls that wait for an
// approval, calls that are given up, events as resources, and lists that change.
//   node governed.mjs URL PROGRAM WORKSPACE
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { Client as OldClient } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport as OldHttp } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import {
  ElicitRequestSchema, ResourceUpdatedNotificationSchema, ToolListChangedNotificationSchema,
} from "@modelcontextprotocol/sdk/types.js";
import { Client as NewClient, StreamableHTTPClientTransport as NewHttp } from "@modelcontextprotocol/client";

const [url, program, workspace] = process.argv.slice(2);
const info = { name: "lumenflow-tests", version: "1.0.0" };
const capabilities = { elicitation: {} };
const kEvents = "lumenflow://events/mcp-conformance:watched_changed";
const run = promisify(execFile);
const lumenflow = async (...words) => (await run(program, ["--workspace", workspace, ...words])).stdout;

// Something that is said later: `next()` is the first of it that fits, whenever it comes.
function heard() {
  const said = [], waiting = [];
  return {
    say(item) {
      said.push(item);
      for (const look of [...waiting]) look();
    },
    next: (fits = () => true) => new Promise((resolve) => {
      const look = () => {
        const found = said.findIndex(fits);
        if (found < 0) return;
        waiting.splice(waiting.indexOf(look), 1);
        resolve(said.splice(found, 1)[0]);
      };
      waiting.push(look);
      look();
    }),
  };
}

// What the record says of the last call of a tool, once it has ended.
async function outcomeOf(tool) {
  for (;;) {
    const listed = await lumenflow("audit", "list", "--tool", `mcp-conformance:${tool}`, "--json");
    const outcomes = [...listed.matchAll(/"outcome": ?"(\w+)"/g)].map((found) => found[1]);
    if (outcomes.length) return outcomes.at(-1);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

// --- a session: 2025-11-25 ---
{
  const updated = heard(), changed = heard(), asked = heard(), progress = heard();
  const client = new OldClient(info, { capabilities });
  client.setNotificationHandler(ResourceUpdatedNotificationSchema, ({ params }) => updated.say(params.uri));
  client.setNotificationHandler(ToolListChangedNotificationSchema, () => changed.say("tools"));
  client.setRequestHandler(ElicitRequestSchema, () => new Promise(() => asked.say("a person")));  // who never answers
  await client.connect(new OldHttp(new URL(url)));

  // Nothing was done yet; the record says when it was.
  const parked = await client.callTool({ name: "test_simple_text", arguments: {} }, undefined, { onprogress: (said) => progress.say(said) });
  assert.equal(parked.isError, true, "no client may take it for a success");
  const meta = parked._meta;
  assert.equal(meta["io.lumenflow/status"], "pending_approval");
  assert.match((await progress.next()).message, new RegExp(meta["io.lumenflow/approval_id"]));
  const call = `lumenflow://calls/${meta["io.lumenflow/receipt_id"]}`;
  await client.subscribeResource({ uri: call });
  await lumenflow("approvals", "approve", meta["io.lumenflow/approval_id"]);
  await updated.next((uri) => uri === call);
  const { contents } = await client.readResource({ uri: call });
  assert.equal(JSON.parse(contents[0].text).status, "success");
  console.log("2025-11-25, an approval: ok");

  // Given up while somebody is asked.
  const stop = new AbortController();
  const given = client.callTool({ name: "test_elicitation", arguments: { message: "Who?" } }, undefined, { signal: stop.signal });
  await asked.next();
  stop.abort("no more");
  await assert.rejects(given);
  assert.equal(await outcomeOf("test_elicitation"), "cancelled");
  console.log("2025-11-25, given up: ok");

  // Events are resources.
  await client.subscribeResource({ uri: kEvents });
  await client.callTool({ name: "change_watched", arguments: {} });
  await updated.next((uri) => uri === kEvents);
  const events = JSON.parse((await client.readResource({ uri: kEvents })).contents[0].text);
  assert.equal(events.at(-1).kind, "mcp-conformance:watched_changed");
  await client.unsubscribeResource({ uri: kEvents });
  console.log("2025-11-25, events: ok");

  // The packs are others after a reload: `sidekick` is there unless it was taken away.
  await lumenflow("pack", "remove", "sidekick");
  assert.match(await lumenflow("reload"), /the list of tools changed/);
  await changed.next();
  const { tools } = await client.listTools();
  assert.ok(!tools.some((tool) => tool.name === "task__create"));
  console.log("2025-11-25, another list: ok");
  await client.close();
}

// --- without a session: 2026-07-28 ---
{
  const updated = heard(), changed = heard();
  const client = new NewClient(info, { capabilities, versionNegotiation: { mode: "auto" } });
  client.setNotificationHandler("notifications/resources/updated", ({ params }) => updated.say(params.uri));
  client.setNotificationHandler("notifications/tools/list_changed", () => changed.say("tools"));
  const forms = [];
  client.setRequestHandler("elicitation/create", async ({ params }) => {
    forms.push(params.message);
    await lumenflow("approvals", "approve", /appr-[0-9A-Z]+/.exec(params.message)[0]);
    return { action: "accept", content: {} };
  });
  await client.connect(new NewHttp(new URL(url)));

  // input_required says which approval it is; the same call comes back for what became of it.
  const said = await client.callTool({ name: "test_simple_text", arguments: {} });
  assert.ok(!said.isError, JSON.stringify(said));
  assert.equal(forms.length, 1);
  console.log("2026-07-28, an approval: ok");

  const listening = await client.listen({ resourceSubscriptions: [kEvents], toolsListChanged: true });
  assert.deepEqual(listening.honoredFilter.resourceSubscriptions, [kEvents]);
  await client.callTool({ name: "change_watched", arguments: {} });
  await updated.next((uri) => uri === kEvents);
  console.log("2026-07-28, events: ok");

  await lumenflow("pack", "add", "sidekick");
  assert.match(await lumenflow("reload"), /the list of tools changed/);
  await changed.next();
  const { tools } = await client.listTools();
  assert.ok(tools.some((tool) => tool.name === "task__create"));
  console.log("2026-07-28, another list: ok");
  await listening.close();
  await client.close();
}
