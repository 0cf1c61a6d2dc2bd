// The official TypeScript clients against a sidecar: v1 (@modelcontextprotocol/sdk) in a session, v2
// (@modelcontextprotocol/client) as it agrees upon by itself; over HTTP, and v1 over stdio too.
//   node clients.mjs URL PROGRAM WORKSPACE
import assert from "node:assert/strict";
import { Client as OldClient } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPClientTransport as OldHttp } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { ElicitRequestSchema, ProgressNotificationSchema } from "@modelcontextprotocol/sdk/types.js";
import { Client as NewClient, StreamableHTTPClientTransport as NewHttp } from "@modelcontextprotocol/client";

const [url, program, workspace] = process.argv.slice(2);

async function drive(client, transport, answersForms) {
  await client.connect(transport);
  const { tools } = await client.listTools();
  assert.ok(tools.some((tool) => tool.name === "greet"), "greet is listed");
  const said = await client.callTool({ name: "greet", arguments: { name: "Ada" } });
  assert.equal(said.content[0].text, "Hello, Ada!");
  const failed = await client.callTool({ name: "test_error_handling", arguments: {} });
  assert.equal(failed.isError, true);
  if (answersForms) {
    const asked = await client.callTool({ name: "test_elicitation", arguments: { message: "Who?" } });
    assert.match(asked.content[0].text, /accept/);
  }
  const { contents } = await client.readResource({ uri: "test://template/7/data" });
  assert.match(contents[0].text, /"id":"7"/);
  const { messages } = await client.getPrompt({ name: "test_prompt_with_arguments", arguments: { arg1: "a", arg2: "b" } });
  assert.match(messages[0].content.text, /arg1='a'/);
  await client.close();
}

const capabilities = { elicitation: {} };
const info = { name: "lumenflow-tests", version: "1.0.0" };

function oldClient() {
  const client = new OldClient(info, { capabilities });
  client.setRequestHandler(ElicitRequestSchema, () => ({ action: "accept", content: { response: "me" } }));
  return client;
}

await drive(oldClient(), new OldHttp(new URL(url)), true);
console.log("v1 over HTTP: ok");

await drive(oldClient(), new StdioClientTransport({ command: program, args: ["--workspace", workspace, "mcp"] }), true);
console.log("v1 over stdio: ok");

const modern = new NewClient(info, { capabilities: {} });
await drive(modern, new NewHttp(new URL(url)), false);
console.log("v2 over HTTP: ok");
