// What happens is followed through a conductor that went away, and at 200 events a second behind 10,000 others.
import assert from "node:assert/strict";
import { go } from "./browser.mjs";
import { ask } from "./machines.mjs";

export async function reconnect({ url, operator: { page } }) {
  await go(page, url, "/w/ws-42");
  await page.getByText("Live", { exact: true }).waitFor();
  await ask("kill", "conductor");
  await page.getByText("Reconnecting").waitFor();
  await ask("tasks", "missed-1", "missed-2", "missed-3");
  await ask("start", "conductor");
  await page.getByText(/You missed \d+; they were fetched/).waitFor();
  await page.getByRole("log").getByText("missed-3").first().waitFor();
}

// A call tells of the task, which arrives for certain, and of itself, which may be left out where there is much to carry.
const before = 10_100;
const perSecond = 100;
const seconds = 5;

export async function tasks({ url, token }, from, count) {
  const make = async (index) => {
    const answer = await fetch(`${url}/tools/task:create`, { method: "POST", headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" }, body: JSON.stringify({ title: `s-${index}` }) });
    const said = await answer.text();
    assert(answer.ok, said);
  };
  let next = from;
  const worker = async () => {
    while (next < from + count) await make(next++);
  };
  await Promise.all(Array.from({ length: 32 }, worker));
}

export async function streaming({ url, operator: { page } }) {
  const sidecar = await ask("sidecar");
  await go(page, url, "/w/ws-42");
  await page.getByText("Live", { exact: true }).waitFor();
  await tasks(sidecar, 0, before);
  await page.getByText(/^10,000 shown/).waitFor({ timeout: 120_000 });
  await page.evaluate(() => void (globalThis.longTasks.length = 0));
  for (let second = 0; second < seconds * 4; ++second) {
    const begun = Date.now();
    await tasks(sidecar, before + (second * perSecond) / 4, perSecond / 4);
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, 250 - (Date.now() - begun)))); // the pace that is measured
  }
  const rows = await page.getByRole("log").getByRole("button").count();
  assert(rows < 120, `${rows} rows stand in the page: the list is not virtual`);
  const long = await page.evaluate(() => globalThis.longTasks);
  console.log(`streaming: ${long.length} tasks over 50 ms ${long.map(Math.round)}, ${rows} rows in the document`);
  assert.equal(long.length, 0, `tasks over 50 ms: ${long}`);
}
