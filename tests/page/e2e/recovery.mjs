// A call that broke off in the middle is repaired by a signed consent; what is stopped goes on by a signature.
import assert from "node:assert/strict";
import { go } from "./browser.mjs";
import { ask } from "./machines.mjs";

export async function recovery({ url, operator: { page } }) {
  await ask("break_off");
  await go(page, url, "/w/ws-42/recoveries");
  await page.getByRole("button", { name: "Consent…" }).first().waitFor();
  await page.getByRole("button", { name: "Consent…" }).first().click();
  await page.getByRole("dialog").getByText("The digest that is signed was computed here").waitFor();
  assert(await page.getByRole("button", { name: "Go on" }).isDisabled(), "unread");
  await page.getByLabel(/I have read this/).check();
  await page.getByRole("button", { name: "Go on" }).click();
  await page.getByRole("button", { name: /^Sign/ }).click();
  await page.getByText("Nothing was left half done").waitFor();
}

export async function stopping({ url, operator: { page } }) {
  await go(page, url, "/w/ws-42/stop");
  await page.getByRole("button", { name: /Stop everything in/ }).click();
  await page.getByRole("button", { name: "Stop everything", exact: true }).click();
  await page.getByText("Everything is stopped").waitFor();
  await page.getByRole("button", { name: "Sign, and let it go on" }).click();
  await page.getByText("all goes on again").waitFor();
}
