// Whether the page's memory stays where it is while events stream behind 10,000 others. A measurement, asked for by name:
//   LUMENFLOW_E2E_ONLY=signIn,memory LUMENFLOW_E2E_MINUTES=60 LUMENFLOW_E2E_RATE=20
import assert from "node:assert/strict";
import { go } from "./browser.mjs";
import { ask } from "./machines.mjs";
import { tasks } from "./streaming.mjs";

const before = 10_100;
const grownMax = 1.2; // of the first minutes' heap: what a garbage collector leaves differs by some per cent

function median(values) {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
}

export async function memory({ url, operator: { page, context } }) {
  const minutes = Number(process.env.LUMENFLOW_E2E_MINUTES ?? 60), perSecond = Number(process.env.LUMENFLOW_E2E_RATE ?? 20);
  const devtools = await context.newCDPSession(page);
  const heap = async () => {
    await devtools.send("HeapProfiler.collectGarbage");
    const { usedSize } = await devtools.send("Runtime.getHeapUsage");
    return usedSize / 1e6;
  };
  const sidecar = await ask("sidecar");
  await go(page, url, "/w/ws-42");
  await page.getByText("Live", { exact: true }).waitFor();
  await tasks(sidecar, 0, before);
  await page.getByText(/^10,000 shown/).waitFor({ timeout: 300_000 });
  const measured = [];
  let made = before;
  for (let minute = 0; minute <= minutes; ++minute) {
    measured.push(await heap());
    const nodes = await page.evaluate(() => document.querySelectorAll("*").length);
    console.log(`memory: minute ${minute}, ${measured.at(-1).toFixed(1)} MB of heap after collection, ${nodes} elements, ${made} tasks made`);
    const until = Date.now() + 60_000;
    while (minute < minutes && Date.now() < until) {
      const begun = Date.now();
      await tasks(sidecar, made, perSecond);
      made += perSecond;
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, 1000 - (Date.now() - begun)))); // the pace that is measured
    }
  }
  const third = Math.max(1, Math.floor(measured.length / 3));
  const [first, last] = [median(measured.slice(0, third)), median(measured.slice(-third))];
  console.log(`memory: ${first.toFixed(1)} MB in the first third, ${last.toFixed(1)} MB in the last, of ${minutes} minutes at ${perSecond} calls a second`);
  assert(last <= first * grownMax, `${first} MB became ${last} MB`);
}
