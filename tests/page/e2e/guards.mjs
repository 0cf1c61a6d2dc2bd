// What a page from elsewhere cannot do, and how one signs in.
import assert from "node:assert/strict";
import { visitor } from "./browser.mjs";

export async function guards({ url, browser }) {
  const answer = await fetch(`${url}/`);
  const policy = answer.headers.get("content-security-policy") ?? "";
  for (const part of ["default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "form-action 'none'"]) assert(policy.includes(part), policy);
  assert(!/unsafe|\*/.test(policy), policy);
  assert.equal(answer.headers.get("x-frame-options"), "DENY");
  assert.equal(answer.headers.get("x-content-type-options"), "nosniff");

  const context = await browser.newContext();
  const page = await context.newPage();
  // Another origin puts it in a frame: nothing of it is shown.
  await page.route("http://elsewhere.test/", (route) => route.fulfill({ contentType: "text/html", body: `<iframe src="${url}/"></iframe>` }));
  await page.goto("http://elsewhere.test/");
  await page.waitForLoadState("load");
  for (const frame of page.frames().slice(1)) assert.equal(await frame.locator("#root").count(), 0, "the page let itself be framed");
  await context.close();
}

export async function signIn(world) {
  const operator = await visitor(world.browser, world.url);
  world.operator = operator;
  world.visitors = [{ ...operator, name: "operator" }];
  const { page, context } = operator;
  await page.goto(world.url);
  await page.getByLabel("Name").fill("ana");
  await page.getByLabel("Passphrase").fill("wrong horse battery");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("alert").waitFor();
  await page.getByLabel("Passphrase").fill("correct horse battery");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Fleet" }).waitFor();
  await page.getByRole("main").getByText("ws-42").first().waitFor();

  const [cookie] = (await context.cookies()).filter(({ name }) => name === "lumenflow_session");
  assert.deepEqual([cookie?.httpOnly, cookie?.sameSite], [true, "Strict"], JSON.stringify(cookie));
  const forged = await page.evaluate(async () => (await fetch("/v2/workspaces/ws-42/stop", { method: "POST", headers: { "Content-Type": "application/json" }, body: '{"target":"all"}' })).status);
  assert.equal(forged, 401, "a request without the session's own word");
  await page.reload();
  await page.getByRole("heading", { name: "Fleet" }).waitFor();
  // By the page's own clock, which begins with its navigation: what it shows can be used.
  const shown = await page.evaluate(() => performance.now());
  console.log(`first load: the fleet is there ${Math.round(shown)} ms after the navigation`);
  // The keyboard reaches the content first, past what surrounds it.
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "Skip to the content");
  await page.keyboard.press("Enter");
  assert.equal(await page.evaluate(() => document.activeElement.id), "main");
}
