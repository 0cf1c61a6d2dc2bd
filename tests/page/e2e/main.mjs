// main.mjs URL [SCREENSHOTS]: one browser, one conductor, one part after the other; each goes on where the last one ended.
import { performance } from "node:perf_hooks";
import { launch } from "./browser.mjs";
import { end } from "./machines.mjs";
import { guards, signIn } from "./guards.mjs";
import { trace } from "./trace.mjs";
import { decisions } from "./decisions.mjs";
import { stopping } from "./stop.mjs";
import { memory } from "./memory.mjs";
import { reconnect, streaming } from "./streaming.mjs";
import { everyPage } from "./pages.mjs";
import { told } from "./told.mjs";
import { hostile } from "./hostile.mjs";
import { local } from "./local.mjs";
import { recovery } from "./recovery.mjs";

const [url, screenshots = ""] = process.argv.slice(2);
const browser = await launch();
const world = { url, browser, screenshots };
let failed = false;

async function tell(error) {
  failed = true;
  console.log(error);
  for (const { page, name, faults } of world.visitors ?? []) {
    console.log(`${name} at ${page.url()}: ${faults.join("; ")}`);
    if (process.env.LUMENFLOW_E2E_SHOTS) await page.screenshot({ path: `${process.env.LUMENFLOW_E2E_SHOTS}/failed-${name}-${Date.now()}.png` }).catch(() => undefined);
    console.log((await page.locator("body").innerText().catch(() => "")).slice(0, 700));
  }
}

// Each goes on where it can after one that failed: what else is wrong is said, too.
// `streaming` and `memory` make thousands of calls: they run where they are asked for by name.
const only = process.env.LUMENFLOW_E2E_ONLY?.split(",") ?? ["guards", "signIn", "trace", "decisions", "recovery", "hostile", "stopping", "told", "reconnect", "everyPage", "local"];
for (const part of [guards, signIn, trace, decisions, recovery, hostile, stopping, told, reconnect, everyPage, local, streaming, memory]) {
  if (!only.includes(part.name)) continue;
  const begun = performance.now();
  try {
    await part(world);
    console.log(`ok ${part.name} ${((performance.now() - begun) / 1000).toFixed(1)} s`);
  } catch (error) {
    console.log(`FAILED ${part.name}`);
    await tell(error);
    if (part === signIn) break;
  }
}
for (const { faults, name } of world.visitors ?? []) {
  if (faults.length > 0) await tell(new Error(`${name}: ${[...new Set(faults)].join("\n")}`));
}
await browser.close();
end();
process.exit(failed ? 1 : 0);
