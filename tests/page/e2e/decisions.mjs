// Two devices come to be, and what waits is approved, denied and let go: what one of them signs is done, nothing else is.
import assert from "node:assert/strict";
import { accessible, go, until, visitor } from "./browser.mjs";
import { ask } from "./machines.mjs";

const hostile = `<img src=x onerror="globalThis.stolen=1"><script>globalThis.stolen=1</script>{{7*7}}javascript:alert(1)`;
const everything = "workspace approvals:read approvals:decide recovery:confirm audit:read control:stop";

async function request(page) {
  await page.getByRole("button", { name: "Make a key and ask" }).click();
  await page.getByText("Thumbprint of its key").waitFor();
  return page.locator("code").filter({ hasText: /^[\w-]{43}$/ }).innerText();
}

async function waits(content) {
  const { command_id } = await ask("call", "memory:store", { content, type: "fact" });
  assert(command_id, "it waits");
  return command_id;
}

// What somebody between the workspace and the page has changed: nothing can be approved as something else.
async function altered(page) {
  const approvals = /\/approvals\?/;
  await page.route(approvals, async (route) => {
    const answer = await route.fetch();
    const body = (await answer.text()).replaceAll('"tool_name":"memory:store"', '"tool_name":"memory:recall"').replaceAll('"type":"fact"', '"type":"note"');
    await route.fulfill({ response: answer, body });
  });
  await page.getByRole("button", { name: "To the approvals" }).click();
  await page.getByRole("link", { name: /memory:store/ }).filter({ hasText: "not what is signed" }).click();
  await page.getByText(/says that the tool is memory:recall; what would be signed says memory:store/).waitFor();
  await page.getByText(/digest that would be signed is not that of what is shown/).waitFor();
  assert(await page.getByRole("button", { name: "Approve…" }).isDisabled(), "what was altered can be approved");
  assert(await page.getByRole("button", { name: "Deny…" }).isEnabled(), "what was altered can be denied");
  await page.unroute(approvals);
  await page.getByRole("link", { name: "All that wait" }).click();
}

// An entry that is not the proven one.
async function foreign(page, url, workspace) {
  const entries = /\/audit\?/;
  await page.route(entries, async (route) => {
    const answer = await route.fetch();
    await route.fulfill({ response: answer, body: (await answer.text()).replaceAll("Pixel", "Nexus") });
  });
  await go(page, url, `/w/${workspace}/audit`);
  await page.getByRole("region", { name: "Entries" }).getByRole("button").filter({ hasText: "Nexus" }).first().click();
  await page.getByText("The proof does not hold").waitFor();
  await page.getByRole("region", { name: "The proven entry" }).filter({ hasText: "Pixel" }).waitFor();
  await page.unroute(entries);
}

export async function decisions(world) {
  const { url, browser, operator: { page } } = world;
  // By whatever name the conductor calls itself: this origin has the keys.
  const here = (link) => link.replace(/^https?:\/\/[^/]+/, url);
  const strange = world.screenshots ? "" : hostile; // pictures are for people to look at
  // Without a key the page says what it cannot do.
  const first = await waits(hostile);
  await go(page, url, "/approvals");
  await page.getByText("This browser cannot approve or deny").waitFor();

  // This browser, by a link of the workspace's operator, who compares the thumbprint.
  await page.goto(here(await ask("invite", `Ana's laptop ${strange}`.slice(0, 60), everything)));
  await page.reload();
  await page.getByLabel("Its name").fill(`Laptop ${strange}`.slice(0, 70));
  const thumbprint = await request(page);
  assert(!page.url().includes("ticket"), "the ticket is gone from the address");
  const accepted = await ask("accept_device");
  assert(JSON.stringify(accepted).includes(thumbprint), "the key that was accepted is this one");
  await page.getByText("This device counts now").waitFor();
  await accessible(page, "a device that was accepted");
  const key = await page.evaluate(() => new Promise((resolve) => {
    indexedDB.open("lumenflow").onsuccess = ({ target }) => {
      target.result.transaction("devices").objectStore("devices").getAll().onsuccess = (all) => resolve(all.target.result[0].pair.privateKey.extractable);
    };
  }));
  assert.equal(key, false, "the key can leave the browser");

  // A phone, by the page's own code; the laptop lets it in with the keyboard.
  await go(page, url, "/devices");
  await page.getByRole("button", { name: "Add a device" }).click();
  await page.getByRole("dialog").getByLabel("Its name").fill("Pixel");
  await page.getByRole("button", { name: "Make a QR code" }).click();
  await page.getByRole("dialog").locator("svg[role=img], svg").first().waitFor();
  const link = await page.getByRole("dialog").locator("code").filter({ hasText: "#/enroll" }).innerText();
  const phone = await visitor(browser, url, { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true });
  world.phone = phone;
  world.visitors.push({ ...phone, name: "phone" });
  await phone.page.goto(here(link));
  await request(phone.page);
  await accessible(phone.page, "a phone that asks");
  await go(page, url, "/approvals");
  await page.getByRole("link", { name: /kernel:device_pair/ }).click();
  await page.getByRole("heading", { name: "kernel:device_pair" }).waitFor();
  await page.keyboard.press("a");
  await page.getByRole("button", { name: "Sign and approve" }).click();
  await phone.page.getByText("This device counts now").waitFor();

  await altered(phone.page);

  // The phone approves at 360 px what would be done, word for word.
  await phone.page.getByRole("link", { name: /memory:store/ }).click();
  await phone.page.getByRole("region", { name: "The input of the call" }).filter({ hasText: "globalThis.stolen=1" }).waitFor();
  await phone.page.getByText("This is exactly what is decided").waitFor();
  const wide = await phone.page.evaluate(() => document.documentElement.scrollWidth);
  assert(wide <= 360, `${wide} px wide on a phone`);
  await accessible(phone.page, "an approval on a phone");
  await phone.page.getByRole("button", { name: "Approve…" }).tap();
  await phone.page.getByRole("button", { name: "Sign and approve" }).tap();
  await until("the approved call", async () => (await ask("command", first)).state === "done");

  // Denied, with a reason; and one whose time is over.
  await page.getByText("Nothing waits for you").waitFor();
  const second = await waits("deny me");
  await page.getByRole("link", { name: /memory:store/ }).first().click();
  await page.getByRole("button", { name: "Deny…" }).click();
  await page.getByLabel("Why").fill(hostile);
  await page.getByRole("button", { name: "Sign and deny" }).click();
  const denied = await until("the denied call", async () => {
    const command = await ask("command", second);
    return ["done", "refused"].includes(command.state) && command;
  });
  assert(JSON.stringify(denied).includes("APPROVAL_DENIED"), JSON.stringify(denied));
  const brief = (await ask("call", "memory:forget", { id: "nothing" })).command_id;
  const over = await until("the call whose time is over", async () => {
    const command = await ask("command", brief);
    return ["done", "refused"].includes(command.state) && command;
  });
  assert(JSON.stringify(over).includes("APPROVAL_EXPIRED"), JSON.stringify(over));
  await page.getByText("Nothing waits for you").waitFor();

  // Several at once, by the keyboard alone: each call is listed before one signature goes on each.
  const batch = [await waits("one of two"), await waits("two of two")];
  await page.getByText("2 calls wait for a person").waitFor();
  for (const key of ["x", "j", "x", "a"]) await page.keyboard.press(key);
  const listed = page.getByRole("dialog");
  await listed.getByText("Approve these 2 calls").waitFor();
  for (const content of ["one of two", "two of two"]) await listed.getByText(content).first().waitFor();
  await listed.getByRole("button", { name: "Sign and approve" }).click();
  for (const id of batch) await until("a call of the batch", async () => (await ask("command", id)).state === "done");
  await page.getByText("Nothing waits for you").waitFor();

  for (const { page: shown } of [world.operator, phone]) assert.equal(await shown.evaluate(() => globalThis.stolen), undefined, "a script of somebody else's ran");

  await foreign(page, url, "ws-42");

  // Revoked while it looks: it is out within seconds.
  await go(page, url, "/devices");
  await page.getByText(world.screenshots ? "Laptop" : /Laptop <img/).first().waitFor();
  await page.getByRole("listitem").filter({ hasText: "Pixel" }).getByRole("button", { name: "Revoke…" }).click();
  await page.getByRole("button", { name: "Revoke for good" }).click();
  await phone.page.getByRole("heading", { name: "Sign in to LumenFlow" }).waitFor();
}
