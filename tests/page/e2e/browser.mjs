// Debian's Chromium, and what every page of this test is watched for: another origin, a break of the policy, a script of
// somebody else's.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import path from "node:path";

const required = createRequire(path.join(process.cwd(), "package.json"));
const { chromium } = required("playwright-core");
const axe = required.resolve("axe-core/axe.min.js");

// As root, and in containers, Chromium's own sandbox cannot be had; nothing but the conductor is opened.
const quiet = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-default-apps", "--no-first-run", "--disable-dev-shm-usage"];

export const patience = 30_000;

export function launch() {
  return chromium.launch({ executablePath: "/usr/bin/chromium", args: quiet });
}

/** A browser of its own, with cookies and keys of its own. */
export async function visitor(browser, url, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  context.setDefaultTimeout(patience);
  const faults = [];
  // Chromium itself says what the network did; that is no fault of the page.
  const excused = /Failed to load resource|net::ERR_/;
  context.on("request", (request) => {
    if (!/^(data|blob):/.test(request.url()) && new URL(request.url()).origin !== url) faults.push(`another origin: ${request.url()}`);
  });
  context.on("console", (message) => {
    if (message.type() === "error" && !excused.test(message.text())) faults.push(`console: ${message.text()}`);
  });
  context.on("weberror", ({ error }) => faults.push(`error: ${error().message}`));
  context.on("dialog", (dialog) => {
    faults.push(`a dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  await context.addInitScript(() => {
    globalThis.longTasks = [];
    new PerformanceObserver((list) => globalThis.longTasks.push(...list.getEntries().map((entry) => entry.duration))).observe({ entryTypes: ["longtask"] });
    document.addEventListener("securitypolicyviolation", (event) => console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`));
  });
  const page = await context.newPage();
  return { context, page, faults };
}

export async function go(page, url, place) {
  await page.goto(`${url}/#${place}`);
  await page.locator("main").first().waitFor();
}

/** What axe calls serious or critical, none of which may be there. */
export async function accessible(page, what) {
  // The policy of the page holds for what is put into it, too: it is evaluated by the debugger instead.
  if (!(await page.evaluate(() => "axe" in globalThis))) await page.evaluate(axeSource());
  const look = () => page.evaluate(async () => {
    // Colours that are on their way are not what is read: what changed just now is drawn first, and has begun to move.
    await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
    const moving = document.getAnimations().filter((one) => one.effect?.getComputedTiming().endTime !== Number.POSITIVE_INFINITY);
    await Promise.all(moving.map((one) => one.finished.catch(() => undefined)));
    const { violations } = await globalThis.axe.run(document, { resultTypes: ["violations"] });
    return violations.filter(({ impact }) => impact === "serious" || impact === "critical").map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map((node) => node.html.slice(0, 160)).join(" | ")}`);
  });
  let found = await look();
  // What a change of colours leaves for a moment is gone soon; a fault of the page stays.
  for (let tries = 0; found.length > 0 && tries < 5; ++tries) {
    await new Promise((resolve) => setTimeout(resolve, 300)); // between looks
    found = await look();
  }
  assert.deepEqual(found, [], `axe, ${what}`);
}

let source;
function axeSource() {
  source ??= `${required("node:fs").readFileSync(axe, "utf8")};undefined`;
  return source;
}

/** Until it is so: what the machines do takes its time. */
export async function until(what, condition) {
  const over = Date.now() + patience;
  for (;;) {
    const found = await condition();
    if (found) return found;
    assert(Date.now() < over, `it did not come: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100)); // between questions to another process
  }
}
