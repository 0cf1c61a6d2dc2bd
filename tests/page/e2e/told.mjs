// The page as an app: its manifest, its worker, and a notification of an approval, whose words are shown as text.
import assert from "node:assert/strict";
import { until, visitor } from "./browser.mjs";

export async function told({ url, browser }) {
  const visited = await visitor(browser, url, { permissions: ["notifications"] });
  const { page, context } = visited;
  const devtools = await context.newCDPSession(page);
  const workers = [];
  devtools.on("ServiceWorker.workerRegistrationUpdated", ({ registrations }) => workers.push(...registrations));
  await devtools.send("ServiceWorker.enable");
  await page.goto(url);
  await page.evaluate(() => navigator.serviceWorker.ready);
  const manifest = await page.evaluate(async () => (await fetch(document.querySelector("link[rel=manifest]").href)).json());
  for (const { src } of manifest.icons) assert.equal((await fetch(url + src)).status, 200, src);
  const { registrationId } = await until("a worker", () => workers.at(-1));
  const data = JSON.stringify({ type: "approval_requested", workspace_id: "ws-42", approval_id: "A<b>1", tool_name: "memory:store<img>", requested_by: "ws-42:conductor" });
  await devtools.send("ServiceWorker.deliverPushMessage", { origin: url, registrationId, data });
  const shown = await until("a notification", () => page.evaluate(async () => (await (await navigator.serviceWorker.ready).getNotifications()).map(({ title, body }) => ({ title, body }))[0]));
  assert.deepEqual(shown, { title: "memory:store<img> waits for approval", body: "In ws-42, asked by ws-42:conductor" });
  // It keeps nothing but the word that nobody answers.
  assert.deepEqual(await page.evaluate(async () => (await Promise.all((await caches.keys()).map(async (name) => (await (await caches.open(name)).keys()).map((request) => new URL(request.url).pathname)))).flat()), ["/offline.html"]);
  await context.close();
  assert.deepEqual(visited.faults, []);
}
