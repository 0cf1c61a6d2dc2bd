// The ten steps: a work unit is claimed by a form, an agent runs its gates, and each step is there for the eye.
import assert from "node:assert/strict";
import { go } from "./browser.mjs";
import { ask } from "./machines.mjs";

const base = "/w/ws-42";

async function call(page, url, tool, fields) {
  await go(page, url, `${base}/tools/${encodeURIComponent(tool)}`);
  for (const [label, value] of fields) await page.getByRole("textbox", { name: label }).first().fill(value);
  await page.getByRole("button", { name: /^Call/ }).click();
  await page.getByText("success").first().waitFor();
}

export async function trace({ url, operator: { page, context } }) {
  const watching = await context.newPage();
  await go(watching, url, base);
  await watching.getByText("Live").first().waitFor();
  await call(page, url, "wu:claim", [["Wu id", "WU-042"], ["Lane", "Content: Site Comms"]]);
  await page.getByText(/worktree/).first().waitFor();
  const log = watching.getByRole("log");
  await log.getByText("software-delivery:wu_claimed").first().waitFor();
  await call(page, url, "agent:execute-turn", [["Goal", "run gates on WU-042"]]);
  for (const kind of ["agent-runtime:turn_started", "agent-runtime:tool_called", "software-delivery:gate_passed", "agent-runtime:turn_completed"]) await log.getByText(kind).first().waitFor();
  await watching.getByText("agent-runtime:turn_completed").first().click();
  await watching.getByRole("dialog").getByText("turn_id").first().waitFor();
  await watching.close();

  await go(page, url, `${base}/turns`);
  await page.getByText("completed").first().waitFor();
  const { items } = await page.evaluate(async () => (await fetch("/v2/workspaces/ws-42/turns")).json());
  const verified = JSON.parse(await ask("cli", "verify", "turn", items[0].turn_id, "--json"));
  assert(verified.well && verified.conductor.missing === 0, JSON.stringify(verified));
}
