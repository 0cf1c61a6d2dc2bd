// One workspace without a conductor: `lumenflow up --ui` prints a link; the same page follows, calls, approves and proves.
import assert from "node:assert/strict";
import { accessible, go, until, visitor } from "./browser.mjs";
import { ask } from "./machines.mjs";

const base = "/w/ws-9";

export async function local(world) {
  const { browser } = world;
  const link = await ask("local");
  const url = new URL(link).origin;
  const strange = await fetch(`${url}/v2/workspaces`);
  assert.equal(strange.status, 401, "nobody is let in without a link");
  const visited = await visitor(browser, url);
  const { page, context } = visited;
  (world.visitors ??= []).push({ ...visited, name: "local" });

  // The link signs in, once, and is gone from the address.
  await page.goto(link);
  await page.getByRole("heading", { name: "Timeline" }).waitFor();
  assert(!page.url().includes("code"), page.url());
  const [cookie] = await context.cookies();
  assert.deepEqual([cookie.httpOnly, cookie.sameSite], [true, "Strict"], JSON.stringify(cookie));
  const forged = await page.evaluate(async () => (await fetch("/v2/workspaces/ws-9/stop", { method: "POST", headers: { "Content-Type": "application/json" }, body: '{"target":"all"}' })).status);
  assert.equal(forged, 401, "a request without the session's own word");
  // Any other port of this machine is sent the cookie when the browser goes there: by itself it is worth nothing.
  const stolen = await fetch(`${url}/v2/session`, { headers: { Cookie: `${cookie.name}=${cookie.value}` } });
  assert.equal(stolen.status, 401, "the cookie without its word");
  const other = await visitor(browser, url);
  await other.page.goto(link);
  await other.page.getByText("the link was used").waitFor();
  await accessible(other.page, "a link that was used");
  await other.context.close();

  // What makes no sense for one workspace is not there; the rest is.
  for (const gone of ["Fleet", "Devices"]) assert.equal(await page.getByRole("link", { name: gone, exact: true }).count(), 0, gone);
  await page.reload();
  await page.getByText("Live", { exact: true }).waitFor();
  await ask("local_cli", "tasks", "create", "seen-live", "--type", "chore", "--title", "seen live");
  await page.getByRole("log").getByText("seen-live").first().waitFor();

  // A call that waits, approved with the operator's key, which the sidecar has.
  const calling = await context.newPage();
  world.visitors.push({ page: calling, name: "calling", faults: [] });
  await go(calling, url, `${base}/tools/${encodeURIComponent("memory:store")}`);
  await calling.getByRole("textbox", { name: "Type" }).or(calling.getByRole("combobox", { name: "Type" })).first().click();
  await calling.getByRole("option", { name: "fact" }).click();
  await calling.getByRole("textbox", { name: "Content" }).first().fill("<img src=x onerror=stolen=1>");
  await calling.getByRole("button", { name: /^Call/ }).click();
  await calling.getByText("It waits for an approval").waitFor();
  await go(page, url, "/approvals");
  await page.getByText("This is exactly what is decided").waitFor();
  await page.getByText("signed by the workspace's operator key").waitFor();
  await page.keyboard.press("a");
  await page.getByLabel(/^Why/).fill("seen on the page");
  await page.getByRole("button", { name: "Sign and approve" }).click();
  await page.getByText("Nothing waits for you").waitFor();
  await calling.getByText("success").first().waitFor();
  await calling.close();

  // An agent's turn, as whoever is at the console.
  await go(page, url, `${base}/tools/${encodeURIComponent("wu:claim")}`);
  await page.getByRole("textbox", { name: "Wu id" }).first().fill("WU-042");
  await page.getByRole("textbox", { name: "Lane" }).first().fill("Content: Site Comms");
  await page.getByRole("button", { name: /^Call/ }).click();
  await page.getByText(/worktree/).first().waitFor();
  await go(page, url, `${base}/tools/${encodeURIComponent("agent:execute-turn")}`);
  await page.getByRole("textbox", { name: "Goal" }).first().fill("run gates on WU-042");
  await page.getByRole("button", { name: /^Call/ }).click();
  await page.getByText("success").first().waitFor();
  await go(page, url, `${base}/turns`);
  await page.getByRole("link", { name: /run gates on WU-042/ }).click();
  await page.getByText("software-delivery:gates").first().waitFor();

  // The journal's own entries, each proven in the browser; and by the command line.
  await go(page, url, `${base}/audit`);
  await page.getByRole("textbox", { name: "Find in the audit" }).fill("seen on the page");
  await page.getByRole("region", { name: "Entries" }).getByRole("button").first().click();
  await page.getByText("The proof holds").waitFor();
  await accessible(page, "an entry of the journal"); // the pages themselves are the conductor's, which everyPage looks at
  await page.keyboard.press("Escape");
  await ask("local_cli", "audit", "verify");

  // Every page there is of one workspace; then it is stopped, and goes on by the operator's key.
  for (const place of [base, `${base}/tools`, "/approvals", `${base}/recoveries`, `${base}/turns`, `${base}/catalogue`, `${base}/packs`, "/settings"]) {
    await go(page, url, place);
    await page.getByText(/^Loading/).first().waitFor({ state: "hidden" });
    assert.equal(await page.getByText("could not be had").count(), 0, place);
  }
  await go(page, url, `${base}/stop`);
  await page.getByRole("button", { name: /Stop everything in/ }).click();
  await page.getByRole("button", { name: "Stop everything", exact: true }).click();
  await page.getByText("Everything is stopped").waitFor();
  await page.getByRole("button", { name: "Sign, and let it go on" }).click();
  await page.getByText("all goes on again").waitFor();

  await assert.rejects(ask("cli", "ui"), /serves no page/, "a sidecar without --ui");

  // Signed out, its streams end and it is a stranger; another link lets it in again.
  assert.equal(await page.evaluate(() => globalThis.stolen), undefined, "a script of somebody else's ran");
  await page.getByRole("button", { name: /^Signed in as/ }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await page.getByRole("heading", { name: "Sign in with a link" }).waitFor();
  await page.goto((await ask("local_cli", "ui")).trim());
  await until("the page again", () => page.getByRole("heading", { name: "Timeline" }).isVisible());
}
